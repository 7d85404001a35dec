"""The artist's settings for a stage, copied once into the words of the engine's command line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Context, PropertyGroup

from .. import preferences
from ..engine.errors import EngineError
from ..engine.mono.cards import EMBEDDED
from ..engine.settings import Back, Filler
from ..scene import photos
from ..scene.scale import metres_of
from .networks import lama_for, weights_for


@dataclass(frozen=True, kw_only=True)
class StageRequest:
    """A stage to build."""

    name: str
    photo: Path
    out: Path
    words: tuple[str, ...]


def listed_photo(context: Context) -> Path | None:
    """The list's photo, where it holds a single one."""
    ticked = photos.ticked(context.scene)
    return ticked[0] if len(ticked) == 1 else None


def stage_request(context: Context) -> StageRequest:
    """What the scene's settings ask for; EngineError where they don't make sense."""
    settings = context.scene.maquette.stage
    photo = Path(bpy.path.abspath(settings.photo)).absolute() if settings.photo else listed_photo(context)
    if photo is None:
        raise EngineError(
            "no_stage_photo", "No photo is chosen yet.", advice="Choose one, or drop it into the 3D view."
        )
    if not photo.is_file():
        raise EngineError(
            "stage_photo_gone", f"{photo.name} is not where it was.", file=photo, advice="Choose it where it is now."
        )
    out = _out(context, photo)
    words = ["stage", str(photo), "-o", str(out), "--device", preferences.of(context).device, "--no-film"]
    words += _depth(context, settings) + _relief(context, settings) + _layers(context, settings)
    return StageRequest(name=photo.stem, photo=photo, out=out, words=tuple(words))


def _out(context: Context, photo: Path) -> Path:
    """The same photo comes back to the same results; with a chosen folder, in one of its own in there."""
    chosen = context.scene.maquette.output
    if chosen:
        return Path(bpy.path.abspath(chosen)).resolve() / f"{photo.stem}-stage"
    mark = hashlib.sha256(str(photo).encode()).hexdigest()[:8]
    return preferences.models_folder(context) / f"{photo.stem}-stage-{mark}"


def _depth(context: Context, settings: PropertyGroup) -> list[str]:
    words = ["--provider", settings.provider]
    if settings.provider != EMBEDDED:
        weights = bpy.path.abspath(settings.weights) if settings.weights else weights_for(context, settings.provider)
        words += ["--weights", str(weights)] if weights else []
    if settings.focal >= 5.0:
        words += ["--focal", f"{settings.focal:.9g}"]
    if settings.distance > 0:
        words += ["--distance", f"{metres_of(context.scene, settings.distance):.9g}"]
    return words


def _relief(context: Context, settings: PropertyGroup) -> list[str]:
    words = ["--faces", str(settings.faces), "--tear", f"{settings.tear:.4g}", "--smooth", f"{settings.smooth:.4g}"]
    words += ["--back", settings.back, "--sky", settings.sky]
    if settings.back in (Back.CLOSED.value, Back.PLATE.value):
        words += ["--thickness", f"{settings.thickness:.4g}"]
    if settings.far > 0:
        words += ["--far", f"{metres_of(context.scene, settings.far):.9g}"]
    return words


def _layers(context: Context, settings: PropertyGroup) -> list[str]:
    words = ["--layers", str(settings.layers), "--filler", settings.filler]
    if settings.filler == Filler.LAMA.value:
        weights = bpy.path.abspath(settings.filler_weights) if settings.filler_weights else lama_for(context)
        words += ["--filler-weights", str(weights)] if weights else []
    return words
