"""The part of a stage that is worked out beside the relief: layers, how far a camera may move over them, the ground and the sun."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..datatypes import F64
from ..images import load_photo
from ..relief.ground import Ground
from ..relief.layers import layers
from ..relief.sun import sun
from ..relief.sway import planned, proven
from ..report import Report
from ..settings import LayerSettings
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


def shown(mono: MonoDepth, camera: F64, found: Ground | None, settings: LayerSettings, report: Report) -> Shown:
    """All of it. Without layers nothing is known of how far a camera may go."""
    photo = mono.photo
    scale = min(1.0, settings.max_side / max(photo.width, photo.height))
    picture = load_photo(photo, max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
    reach, made = planned(mono), layers(mono, picture, settings, report, camera) if settings.count else ()
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
