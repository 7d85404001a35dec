"""Single photos, or a film, ─► OUT/NAME.png, .exr or .npy with the depth of each, and a colour picture of it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .. import guard
from ..datatypes import F32, Photo
from ..export.exr import write_exr
from ..export.png import write_png
from ..jobs import DepthJob
from ..mono import film
from ..mono import stage as mono
from ..mono.colours import coloured, usual_span
from ..mono.focal import millimetres
from ..protocol import Event, ResultEvent
from ..report import Report, RunReport
from ..settings import DepthFormat
from ..single import MonoDepth
from ..workspace import Workspace, key_of, written_aside
from .mono import Guesses, read_photos

STAGES = ("prepare", "mono")
VERSION = 1  # raised when what is written changes
BEYOND = 1e10  # how far the sky is in an EXR's Z, as in Blender's


def run(job: DepthJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """A rerun goes on after the photos that are done; another format asks no network again."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        Workspace(job.workspace)  # makes it, and clears what a killed run left
        with report.stage("prepare") as stage:
            job = _with_frames(job, stage)
            photos = read_photos(job.photos, job.settings, stage)
        guesses = Guesses(job.workspace / "guesses", job.settings)
        with report.stage("mono") as stage:
            rows = _all(job, photos, guesses, stage)
        guesses.tidy()
        summary = _summary(report, job, rows)
        path = job.out / "report.json"
        with written_aside(path) as part:
            stages = {"stages": [asdict(record) for record in report.records]}
            part.write_text(json.dumps(summary | stages, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        first = rows[0]
        files = {"report": str(path), "depth": str(job.out / first["file"]), "colour": str(job.out / first["colour"])}
        return ResultEvent(files=files, summary=summary | {"lines": [["INFO", line] for line in _lines(rows)]})


def _with_frames(job: DepthJob, report: Report) -> DepthJob:
    """The job with each video file's frames in its place; a film is a sequence."""
    listed: list[Path] = []
    for path in job.photos:
        if not film.is_film(path):
            listed.append(path)
            continue
        status = path.stat()
        folder = job.workspace / f"frames-{key_of(path.name, status.st_size, status.st_mtime_ns)[:12]}"
        if not folder.is_dir():
            with written_aside(folder) as part:
                film.read_frames(path, part, job.settings.max_megapixels, report)
        listed.append(folder)
    if listed == list(job.photos):
        return job
    return replace(job, photos=tuple(listed), settings=replace(job.settings, sequence=True))


def _all(job: DepthJob, photos: tuple[Photo, ...], guesses: Guesses, report: Report) -> list[dict[str, Any]]:
    done = _Done(job, photos, guesses)
    rows = []
    wanted = {photo.name for photo in photos if done.row(photo) is None}
    depths = mono.run(photos, job.settings, report, kept=guesses, wanted=lambda photo: photo.name in wanted)
    for photo, depth in zip(photos, depths, strict=True):
        row = done.row(photo) if depth is None else _write(job, photo, depth, report)
        assert row is not None
        if depth is not None:
            done.enter(photo, row)
        report.preview("depth", job.out / row["colour"])
        rows.append(row)
    return rows


class _Done:
    """Which photos' files are written already: a small file for each in the workspace, made after them."""

    def __init__(self, job: DepthJob, photos: tuple[Photo, ...], guesses: Guesses) -> None:
        self._job, self._keys = job, {}
        before = ""
        settings = replace(job.settings, weights=None)
        for photo in photos:
            key = key_of(VERSION, job.format, settings, guesses.key(photo), photo.name, before)
            before = key if job.settings.sequence else ""  # a film's frame depends on those before it
            self._keys[photo.name] = key

    def row(self, photo: Photo) -> dict[str, Any] | None:
        try:
            values = json.loads(self._path(photo).read_text(encoding="utf-8"))
            whole = all((self._job.out / values["row"][name]).stat().st_size == values[name] for name in _FILES)
            return dict(values["row"]) if whole and values["key"] == self._keys[photo.name] else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def enter(self, photo: Photo, row: dict[str, Any]) -> None:
        sizes = {name: (self._job.out / row[name]).stat().st_size for name in _FILES}
        with written_aside(self._path(photo)) as part:
            part.write_text(json.dumps(sizes | {"key": self._keys[photo.name], "row": row}), encoding="utf-8")

    def _path(self, photo: Photo) -> Path:
        return self._job.workspace / "done" / f"{photo.name}.json"


_FILES = ("file", "colour")


def _write(job: DepthJob, photo: Photo, depth: MonoDepth, report: Report) -> dict[str, Any]:
    stem = Path(photo.name).stem
    low, high = usual_span(depth.inverse_depth, depth.sky)
    row = {
        "photo": photo.name,
        "file": f"{stem}.{job.format.value}",
        "colour": f"{stem}-colour.png",
        "provider": depth.provider,
        "metric": depth.metric,
        "focal_px": round(float(depth.K[0, 0] * photo.width / depth.inverse_depth.shape[1]), 2),
        "focal_35mm": round(millimetres(float(depth.K[0, 0]), *depth.inverse_depth.shape[::-1]), 1),
        "focal_from": depth.focal_from.value,
        "sky": round(float(depth.sky.mean()), 4),
        "inverse_depth": [low, high],  # between which nearly all of it lies
    }
    plane = _full(depth.inverse_depth, photo)
    with written_aside(job.out / str(row["file"])) as part:
        if job.format is DepthFormat.NPY:
            with open(part, "wb") as handle:
                np.save(handle, plane)
        elif job.format is DepthFormat.EXR:
            write_exr(part, {"Y": plane, "Z": _far(plane)}, report.check)
        else:
            row["black"], row["white"] = 0.0, float(plane.max())
            write_png(part, (plane * np.float32(65535 / max(plane.max(), 1e-12)) + 0.5).astype(np.uint16), report.check)
    report.check()
    with written_aside(job.out / str(row["colour"])) as part:
        write_png(part, coloured(depth.inverse_depth, depth.sky, (low, high)), report.check)
    return row


def _full(inverse_depth: F32, photo: Photo) -> F32:
    """At the photo's own size, where the map is smaller."""
    if inverse_depth.shape == (photo.height, photo.width):
        return inverse_depth
    return np.asarray(
        cv2.resize(inverse_depth, (photo.width, photo.height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _far(inverse_depth: F32) -> F32:
    return np.asarray(1 / np.maximum(inverse_depth, np.float32(1 / BEYOND)), np.float32)


def _summary(report: RunReport, job: DepthJob, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "seconds": round(time.perf_counter() - report.started, 2),
        "peak_mb": max(record.peak_mb for record in report.records),
        "photos": len(rows),
        "provider": job.settings.provider,
        "format": job.format.value,
        "sequence": job.settings.sequence,
        "depths": rows,
        "notes": report.notes,
    }


_FROM = {
    "chosen": "as you said",
    "exif": "from the photo",
    "network": "from the network",
    "vanishing": "from its straight lines",
    "default": "a guess",
}


def _lines(rows: list[dict[str, Any]], shown: int = 20) -> list[str]:
    lines = [
        f"{row['file']}: lens {row['focal_35mm']:.0f} mm ({_FROM[row['focal_from']]}), "
        + ("in metres" if row["metric"] else "without a scale")
        for row in rows[:shown]
    ]
    return lines + ([f"… and {len(rows) - shown} more"] if len(rows) > shown else [])
