"""What may be wrong with each photo, judged against the photos around it: blurred, too dark, too bright. In words for an artist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..verdicts import Doubt, Verdict
from .exposure import Light

AROUND = 8  # photos before and after, together: what a photo is compared with
BLURRED_BELOW = 0.6  # of the sharpness of the photos around
SOFT_BELOW = 0.24  # a crisp set has 0.45 to 0.85; below it comparing photos shows nothing, since all are soft alike
DARK_BELOW = 0.2  # even the brightest parts
BRIGHT_ABOVE = 0.8  # even the darkest parts
BURNT = 0.35  # of the middle
BURNT_MORE = 0.15  # than around: a white subject or backdrop is white in all photos
STOPS = 1.5  # below the photos around


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is known of one photo. `sharpness` grows with it and is NaN where nothing has texture."""

    name: str
    sharpness: float
    light: Light


def around(index: int, count: int) -> list[int]:
    """The photos taken before and after: they show about the same under about the same light."""
    low = max(0, min(index - AROUND // 2, count - 1 - AROUND))
    return [i for i in range(low, min(low + AROUND + 1, count)) if i != index]


def relative_sharpness(values: Sequence[float]) -> list[float]:
    """Each against the median of those around it; 0 where a photo shows nothing to judge by."""
    out = []
    for index, value in enumerate(values):
        known = [values[i] for i in around(index, len(values)) if math.isfinite(values[i])]
        usual = float(np.median(known)) if known else value
        out.append(value / max(usual, 1e-6) if math.isfinite(value) else 0.0)
    return out


def doubts(photos: Sequence[Measured]) -> list[tuple[Doubt, ...]]:
    """Per photo what may be wrong with it; mostly nothing."""
    sharp = relative_sharpness([photo.sharpness for photo in photos])
    out = []
    for index, photo in enumerate(photos):
        others = [photos[i].light for i in around(index, len(photos))]
        found = [_blur(photo.sharpness, sharp[index]), _darkness(photo.light, others), _glare(photo.light, others)]
        out.append(tuple(doubt for doubt in found if doubt is not None))
    return out


def is_soft(photos: Sequence[Measured]) -> bool:
    """Whether all are out of focus alike, which comparing them can't show."""
    known = [photo.sharpness for photo in photos if math.isfinite(photo.sharpness)]
    return bool(known) and float(np.median(known)) < SOFT_BELOW


def _blur(sharpness: float, relative: float) -> Doubt | None:
    if not math.isfinite(sharpness):
        return Doubt(Verdict.BLURRED, "shows nothing to focus on")
    if relative >= BLURRED_BELOW:
        return None
    return Doubt(Verdict.BLURRED, f"is blurred: {relative:.0%} as sharp as the photos around it")


def _darkness(light: Light, others: Sequence[Light]) -> Doubt | None:
    if light.highlight < DARK_BELOW:
        return Doubt(Verdict.DARK, "is very dark")
    stops = light.stops_below(float(np.median([other.highlight for other in others]))) if others else 0.0
    if stops > STOPS:
        return Doubt(Verdict.DARK, f"is {stops:.1f} stops darker than the photos around it")
    return None


def _glare(light: Light, others: Sequence[Light]) -> Doubt | None:
    if light.shadow > BRIGHT_ABOVE and light.white > 0:
        return Doubt(Verdict.BRIGHT, "is washed out: even its darkest parts are bright")
    usual = float(np.median([other.white for other in others])) if others else 0.0
    if light.white > BURNT and light.white > usual + BURNT_MORE:
        return Doubt(Verdict.BRIGHT, f"is burnt out: {light.white:.0%} of its middle is plain white")
    return None
