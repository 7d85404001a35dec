"""The part of a stage that is worked out beside the relief: layers, how far a camera may move over them, the ground and the sun."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..datatypes import F32, F64, Bool
from ..errors import EngineError
from ..images import load_photo
from ..relief import fill_lama
from ..relief.fill import Painter
from ..relief.ground import Ground
from ..relief.layers import layers
from ..relief.sun import sun
from ..relief.sway import planned, proven
from ..report import Report
from ..settings import Filler, StageSettings
from ..single import Layer, MonoDepth


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The fields of `Staged` of that name."""

    layers: tuple[Layer, ...] = ()
    sway: float = 0.0
    push: float = 0.0
    pivot: float = 4.0
    ground: F64 | None = None
    sun: F64 | None = None


def shown(mono: MonoDepth, camera: F64, found: Ground | None, settings: StageSettings, report: Report) -> Shown:
    """All of it. Without layers nothing is known of how far a camera may go."""
    photo = mono.photo
    scale = min(1.0, settings.layers.max_side / max(photo.width, photo.height))
    picture = load_photo(photo, max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
    reach = planned(mono)
    made: tuple[Layer, ...] = ()
    if settings.layers.count:
        made = layers(mono, picture, settings.layers, report, camera, _painter(settings))
    reach = proven(made, mono, camera, reach, report) if made else replace(reach, sway=0.0, push=0.0)
    report.count("layers", len(made))
    report.count("sway", round(reach.sway, 5))
    light = sun(mono, picture, camera)
    report.count("ground", found is not None)
    report.count("sun", light is not None)
    return Shown(
        layers=made,
        sway=reach.sway,
        push=reach.push,
        pivot=reach.pivot,
        ground=None if found is None else found.in_world(camera),
        sun=light,
    )


def _painter(settings: StageSettings) -> Painter | None:
    """LaMa, where it was asked for."""
    if settings.layers.filler is not Filler.LAMA:
        return None
    weights = settings.layers.weights
    if weights is None:
        raise EngineError(
            "weights_missing",
            "LaMa needs its weights, and no file was named.",
            advice="Name LaMa's .safetensors file, or choose another filler.",
        )

    def paint(colour: F32, hole: Bool) -> F32:
        picture = np.clip(colour * 255 + 0.5, 0, 255).astype(np.uint8)
        painted = fill_lama.fill(picture, hole, weights, settings.mono.device).astype(np.float32) / 255
        return np.asarray(np.where(hole[..., None], painted, colour), np.float32)

    return paint
