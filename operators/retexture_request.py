"""The mesh as it is now, copied once into a file and into the words of the engine's command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Context, Object

from .. import preferences
from ..engine.errors import EngineError
from ..engine.jobs import ModelJob
from ..engine.meshfile import write_mesh
from ..scene.errors import ModelError
from ..scene.gather import Gathered, PlacedCameras, gather, is_in_place, target_of
from ..scene.model import Model
from ..scene.painting import hand_over


@dataclass(frozen=True, kw_only=True)
class RetextureRequest:
    """What to colour, by name (an undo makes references stale), and what the engine is told."""

    target: str
    gathered: Gathered
    words: tuple[str, ...]


def retexture_request(context: Context) -> RetextureRequest:
    """What the scene's settings and the active mesh ask for; EngineError where they don't make sense."""
    settings = context.scene.maquette.retexture
    try:
        model, thing = target_of(context)
        _check(model, thing)
        gathered = gather(context, model, thing, modifiers=settings.modifiers)
    except ModelError as error:
        raise EngineError("model", str(error)) from error
    new = settings.new_uvs or not gathered.uv_map
    if new and not gathered.own_corners:
        raise EngineError(
            "modified_uvs",
            f"{thing.name} needs UVs of its own, and its modifiers change its faces.",
            advice="Apply them, or turn Modifiers off here.",
        )
    path = Path(bpy.app.tempdir) / "maquette-retexture.npz"
    write_mesh(path, gathered.mesh)
    words = ["retexture", str(model.folder), "--mesh", str(path), "--name", thing.name, "--texture", settings.size]
    words += ["--tiles", settings.tiles, "--device", preferences.of(context).device]
    if new:
        words += ["--new-uvs"]
    if settings.keep_painted and not new:
        words += _painted(thing, gathered)
    if settings.photos:
        words += ["--photos", bpy.path.abspath(settings.photos)]
    return RetextureRequest(target=thing.name, gathered=gathered, words=tuple(words))


def _painted(thing: Object, gathered: Gathered) -> list[str]:
    folder = Path(bpy.app.tempdir) / "maquette-painted"
    try:
        stamp = hand_over(thing, gathered.uv_map, folder)
    except (OSError, RuntimeError) as error:  # Blender's own functions raise RuntimeError
        raise EngineError(
            "paint_unsaved",
            f"The texture of {thing.name} can't be read: {error}.",
            advice="Turn Keep Painted off to go on without it.",
        ) from error
    return ["--painted", str(folder), "--painted-on", stamp] if stamp else []


def _check(model: Model, thing: Object) -> None:
    """What the panel has a button for."""
    if thing.library is not None or thing.data.library is not None:
        raise EngineError(
            "linked", f"{thing.name} comes from another file.", advice="Make it local first (Object > Relations)."
        )
    if not (ModelJob(photos=(), out=model.folder).workspace / "sparse.npz").is_file():
        raise EngineError(
            "result_missing",
            f"The result folder of {model.collection.name} is not there any more ({model.folder}).",
            advice="Choose where it is now.",
        )
    if not is_in_place(model, thing):
        raise EngineError(
            "away", f"{thing.name} lies away from the place that its photos show.", advice="Put it back onto the model."
        )


def remarks(cameras: PlacedCameras) -> list[str]:
    """What the artist did to the cameras, so that he knows that it counts."""
    said = (
        (cameras.moved, "stand where you moved their cameras"),
        (cameras.left_out, "are left out, their cameras being deleted or hidden from renders"),
    )
    return [f"Photos that {words}: {_some(names)}." for names, words in said if names]


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
