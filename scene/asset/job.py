"""What the artist's Blender hands the one that makes the asset, as a file of JSON. No bpy here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...engine.settings import from_json, to_json
from .settings import AssetSettings

FILES = "asset"  # the folder in the model's, unless the artist names another


@dataclass(frozen=True, kw_only=True)
class AssetJob:
    """One asset to make."""

    source: Path  # a .blend that holds the scan
    scan: str  # its object's name there
    folder: Path  # where the files go
    made: Path  # the .blend that the result is handed back in
    settings: AssetSettings
    retexture: tuple[str, ...] = ()  # the engine's command line for the base colour; none: not from the photos
    mesh: Path = Path()  # the file that this command line names for the mesh
    cameras: Path = Path()  # where the photos' cameras stand now, as the engine's mesh file holds them
    solved_from_world: tuple[tuple[float, ...], ...] = ()  # (4, 4)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(to_json(self)), encoding="utf-8")

    @staticmethod
    def read(path: Path) -> AssetJob:
        values = json.loads(path.read_text(encoding="utf-8"))
        matrix = tuple(tuple(row) for row in values.pop("solved_from_world"))
        job: AssetJob = from_json(AssetJob, values | {"solved_from_world": ()})
        return AssetJob(**{**vars(job), "solved_from_world": matrix})
