"""A click on the photo ─► its subject: the thing that stands out where it was clicked, in colour and in depth.

Many guesses from the click (`subject_starts`), each cut out by what tells it from what surrounds it (`subject_cut`), the one that
best stands out as one thing (`subject_score`) cut again at a finer size, and its edge brought to the photo's at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, U8, Bool
from .subject_cut import refined
from .subject_score import score
from .subject_sight import Pixel, Sight, look
from .subject_starts import Start, starts

Click = tuple[float, float]  # x, y in pixels of the picture, from its upper left corner

WORK = 400  # pixels of the longer side that the cut is worked out at
ROUGH = 170  # the same for the guesses, of which there are many
KEPT = 4  # guesses that are looked at again
SAME = 0.9  # of two masks' union: what they share, so that they count as one
SURE = 0.5  # nats for what the rough cut says, in the finer one
SOFT = 3.0  # pixels of the working size: how wide the edge may be


def subject(
    colour: U8, inverse_depth: F32, inside: Sequence[Click], outside: Sequence[Click] = (), height: F32 | None = None
) -> F32:
    """(H, W) how much of each pixel belongs to it. `colour` (H, W, 3) and `inverse_depth` (any size of the same ratio, 0 = infinitely
    far) show the same; `height` above the ground, in units of depth, has `inverse_depth`'s size. A click more adds what it
    belongs to and takes nothing of the others' away, so that an artist can build a subject up."""
    if not inside:
        raise ValueError("a subject needs a click")
    rough, small = _shrunk(colour, ROUGH), _shrunk(colour, WORK)
    coarse, fine = look(rough, inverse_depth, height), look(small, inverse_depth, height)
    ins, outs = ([_pixels(clicks, colour, to) for to in (rough, small)] for clicks in (inside, outside))
    whole = np.zeros(small.shape[:2], bool)
    for at_rough, at_small in zip(*ins, strict=True):
        mask, start = _best(coarse, at_rough, outs[0])
        whole |= _finer(fine, mask, start, ([at_small], outs[1]))
    return _brought_to_edges(whole, small, colour)


def _finer(sight: Sight, mask: Bool, start: Start, clicks: tuple[list[Pixel], list[Pixel]]) -> Bool:
    size = sight.shape[1], sight.shape[0]
    guess = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5
    leaning = cv2.resize(start.leaning, size, interpolation=cv2.INTER_LINEAR) + SURE * np.where(guess, 1, -1)
    return refined(sight, guess, np.asarray(leaning, np.float32), start.trust, clicks, 1)


def _shrunk(picture: U8, longest: int) -> U8:
    tall, wide = picture.shape[:2]
    shrink = min(longest / max(tall, wide), 1.0)
    size = max(round(wide * shrink), 8), max(round(tall * shrink), 8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _pixels(clicks: Sequence[Click], picture: U8, small: U8) -> list[Pixel]:
    tall, wide = small.shape[:2]
    across, down = wide / picture.shape[1], tall / picture.shape[0]
    return [(int(np.clip(x * across, 0, wide - 1)), int(np.clip(y * down, 0, tall - 1))) for x, y in clicks]


def _best(sight: Sight, click: Pixel, outs: list[Pixel]) -> tuple[Bool, Start]:
    """One cut for each guess; another for those that stand out most; then the best."""
    clicks = [click], outs
    found: list[tuple[float, Bool, Start]] = []
    tried: list[Start] = []
    for start in starts(sight, click, outs):
        if any(_repeats(start, other) for other in tried):
            continue
        tried.append(start)
        mask = refined(sight, start.mask, start.leaning, start.trust, clicks, 1)
        found.append((score(sight, mask, click, outs), mask, start))
    found.sort(key=lambda one: -one[0])
    kept: list[tuple[float, Bool, Start]] = []
    for one in found:
        if len(kept) < KEPT and all(_shared(one[1], other[1]) < SAME for other in kept):
            kept.append(one)
    again = [
        (score(sight, mask, click, outs), mask, start)
        for _, before, start in kept
        for mask in [refined(sight, before, start.leaning, start.trust, clicks, 1)]
    ]
    _, mask, start = max(again + kept, key=lambda one: one[0])
    return mask, start


def _repeats(start: Start, other: Start) -> bool:
    """Whether the same cut would come of both."""
    alike = start.trust == other.trust and _shared(other.mask, start.mask) > SAME
    return alike and float(np.abs(start.leaning - other.leaning).mean()) < SURE / 2


def _shared(one: Bool, other: Bool) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def _brought_to_edges(mask: Bool, small: U8, colour: U8) -> F32:
    """A guided filter: over a few pixels the mask becomes a linear function of the colours, which then holds at full size."""
    guide = small.astype(np.float32) / 255
    radius = 2 * round(SOFT) + 1

    def mean(values: NDArray[Any]) -> F32:
        return np.asarray(cv2.blur(values, (radius, radius)), np.float32)

    wanted = mask.astype(np.float32)
    m, p = mean(guide), mean(wanted)
    covariance = np.empty((*mask.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(3):
            covariance[..., i, j] = mean(guide[..., i] * guide[..., j]) - m[..., i] * m[..., j]
    covariance += 2e-4 * np.eye(3, dtype=np.float32)
    with_mask = np.dstack([mean(guide[..., i] * wanted) - m[..., i] * p for i in range(3)])
    slope = np.linalg.solve(covariance, with_mask[..., None])[..., 0].astype(np.float32)
    offset = p - (slope * m).sum(2)
    size = colour.shape[1], colour.shape[0]
    slope, offset = (
        cv2.resize(np.ascontiguousarray(mean(values)), size, interpolation=cv2.INTER_LINEAR)
        for values in (slope, offset)
    )
    soft = offset
    for channel in range(3):
        soft += slope[..., channel] * (colour[..., channel].astype(np.float32) / 255)
    around = cv2.resize(_band(mask), size, interpolation=cv2.INTER_LINEAR)  # away from its edge the mask is sure
    sure = cv2.resize(wanted, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(sure + around * (np.clip(1.6 * soft - 0.3, 0, 1) - sure), 0, 1), np.float32)


def _band(mask: Bool) -> F32:
    """1 along the edge, 0 further from it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    eight = mask.astype(np.uint8)
    band = cv2.dilate(eight, kernel) - cv2.erode(eight, kernel)
    return np.asarray(cv2.blur(band.astype(np.float32), (3, 3)), np.float32)
