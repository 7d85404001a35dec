"""Where a network's map has edges of depth, and what is near and what is far on either side of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32

REACH = 3  # the map's pixels on either side of an edge that it may be blurred or shifted by
JUMP = (0.06, 0.12)  # of the far side: from a smaller step of depth on nothing is done, from the larger on all
_BEND = 2  # pixels over which bends are measured
_STEP_OF_BEND = 1.8  # how much larger a step, blurred by a pixel, is than its bends
_ALIKE = 0.1  # of the jump: so near to its end belongs to the side


@dataclass(frozen=True)
class Sides:
    """At the map's size. `jump`: 0 away from edges, 1 at them; elsewhere nothing else here means anything."""

    near: F32
    far: F32
    jump: F32
    known: F32  # how sure it is which side a pixel is on, 0..1; 1 away from edges


def sides_of(coarse: F32) -> Sides | None:
    """None where there is no edge at all."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    high, low = cv2.dilate(coarse, disc), cv2.erode(coarse, disc)
    jump = np.clip((_step(coarse, disc) / np.maximum(low, 1e-6) - JUMP[0]) / (JUMP[1] - JUMP[0]), 0, 1)
    band = np.flatnonzero(jump > 0)
    if not band.size:
        return None
    near, far = high.copy(), low.copy()
    near.ravel()[band], far.ravel()[band] = _plateaus(coarse, high.ravel()[band], low.ravel()[band], band)
    share = (coarse - low) / np.maximum(high - low, 1e-12)
    known = np.where(jump > 0, (2 * share - 1) ** 2, 1)
    return Sides(near=near, far=far, jump=np.asarray(jump, np.float32), known=np.asarray(known, np.float32))


def _step(coarse: F32, disc: np.ndarray) -> F32:
    """How high a step of depth there is near each pixel. At a step the surface bends one way and then the other; where a wall
    meets a floor it bends one way only, and on a slope, which is flat in inverse depth, not at all."""
    wide = cv2.copyMakeBorder(coarse, _BEND, _BEND, _BEND, _BEND, cv2.BORDER_REPLICATE)
    inner = slice(_BEND, -_BEND)
    across = wide[inner, 2 * _BEND :] + wide[inner, : -2 * _BEND] - 2 * coarse
    down = wide[2 * _BEND :, inner] + wide[: -2 * _BEND, inner] - 2 * coarse
    bend = np.where(np.abs(across) > np.abs(down), across, down)
    up, under = (cv2.dilate(np.maximum(sign * bend, 0), disc) for sign in (1, -1))
    return np.asarray(_STEP_OF_BEND * np.minimum(up, under), np.float32)


def _plateaus(coarse: F32, high: F32, low: F32, band: np.ndarray) -> tuple[F32, F32]:
    """The mean of what is near, and of what is far, around each pixel of the band: without what is blurred between them."""
    height, width = coarse.shape
    y, x = np.divmod(band, width)
    gap = np.float32(1 / _ALIKE) / np.maximum(high - low, 1e-12)
    sums = np.zeros((4, len(band)), np.float32)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            if dx * dx + dy * dy > REACH * REACH + 1:
                continue
            value = coarse[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)]
            close = np.float32(1 / (1 + 0.15 * (dx * dx + dy * dy)))
            for i, end in ((0, high), (2, low)):
                weight = close * np.maximum(1 - ((value - end) * gap) ** 2, 0)
                sums[i] += weight
                sums[i + 1] += weight * value
    return tuple(  # type: ignore[return-value]
        np.where(sums[i] > 1e-6, sums[i + 1] / np.maximum(sums[i], 1e-6), end) for i, end in ((0, high), (2, low))
    )
