"""What was hidden behind a nearer layer: its depth drawn on from its own side, its colours painted in."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..datatypes import F32, Bool
from ..settings import Filler, LayerSettings
from .patches import paint_in
from .spread import relaxed, spread

SMOOTH_RADIUS = 4  # pixels, of OpenCV's
SETTLE = 24  # rounds
BEHIND = 0.98  # what is hidden is at least so much further away than what hides it, as inverse depths

Painter = Callable[[F32, Bool], F32]


def depth(inverse: F32, sure: Bool, hiding: F32) -> F32:
    """(H, W) the layer's inverse depth everywhere: its own where sure, drawn on smoothly elsewhere, and behind what hides it.

    `hiding` is the inverse depth of what is in front, infinite where nothing is.
    """
    if not sure.any():
        return np.full_like(inverse, float(inverse[inverse > 0].min(initial=1.0)))
    drawn = relaxed(spread(inverse, sure), ~sure, SETTLE)
    return np.asarray(np.where(sure, inverse, np.minimum(drawn, hiding * BEHIND)), np.float32)


def colour(
    picture: F32, inverse: F32, known: Bool, wanted: Bool, settings: LayerSettings, check: Callable[[], None],
    lama: Painter | None = None,
) -> F32:  # fmt: skip
    """(H, W, 3), 0..1: the wanted pixels painted in from known ones alone."""
    if not wanted.any():
        return picture
    if not known.any():
        return spread(picture, np.ones_like(known))
    # what is neither is no concern of the filler's, but must not lend its colours
    calm = np.where(known[..., None], picture, spread(picture, known)).astype(np.float32)
    if settings.filler is Filler.LAMA and lama is not None:
        return lama(calm, wanted)
    if settings.filler is Filler.SMOOTH:
        return _smooth(calm, wanted)
    return paint_in(calm, inverse / max(float(inverse.max()), 1e-9), known, wanted, check)


def _smooth(calm: F32, wanted: Bool) -> F32:
    """OpenCV's, a window at a time: its time goes with the picture's size."""
    bytes_ = np.clip(calm * 255 + 0.5, 0, 255).astype(np.uint8)
    painted = cv2.inpaint(bytes_, wanted.astype(np.uint8), SMOOTH_RADIUS, cv2.INPAINT_TELEA)
    return np.asarray(np.where(wanted[..., None], painted.astype(np.float32) / 255, calm), np.float32)
