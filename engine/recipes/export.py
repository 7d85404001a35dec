"""What a run leaves in OUT: each file written aside and renamed, the report last, so that its presence means all is there."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2

from ..capture.after import judge_run
from ..datatypes import Dense, Photo, Sparse, TexturedMesh
from ..export.colmap import write_colmap
from ..export.glb import write_glb
from ..export.ply import write_ply
from ..export.preview import write_preview
from ..geometry import is_distorted, view_of
from ..images import load_view
from ..jobs import ModelJob
from ..protocol import ResultEvent
from ..report import Report, RunReport
from ..verdicts import to_plain
from ..workspace import Workspace, written_aside


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a run has made, on its way out."""

    photos: tuple[Photo, ...]
    sparse: Sparse
    dense: Dense
    textured: TexturedMesh
    device: str
    scale: dict[str, Any] | None = None  # what markers say about the size, where that is in metres


def run(job: ModelJob, report: RunReport, workspace: Workspace, made: Made) -> ResultEvent:
    """Writes OUT's files; gives the event that ends the run."""
    out = job.out
    with report.stage("export") as stage, stage.step("files", 5, share=1.0) as step:
        _put(out / "points.ply", lambda path: write_ply(path, made.dense.cloud))
        step.advance()
        _put(out / "cameras", lambda path: write_colmap(_made(path), made.sparse))
        step.advance()
        _put(out / "model.glb", lambda path: write_glb(path, made.textured, out.name))
        step.advance()
        _put(out / "preview.png", lambda path: write_preview(path, made.textured))
        step.advance()
        straightened = _straighten(out / "undistorted", made.sparse, stage)
        step.advance()
    summary = summarise(report, made)
    _put(out / "report.json", lambda path: _write_json(path, summary | {"stages": [asdict(r) for r in report.records]}))
    files = {name: str(out / file) for name, file in _OUT_FILES.items()}
    files |= {name: str(workspace.path(name)) for name in ("textured", "sparse")}
    if straightened:
        files["undistorted"] = str(out / "undistorted")
    return ResultEvent(files=files, summary=summary)


def so_far(
    job: ModelJob, report: RunReport, workspace: Workspace, photos: tuple[Photo, ...], sparse: Sparse, *products: str
) -> ResultEvent:
    """What a run that was to stop early leaves: the cameras, and the workspace's products. An older result stays whole beside it."""
    with report.stage("export") as stage, stage.step("files", share=1.0):
        straightened = _straighten(job.out / "undistorted", sparse, stage)
    files = {name: str(workspace.path(name)) for name in ("sparse", *products)}
    if straightened:
        files["undistorted"] = str(job.out / "undistorted")
    summary = {
        "seconds": round(time.perf_counter() - report.started, 2),
        "photos": len(photos),
        "registered": len(sparse.posed),
        "unregistered": sparse.unregistered,
        "verdicts": _verdicts(report, photos, sparse),
        "notes": report.notes,
        "until": job.until.value,
        "lines": [
            [
                "INFO",
                f"{len(sparse.posed)} of {len(photos)} photos have a place. Stopped after {job.until.value}, as asked.",
            ]
        ],
    }
    return ResultEvent(files=files, summary=summary)


_OUT_FILES = {
    "model": "model.glb",
    "cameras": "cameras",
    "points": "points.ply",
    "report": "report.json",
    "preview": "preview.png",
}


def summarise(report: RunReport, made: Made) -> dict[str, Any]:
    """The figures at the head of report.json."""
    mesh = made.textured.mesh
    return {
        "seconds": round(time.perf_counter() - report.started, 2),
        "peak_mb": max(record.peak_mb for record in report.records),
        "device": made.device,
        "photos": len(made.photos),
        "registered": len(made.sparse.posed),
        "unregistered": made.sparse.unregistered,
        "points": len(made.dense.cloud.points),
        "faces": len(mesh.faces),
        "filled_faces": int(mesh.filled.sum()),
        "texture": made.textured.base_colour.shape[0],
        "verdicts": _verdicts(report, made.photos, made.sparse),
        "notes": report.notes,
    } | ({"scale": made.scale} if made.scale is not None else {})


def _verdicts(report: RunReport, photos: tuple[Photo, ...], sparse: Sparse) -> list[dict[str, Any]]:
    """What there is to say of every file, for the list of photos."""
    prepared = next((record.counts for record in report.records if record.name == "prepare"), {})
    return to_plain(judge_run(photos, sparse, prepared))


def _straighten(target: Path, sparse: Sparse, report: Report) -> bool:
    """Straight, upright pictures for the cameras' backgrounds in Blender, where the photo itself is not one already."""
    bent = [p for p in sparse.posed if is_distorted(sparse.cameras[p.camera_id]) or p.photo.orientation != 1]

    def write(folder: Path) -> None:
        folder.mkdir()
        for posed in bent:
            camera = sparse.cameras[posed.camera_id]
            pixels = load_view(view_of(posed, camera, max(camera.width, camera.height)))
            done, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
            assert done
            (folder / f"{posed.photo.name}.jpg").write_bytes(data.tobytes())
            report.check()

    if bent:
        _put(target, write)
    elif target.is_dir():
        shutil.rmtree(target, ignore_errors=True)  # an earlier run's
    return bool(bent)


def _put(target: Path, write: Callable[[Path], None]) -> None:
    """A file or a whole folder, through `write(temporary path)`."""
    with written_aside(target) as part:
        write(part)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
