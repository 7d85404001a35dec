"""What a stage leaves in OUT: each file written aside and renamed, the report last, so that its presence means all is there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..datatypes import F32, Photo
from ..export.exr import write_exr
from ..export.picture import Embedded, picture_for_glb
from ..export.png import write_png
from ..export.relief_glb import write_relief
from ..export.relief_preview import write_preview
from ..jobs import StageJob
from ..mono.colours import coloured
from ..mono.focal import millimetres
from ..protocol import ResultEvent
from ..report import RunReport
from ..single import MonoDepth, Staged
from ..single_storage import UPRIGHT_FILE
from ..workspace import Workspace, written_aside
from . import stage_layer_files

FILES = {
    "relief": "relief.glb",
    "depth": "depth.exr",
    "colour": "depth-colour.png",
    "camera": "camera.json",
    "preview": "preview.png",
    "report": "report.json",
}
BEYOND = 1e10  # how far the sky is in an EXR's Z, as in Blender's


def run(job: StageJob, report: RunReport, workspace: Workspace, staged: Staged, films: dict[str, str]) -> ResultEvent:
    """Writes OUT's files; gives the event that ends the run."""
    out, mono = job.out, staged.mono
    writers: dict[str, Callable[[Path], None]] = {
        "relief": lambda path: write_relief(path, staged, shown_rightly(job, mono.photo), out.name),
        "depth": lambda path: _write_depth(path, mono, report),
        "colour": lambda path: write_png(path, coloured(mono.inverse_depth, mono.sky)),
        "camera": lambda path: _write_json(path, camera_of(staged)),
        "preview": lambda path: write_preview(path, staged),
    }
    with report.stage("export") as stage:
        targets = {name: (out / FILES[name], write) for name, write in writers.items()}
        targets |= stage_layer_files.writers(staged, out, stage.check)
        with stage.step("files", len(targets), share=1.0) as step:
            for name, (target, write) in targets.items():
                with written_aside(target) as part:
                    write(part)
                if name in ("colour", "preview"):
                    stage.preview(name, target)
                step.advance()
    summary = summarise(report, staged)
    with written_aside(out / FILES["report"]) as part:
        _write_json(part, summary | {"stages": [asdict(record) for record in report.records]})
    files = {name: str(target) for name, (target, _) in targets.items() if target.suffix} | films
    files |= {"report": str(out / FILES["report"]), "stage": str(workspace.path("stage"))}
    return ResultEvent(files=files, summary=summary | {"lines": [["INFO", line] for line in _lines(staged)]})


def shown_rightly(job: StageJob, photo: Photo) -> Embedded:
    """The photo for programs that know no EXIF and no profiles; kept for Blender where that is not its own file."""
    picture, kept = picture_for_glb(photo), job.workspace / UPRIGHT_FILE
    if picture.original:
        kept.unlink(missing_ok=True)
    else:
        with written_aside(kept) as part:
            part.write_bytes(picture.data)
    return picture


def camera_of(staged: Staged) -> dict[str, Any]:
    """camera.json: the matched camera, at the photo's full size."""
    mono, photo = staged.mono, staged.mono.photo
    height, width = mono.inverse_depth.shape
    focal = float(mono.K[0, 0]) * photo.width / width
    return {
        "photo": photo.name,
        "width": photo.width,
        "height": photo.height,
        "focal_px": round(focal, 4),
        "focal_35mm": round(millimetres(focal, photo.width, photo.height), 3),
        "focal_from": mono.focal_from.value,
        "principal_point_px": [
            round(float(mono.K[0, 2]) * photo.width / width, 4),
            round(float(mono.K[1, 2]) * photo.height / height, 4),
        ],
        "cam_from_world": staged.cam_from_world.tolist(),
        "frame": "world: +Z up; camera: x right, y down, z forward; pixel centres at .5",
        "metric": mono.metric,
        "layers": stage_layer_files.entries(staged),
        "sway": round(staged.sway, 6),
        "push": round(staged.push, 6),
        "pivot": round(staged.pivot, 6),
        "ground": None if staged.ground is None else staged.ground.tolist(),
        "sun": None if staged.sun is None else staged.sun.tolist(),
    }


def summarise(report: RunReport, staged: Staged) -> dict[str, Any]:
    """The figures at the head of report.json."""
    mono, surface = staged.mono, staged.relief
    return {
        "seconds": round(time.perf_counter() - report.started, 2),
        "peak_mb": max(record.peak_mb for record in report.records),
        "photo": mono.photo.name,
        "size": [mono.photo.width, mono.photo.height],
        "provider": mono.provider,
        "metric": mono.metric,
        "focal_from": mono.focal_from.value,
        "focal_35mm": camera_of(staged)["focal_35mm"],
        "faces": len(surface.mesh.faces),
        "filled_faces": int(surface.mesh.filled.sum()),
        "layers": [layer.name for layer in staged.layers],
        "sway": staged.sway,
        "push": staged.push,
        "notes": report.notes,
    }


def _lines(staged: Staged) -> list[str]:
    mono = staged.mono
    lens = camera_of(staged)["focal_35mm"]
    return [
        f"A relief of {len(staged.relief.mesh.faces):,} faces, its camera a {lens:.0f} mm lens ({mono.focal_from.value}), "
        + ("in metres." if mono.metric else "without a scale."),
    ]


def _write_depth(path: Path, mono: MonoDepth, report: RunReport) -> None:
    """Along the camera's axis, in the stage's units; the sky very far."""
    plane: F32 = np.asarray(1 / np.maximum(mono.inverse_depth, np.float32(1 / BEYOND)), np.float32)
    write_exr(path, {"Z": plane})


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
