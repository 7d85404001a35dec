"""What a finished stage left on disk, read and made ready for Blender. No bpy here: a thread does it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...engine.datatypes import Bool, Photo
from ...engine.errors import EngineError
from ...engine.jobs import StageJob
from ...engine.single import Layer, MonoDepth, Part, Staged, UvMesh
from ...engine.single_storage import STAGE_FILE, UPRIGHT_FILE, read_stage
from ..mesh import MeshArrays, arrange_faces
from ..picture import png_bytes

MIDDLE_SHARE = 0.1  # of the picture's sides: what counts as its middle


@dataclass(frozen=True, kw_only=True)
class PreparedLayer:
    """One layer. `picture` is a PNG, or the file that holds it."""

    name: str
    arrays: MeshArrays
    picture: bytes | Path


@dataclass(frozen=True, kw_only=True)
class PreparedStage:
    """A stage with all that could be worked out before Blender's data is touched. `picture` is the photo, upright and in sRGB."""

    name: str
    folder: Path
    photo: Photo
    mono: MonoDepth
    cam_from_world: np.ndarray
    pivot: float
    middle: float
    picture: Path
    relief: MeshArrays
    sky: MeshArrays | None
    layers: tuple[PreparedLayer, ...]
    report: dict[str, Any]


def holds_stage(folder: Path) -> bool:
    """Whether it is a stage's OUT, and not a model's."""
    return (StageJob(photo=folder, out=folder).workspace / STAGE_FILE).is_file()


def stage_files(folder: Path) -> dict[str, str]:
    """The files that are needed of the run whose OUT this folder was."""
    found = {"report": folder / "report.json", "stage": StageJob(photo=folder, out=folder).workspace / STAGE_FILE}
    if not all(path.is_file() for path in found.values()):
        raise EngineError(
            "no_stage",
            f"{folder.name} holds no finished stage.",
            file=folder,
            advice="Choose the folder that a finished stage was written to.",
        )
    return {name: str(path) for name, path in found.items()}


def prepare_stage(files: Mapping[str, str], name: str = "") -> PreparedStage:
    """`name` is what the stage will be called; by default like its folder."""
    folder = Path(files["report"]).parent
    try:
        staged = read_stage(Path(files["stage"]))
        told = Path(files["report"])
        report = (
            json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
        )  # a run that goes on has none yet
        _check(staged)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "broken_result",
            f"The stage in {folder.name} can't be read: {error}.",
            file=folder,
            advice="Build it again.",
        ) from error
    relief, sky = _without_sky(staged.relief)
    return PreparedStage(
        name=name or folder.name,
        folder=folder,
        photo=staged.mono.photo,
        mono=staged.mono,
        cam_from_world=staged.cam_from_world,
        pivot=staged.pivot,
        middle=middle_of(staged.mono),
        picture=_picture(staged.mono.photo, folder),
        relief=relief,
        sky=sky,
        layers=tuple(_layer(folder, index, layer) for index, layer in enumerate(staged.layers)),
        report=report if isinstance(report, dict) else {},
    )


def middle_of(mono: MonoDepth) -> float:
    """How far away the middle of the picture is, in the stage's world; the usual depth where the sky is there."""
    height, width = mono.inverse_depth.shape
    high, wide = max(int(height * MIDDLE_SHARE / 2), 1), max(int(width * MIDDLE_SHARE / 2), 1)
    middle = mono.inverse_depth[height // 2 - high : height // 2 + high, width // 2 - wide : width // 2 + wide]
    for values in (middle[middle > 0], mono.inverse_depth[mono.inverse_depth > 0]):
        if values.size:
            return float(1 / np.median(values))
    return 1.0


def _picture(photo: Photo, folder: Path) -> Path:
    """The photo's own file, or what the run kept where Blender would not show that upright and in its colours."""
    kept = StageJob(photo=folder, out=folder).workspace / UPRIGHT_FILE
    path = kept if kept.is_file() else photo.path
    if not path.is_file():
        raise EngineError(
            "stage_photo_gone",
            f"The stage's photo is not where it was ({photo.path}).",
            file=photo.path,
            advice="Put it back, or build the stage from where it is now.",
        )
    return path


def _layer(folder: Path, index: int, layer: Layer) -> PreparedLayer:
    file = folder / "layers" / f"{index + 1}-{layer.name}.png"
    picture = file if file.is_file() else png_bytes(layer.colour)
    return PreparedLayer(name=layer.name, arrays=_arranged(layer.surface), picture=picture)


def _without_sky(surface: UvMesh) -> tuple[MeshArrays, MeshArrays | None]:
    """The sky is an object of its own: an artist hides it, or takes another."""
    sky = surface.part == Part.SKY.value
    return _arranged(surface, ~sky), _arranged(surface, sky) if sky.any() else None


def _arranged(surface: UvMesh, chosen: Bool | None = None) -> MeshArrays:
    faces, filled, part = surface.mesh.faces, surface.mesh.filled, surface.part
    if chosen is not None:
        faces, filled, part = faces[chosen], filled[chosen], part[chosen]
    used, index = np.unique(faces, return_inverse=True)
    return arrange_faces(
        surface.mesh.vertices[used], index.reshape(-1, 3).astype(np.int32), surface.uvs[faces], filled, part
    )


def _check(staged: Staged) -> None:
    """What would crash Blender, or show nothing."""
    for surface in (staged.relief, *(layer.surface for layer in staged.layers)):
        if not (np.isfinite(surface.mesh.vertices).all() and np.isfinite(surface.uvs).all()):
            raise ValueError("a vertex lies nowhere")
    if not np.isfinite(staged.cam_from_world).all() or not (staged.mono.K[[0, 1], [0, 1]] > 0).all():
        raise ValueError("its camera lies nowhere")
    for layer in staged.layers:
        if layer.colour.ndim != 3 or layer.colour.shape[2] != 4 or layer.colour.dtype != np.uint8:
            raise ValueError(f"the layer {layer.name} has no picture")
