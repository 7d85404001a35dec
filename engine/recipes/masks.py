"""What of a finished model is wanted ─► masks for all its photos, for the next run: OUT/masks/, and OUT/masks.png to look at."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from .. import guard, storage
from ..datatypes import F32, Sparse, TriMesh
from ..errors import EngineError
from ..jobs import MasksJob
from ..kernels.device import open_device
from ..masking import stage as masking
from ..meshfile import read_mesh
from ..protocol import Event, ResultEvent
from ..report import Report, RunReport
from ..surface.neighbours import PointTree
from ..workspace import written_aside

STAGES = ("open", "masks")
SAME = 0.75  # of a face's longest edge: closer to a kept face's corners or middle, it is kept itself


def run(job: MasksJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """Unwanted is what is given as such, and what the run's own mesh has that is neither there nor in the kept one."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        with report.stage("open") as stage:
            kept = read_mesh(job.mesh).surface
            sparse, whole = _load(job)
            unwanted = _unwanted(job, whole, kept)
            if len(kept.faces) == 0:
                raise EngineError(
                    "nothing_kept", "Nothing of the model is kept, so every mask would be black.",
                    advice="Select or delete only what is not wanted.",
                )  # fmt: skip
            if len(unwanted.faces) == 0 and not job.settings.background:
                raise EngineError(
                    "nothing_unwanted", "The model is whole, and the background is to be kept: there is nothing to mask.",
                    advice="Delete or select what is not wanted, or mask the background too.",
                )  # fmt: skip
            sparse = _there(sparse, stage)
            open_device(job.settings.device)
        folder = job.out / "masks"
        with report.stage("masks") as stage:
            done = masking.run(kept, unwanted, sparse, job.settings, folder, stage)
            if done.by_hand:
                listed = ", ".join(done.by_hand[:3]) + (" and others" if len(done.by_hand) > 3 else "")
                stage.warn(
                    "masks_by_hand",
                    f"{len(done.by_hand)} masks were painted by hand and left as they are: {listed}.",
                    advice="To make them anew, choose to replace them.",
                )
        with written_aside(job.out / "masks.png") as part:
            part.write_bytes(cv2.imencode(".png", done.sheet[:, :, ::-1])[1].tobytes())
    told = f"{len(done.made)} masks are made" + (f", {len(done.by_hand)} of your own are kept" if done.by_hand else "")
    summary = {
        "masks": len(done.made),
        "by_hand": list(done.by_hand),
        "kept": done.shares,
        "unwanted_faces": len(unwanted.faces),
        "lines": [["INFO", f"{told}: {folder}"]],
    }
    return ResultEvent(files={"masks": str(folder), "sheet": str(job.out / "masks.png")}, summary=summary)


def _load(job: MasksJob) -> tuple[Sparse, TriMesh | None]:
    """The run's cameras, and its mesh where it has one."""
    textured = job.workspace / "textured.npz"
    try:
        sparse = storage.read_sparse(job.workspace / "sparse.npz")
        return sparse, storage.read_textured(textured).mesh if textured.is_file() else None
    except FileNotFoundError as error:
        raise EngineError(
            "no_result", f"{job.out.name} holds no finished model, so its photos' places are not known.",
            file=job.out, advice="Choose the folder that a finished run wrote.",
        ) from error  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "broken_result", f"The model in {job.out.name} can't be read: {error}.", file=job.out, advice="Build it again."
        ) from error  # fmt: skip


def _unwanted(job: MasksJob, whole: TriMesh | None, kept: TriMesh) -> TriMesh:
    if job.unwanted is None:
        return _gone(whole, kept)
    given = read_mesh(job.unwanted).surface
    return _both(given, _gone(whole, _both(kept, given)))


def _both(one: TriMesh, other: TriMesh) -> TriMesh:
    return TriMesh(
        vertices=np.concatenate([one.vertices, other.vertices]),
        faces=np.concatenate([one.faces, other.faces + len(one.vertices)]).astype(np.int32),
        filled=np.concatenate([one.filled, other.filled]),
    )


def _gone(whole: TriMesh | None, kept: TriMesh) -> TriMesh:
    """The faces of the run's own mesh that lie nowhere near the kept one: what the artist deleted."""
    none = TriMesh(vertices=np.zeros((0, 3), np.float32), faces=np.zeros((0, 3), np.int32), filled=np.zeros(0, bool))
    if whole is None or len(kept.faces) == 0:
        return none
    tree = PointTree(np.concatenate([_samples(kept), kept.vertices[np.unique(kept.faces)]]).astype(np.float32))
    corners = whole.vertices[whole.faces]
    longest = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).max(1)
    distance = tree.nearest(corners.mean(1).astype(np.float32), 1)[1][:, 0]
    gone = distance > SAME * longest
    return TriMesh(vertices=whole.vertices, faces=whole.faces[gone], filled=whole.filled[gone])


def _samples(mesh: TriMesh) -> F32:
    """The faces' middles and those of their edges: a remeshed surface may have wide faces."""
    corners = mesh.vertices[mesh.faces]
    edges = (corners + np.roll(corners, -1, axis=1)) / 2
    return np.concatenate([corners.mean(1), edges.reshape(-1, 3)]).astype(np.float32)


def _there(sparse: Sparse, report: Report) -> Sparse:
    """Without the photos that are gone: their masks would be for nothing."""
    there = [one for one in sparse.posed if one.photo.path.is_file()]
    if not there:
        raise EngineError(
            "photos_gone", "None of the model's photos is where it was.", file=sparse.posed[0].photo.path,
            advice="Put the photos back, or connect the disk they are on.",
        )  # fmt: skip
    if len(there) < len(sparse.posed):
        report.warn("photos_gone", f"{len(sparse.posed) - len(there)} photos are gone and get no mask.")
    return replace(sparse, posed=tuple(there))
