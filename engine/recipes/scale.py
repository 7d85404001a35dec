"""Real size from printed markers: as a step of `model`, right after the poses, and by itself on a finished run."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import storage
from ..datatypes import Photo, Sparse
from ..errors import EngineError
from ..geometry import moved_sparse
from ..jobs import ScaleJob
from ..protocol import Event, ResultEvent
from ..report import RunReport
from ..scale import stage as scale
from ..scale.place import world_from_solved
from ..settings import ScaleSettings
from ..workspace import Workspace, key_of

STAGES = ("scale",)
VERSION = 1


def run(job: ScaleJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """What the markers in a finished run's photos say about its world, as that lies in OUT. Nothing is changed."""
    report = RunReport(STAGES, emit, stop)
    try:
        sparse = storage.read_sparse(job.workspace / "sparse.npz")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "no_result",
            f"{job.out.name} holds no solved cameras: {error}.",
            file=job.out,
            advice="Build the model first, or choose the folder that a run wrote.",
        ) from error
    with report.stage("scale") as stage:
        found = scale.run(sparse, job.settings, stage)
    lines = [("INFO", found.sentence), ("INFO", f"One unit of the model as it lies there is {found.scale:.6g} m.")]
    seconds = report.records[0].seconds
    return ResultEvent(summary={"scale": found.facts(), "lines": lines, "seconds": seconds})


def scaled(
    settings: ScaleSettings,
    report: RunReport,
    workspace: Workspace,
    photos: tuple[Photo, ...],
    sparse: Sparse,
    key: str,
) -> tuple[Sparse, str, dict[str, Any] | None]:
    """The solved scene in metres, where markers are to be looked for and say so; and what they said.

    Afterwards the workspace's "sparse" is what everything downstream is made from; the poses are kept beside it as "solved".
    """
    if settings.marker_size is None:
        return _as_solved(workspace, sparse, key)
    metric = key_of(key, VERSION, settings)
    done = workspace.has("sparse", metric) and workspace.has("scale", metric)
    with report.stage("scale", skipped=done) as stage:
        if done:
            stage.preview("sparse", workspace.path("sparse"))
            facts = json.loads(workspace.path("scale").read_text(encoding="utf-8"))
            report.notes.append(facts["sentence"])
            return workspace.load_sparse(photos), metric, facts
        try:
            found = scale.run(sparse, settings, stage)
        except EngineError as error:  # a model without a size is better than none
            stage.warn(error.code, error.sentence, file=error.file, advice=error.advice)
            report.notes.append(error.sentence)
            plain = _as_solved(workspace, sparse, key)
            stage.preview("sparse", workspace.path("sparse"))
            return plain
        if settings.floor and not found.is_flat:
            stage.warn("markers_not_flat", "The markers don't lie in one plane, so they are not taken for the ground.")
        on_floor = found.floor if settings.floor and found.is_flat else None
        solved, sparse = sparse, moved_sparse(sparse, world_from_solved(found.scale, on_floor))
        workspace.save_sparse(key, solved, "solved")
        workspace.save_sparse(metric, sparse)
        # What is told from now on is told of the metric world.
        facts = found.facts(world_from_solved(found.scale, on_floor))
        workspace.save("scale", metric, "scale.json", lambda path: _write(path, facts))
        stage.preview("sparse", workspace.path("sparse"))
    report.notes.append(found.sentence)
    return sparse, metric, facts


def _as_solved(workspace: Workspace, sparse: Sparse, key: str) -> tuple[Sparse, str, None]:
    """The poses as they were solved; an earlier run may have left them in metres."""
    if not workspace.has("sparse", key):
        workspace.save_sparse(key, sparse)
    return sparse, key, None


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
