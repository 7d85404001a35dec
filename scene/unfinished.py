"""Remembers on the scene which model is being built, so that the saved file knows it when it is opened again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bpy.types import Scene

from ..engine.errors import EngineError


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """A model to build: its name, where its results go, its photos, and the rest of the engine's command line."""

    name: str
    out: Path
    photos: tuple[Path, ...]
    options: tuple[str, ...]


def remember(scene: Scene, job: Unfinished) -> None:
    """It has begun."""
    record = scene.maquette.unfinished
    record.name, record.folder = job.name, str(job.out)
    record.photos = json.dumps([str(path) for path in job.photos])
    record.options = json.dumps(list(job.options))


def recall(scene: Scene) -> Unfinished:
    """What was begun; EngineError where nothing was, or where a hand in the file has spoiled it."""
    record = scene.maquette.unfinished
    try:
        return Unfinished(
            name=record.name,
            out=Path(record.folder),
            photos=tuple(Path(str(path)) for path in json.loads(record.photos)),
            options=tuple(str(word) for word in json.loads(record.options)),
        )
    except (ValueError, TypeError) as error:
        raise EngineError(
            "nothing_unfinished", "There is no unfinished model.", advice="Build one: what is made already is used."
        ) from error


def forget(scene: Scene) -> None:
    """It has come to its end, or the artist gives it up."""
    record = scene.maquette.unfinished
    record.name = record.folder = record.photos = record.options = ""
