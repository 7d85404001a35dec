"""A job: what the supervisor hands its worker, as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from .settings import ModelSettings, from_json, to_json


@dataclass(frozen=True, kw_only=True)
class ModelJob:
    """Photos to a textured mesh in `out`. `libraries` are folders to import from, before all others."""

    photos: tuple[Path, ...]
    out: Path
    settings: ModelSettings = field(default_factory=ModelSettings)
    libraries: tuple[Path, ...] = ()

    @property
    def workspace(self) -> Path:
        """Where the stages keep their products for a rerun to resume from."""
        return self.out / ".maquette"


def encode(job: ModelJob) -> str:
    """One line."""
    return json.dumps(
        {
            "recipe": "model",
            "photos": [str(path) for path in job.photos],
            "out": str(job.out),
            "settings": to_json(job.settings),
            "libraries": [str(path) for path in job.libraries],
        }
    )


def decode(line: str) -> ModelJob:
    """The job that `encode` wrote."""
    values = json.loads(line)
    if values.get("recipe") != "model":
        raise ValueError(f"no recipe named {values.get('recipe')!r}")
    return ModelJob(
        photos=tuple(Path(p) for p in values["photos"]),
        out=Path(values["out"]),
        settings=from_json(ModelSettings, values["settings"]),
        libraries=tuple(Path(p) for p in values["libraries"]),
    )
