"""A finished run ─► OUT/coverage: per face what the photos saw of it, per camera how it fits, and ghost cameras for the next photos."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import guard, storage
from ..coverage import stage as coverage
from ..coverage import words
from ..coverage.ghosts import Ghost
from ..coverage.stage import Coverage
from ..datatypes import F64, Sparse, TexturedMesh, TriMesh
from ..errors import EngineError
from ..export.preview import write_picture
from ..geometry import intrinsics, moved_sparse
from ..jobs import CoverageJob
from ..kernels.device import open_device
from ..protocol import Event, ResultEvent
from ..report import Report, RunReport
from ..workspace import written_aside

STAGES = ("coverage",)


def run(
    job: CoverageJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None
) -> ResultEvent:
    """Reads what the run left in OUT. With `job.mesh` the surface is what an artist made of it since."""
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        sparse, textured = _load(job)
        mesh = textured.mesh if textured is not None else None
        world_from_solved = np.eye(4)
        if job.mesh is not None:
            mesh, world_from_solved = read_mesh(job.mesh)
        assert mesh is not None
        sparse = moved_sparse(sparse, world_from_solved)
        open_device(job.settings.device)
        with report.stage("coverage") as stage:
            found = coverage.run(mesh, sparse, job.settings, stage)
            summary = _summary(found, sparse, job, len(mesh.faces))
            with written_aside(job.out / "coverage") as folder:
                folder.mkdir()
                _write(folder, found, mesh, summary)
                _pictures(folder, found, _placed(textured, world_from_solved), job, stage)
        files = {"faces": "coverage.npz", "coverage": "coverage.json"}
        return ResultEvent(files={k: str(job.out / "coverage" / v) for k, v in files.items()}, summary=summary)


def read_mesh(path: Path) -> tuple[TriMesh, F64]:
    """A mesh that was handed over: `vertices` in world, `faces`, and where it is known `filled` and `world_from_solved` (4, 4)."""
    try:
        arrays = storage.read_arrays(path)
        vertices, faces = arrays["vertices"].astype(np.float32), arrays["faces"].astype(np.int32)
        filled = arrays.get("filled", np.zeros(len(faces), bool)).astype(bool)
        placed = np.asarray(arrays.get("world_from_solved", np.eye(4)), np.float64)
        fits = (
            vertices.ndim == faces.ndim == 2 and vertices.shape[1] == faces.shape[1] == 3 and len(filled) == len(faces)
        )
        if not fits or placed.shape != (4, 4) or not np.isfinite(vertices).all():
            raise ValueError("its arrays don't fit one another")
        if faces.size and (faces.min() < 0 or faces.max() >= len(vertices)):
            raise ValueError("a face names a vertex that is not there")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError("mesh_unreadable", f"The mesh {path.name} can't be read: {error}.", file=path) from error
    return TriMesh(vertices=vertices, faces=faces, filled=filled), placed


def _load(job: CoverageJob) -> tuple[Sparse, TexturedMesh | None]:
    try:
        sparse = storage.read_sparse(job.workspace / "sparse.npz")
        path = job.workspace / "textured.npz"
        textured = storage.read_textured(path) if path.is_file() or job.mesh is None else None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "no_result",
            f"{job.out.name} holds no finished model that could be checked: {error}.",
            file=job.out,
            advice="Build the model first, or choose the folder that a finished run wrote.",
        ) from error
    return sparse, textured


def _placed(textured: TexturedMesh | None, world_from_solved: F64) -> TexturedMesh | None:
    if textured is None:
        return None
    vertices = textured.mesh.vertices @ world_from_solved[:3, :3].T + world_from_solved[:3, 3]
    return replace(textured, mesh=replace(textured.mesh, vertices=vertices.astype(np.float32)))


def _write(folder: Path, found: Coverage, mesh: TriMesh, summary: dict[str, Any]) -> None:
    looks = found.looks
    with open(folder / "coverage.npz", "wb") as handle:
        np.savez(handle, photos=looks.photos, angle=looks.angle, pixel=looks.pixel, filled=mesh.filled)
    (folder / "coverage.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _pictures(folder: Path, found: Coverage, textured: TexturedMesh | None, job: CoverageJob, report: Report) -> None:
    """What the phone should see. Without a textured model there is nothing to draw."""
    ghosts = found.proposal.ghosts if textured is not None else ()
    with report.step("pictures", len(ghosts), share=0.1) as step:
        for rank, ghost in enumerate(ghosts, 1):
            view = _picture_view(ghost, job.settings.picture)
            assert textured is not None
            write_picture(folder / picture_name(rank), textured, view)
            step.advance()


def picture_name(rank: int) -> str:
    return f"shoot_here_{rank}.png"


def _picture_view(ghost: Ghost, side: int) -> Any:
    scale = side / max(ghost.view.width, ghost.view.height)
    return ghost.view.resized(round(ghost.view.width * scale), round(ghost.view.height * scale))


def _summary(found: Coverage, sparse: Sparse, job: CoverageJob, faces: int) -> dict[str, Any]:
    """coverage.json; also the result event's summary."""
    proposal, few = found.proposal, job.settings.few
    ghosts = [_ghost(rank, ghost, found, sparse, few) for rank, ghost in enumerate(proposal.ghosts, 1)]
    verdict = words.verdict_of(proposal, few)
    return {
        "lines": [["INFO", verdict], *(["INFO", f"{ghost['rank']}. {ghost['sentence']}"] for ghost in ghosts)],
        "verdict": verdict,
        "faces": faces,
        "few": few,
        "thin": round(proposal.thin, 4),
        "reachable": round(proposal.reachable, 4),
        "shares": [round(share, 4) for share in found.shares],
        "cameras": [asdict(fit) for fit in found.fits],
        "unregistered": sparse.unregistered,
        "ghosts": ghosts,
    }


def _ghost(rank: int, ghost: Ghost, found: Coverage, sparse: Sparse, few: int) -> dict[str, Any]:
    """Its lens is the pinhole part of the photos' own."""
    camera = ghost.view.camera
    (fx, _, cx), (_, fy, cy), _ = intrinsics(camera).tolist()
    name = sparse.posed[ghost.nearest].photo.name
    return {
        "rank": rank,
        "title": words.title_of(ghost, found.proposal),
        "sentence": words.sentence_of(ghost, found.proposal, name, few),
        "gain": round(ghost.gain, 4),
        "nearest": name,
        "turn": round(ghost.turn, 1),
        "cam_from_world": ghost.view.cam_from_world.tolist(),
        "lens": {"width": camera.width, "height": camera.height, "params": [fx, fy, cx, cy]},
        "picture": picture_name(rank),
    }
