"""All photos of a finished run onto a mesh that somebody reworked: its own UVs or new ones, one picture or UDIM tiles."""

from __future__ import annotations

import json
import shutil
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import guard, storage
from ..datatypes import GivenMesh, Photo, PosedPhoto, Sparse
from ..errors import EngineError
from ..export.png import write_png
from ..jobs import RetextureJob
from ..kernels.device import warm
from ..meshfile import read_mesh, write_mesh
from ..protocol import Event, ResultEvent
from ..report import Report, RunReport
from ..texture import stage as texture
from ..texture.blend import Page
from ..workspace import written_aside
from .painted import carry_over, last_texture, page_name

STAGES = ("open", "texture", "export")
FEW_GONE = 0.25  # of the photos: so many may be missing, the others do


def run(
    job: RetextureJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None
) -> ResultEvent:
    """OUT/retexture-NAME/ receives the pictures, where they are guessed, the mesh with its UVs, and a report."""
    _check_run(job)
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        with report.stage("open") as stage:
            mesh = read_mesh(job.mesh)
            sparse = _sparse(job, mesh, stage)
            device = warm(job.settings.device)
        with written_aside(job.folder) as part:
            shutil.rmtree(part, ignore_errors=True)  # a killed run's
            part.mkdir()
            pages: list[int] = []
            with report.stage("texture") as stage:
                last = last_texture(job, mesh, stage)

                def put(page: Page) -> None:
                    pages.append(page.tile)
                    _write_page(part, job, page, last, stage)

                painted = texture.retexture(mesh, sparse, job.settings, stage, put)
            with report.stage("export") as stage, stage.step("files", 1, share=1.0) as step:
                write_mesh(part / "mesh.npz", painted)
                summary = _summary(job, report, painted, sparse, pages, device.choice.value)
                values = summary | {"stages": [asdict(record) for record in report.records]}
                text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
                (part / "report.json").write_text(text, encoding="utf-8")
                step.advance()
    tiled = pages != [0]
    files = {
        "base_colour": str(job.folder / page_name(job.name, "<UDIM>" if tiled else "")),
        "guessed": str(job.folder / page_name(f"{job.name}-guessed", "<UDIM>" if tiled else "")),
        "mesh": str(job.folder / "mesh.npz"),
        "report": str(job.folder / "report.json"),
    }
    return ResultEvent(files=files, summary=summary)


def _check_run(job: RetextureJob) -> None:
    if not (job.workspace / "sparse.npz").is_file():
        raise EngineError(
            "no_result",
            f"{job.out.name} holds no finished model, so its photos' places are not known.",
            file=job.out,
            advice="Choose the folder that a finished run wrote.",
        )


def _sparse(job: RetextureJob, mesh: GivenMesh, report: Report) -> Sparse:
    """The run's cameras with their photos where they lie now; those that the mesh's maker moved stand where he put them."""
    try:
        sparse = storage.read_sparse(job.workspace / "sparse.npz")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "broken_result",
            f"The cameras in {job.out.name} can't be read: {error}.",
            file=job.out,
            advice="Build it again.",
        ) from error
    posed = [replace(one, photo=_found(one.photo, job.photos)) for one in sparse.posed]
    if mesh.poses is not None:
        posed = [
            replace(one, cam_from_world=mesh.poses[one.photo.name]) for one in posed if one.photo.name in mesh.poses
        ]
    there = [one for one in posed if one.photo.path.is_file()]
    _tell_gone([one for one in posed if not one.photo.path.is_file()], len(posed), report)
    report.count("photos", len(there))
    return replace(sparse, posed=tuple(_with_mask(one, report) for one in there))


def _found(photo: Photo, folder: Path | None) -> Photo:
    """The photo in another folder, if it is there."""
    if folder is None or not (folder / photo.path.name).is_file():
        return photo
    path = folder / photo.path.name
    return replace(photo, path=path, mask=path if photo.mask == photo.path else photo.mask)


def _with_mask(posed: PosedPhoto, report: Report) -> PosedPhoto:
    mask = posed.photo.mask
    if mask is None or mask.is_file():
        return posed
    report.warn("mask_gone", f"The mask of {posed.photo.name} is gone: the whole photo is used.", file=mask)
    return replace(posed, photo=replace(posed.photo, mask=None))


def _tell_gone(gone: list[PosedPhoto], count: int, report: Report) -> None:
    """A few missing photos are said, many are an error."""
    if not gone:
        return
    folder = gone[0].photo.path.parent
    advice = "Put them back there, or name the folder where they lie now."
    sentence = f"{len(gone)} of {count} photos are no longer in {folder}."
    if len(gone) > FEW_GONE * count:
        raise EngineError("photos_gone", sentence, file=folder, advice=advice)
    report.warn("photos_gone", sentence + " The others are used.", advice=advice)


def _write_page(folder: Path, job: RetextureJob, page: Page, last: Path | None, report: Report) -> None:
    painted = carry_over(job, last, page) if last is not None else None
    write_png(folder / page_name(job.name, page.tile), page.picture, report.check)
    masks = {"guessed": page.guessed} | ({} if painted is None else {"painted": painted})
    for what, mask in masks.items():
        grey = mask.view(np.uint8)
        np.multiply(grey, 255, out=grey)
        write_png(folder / page_name(f"{job.name}-{what}", page.tile), grey, report.check)


def _summary(
    job: RetextureJob, report: RunReport, mesh: GivenMesh, sparse: Sparse, pages: list[int], device: str
) -> dict[str, Any]:
    """The figures at the head of report.json."""
    counts = next(record for record in report.records if record.name == "texture").counts
    return {
        "seconds": round(time.perf_counter() - report.started, 2),
        "peak_mb": max(record.peak_mb for record in report.records),
        "device": device,
        "photos": len(sparse.posed),
        "faces": len(mesh.surface.faces),
        "texture": job.settings.texture.size,
        "tiles": [number for number in pages if number],
        "lines": [
            ("INFO", f"Photos show {counts['seen']:.0%} of the surface and agree by {counts['agreement']:.0%}."),
            ("INFO", str(job.folder)),
        ],
        "stamp": uuid.uuid4().hex,
        "new_uvs": counts["new_uvs"],
        "seen": counts["seen"],
        "agreement": counts["agreement"],
        "overlap": counts["overlap"],
        "notes": [warning["sentence"] for record in report.records for warning in record.warnings],
    }
