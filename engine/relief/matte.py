"""A layer's soft edge: how much of each pixel it covers, told from the colours on both sides, and its own colour there without the other's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ..datatypes import F32, Bool
from .spread import spread

NOISE = 0.07  # of colour: sides that differ less can't tell the cover
RAMP = 0.7  # pixels: half the width of an edge that colour tells nothing of
CLEAR = 0.02

Pixels = tuple[Any, ...]  # rows and columns, as np.nonzero gives them


def matte(picture: F32, front: Bool, told: Bool, band: int) -> tuple[F32, F32]:
    """(H, W) cover of `front` 0..1 and (H, W, 3) its colours. `picture` is 0..1.

    Only within `band` pixels of its border is it anything but 0 and 1, and only where `told`: where the border is
    one of depth. Elsewhere it is cut softly.
    """
    cover = _geometric(front, RAMP)
    near = _ring(front, band) & told
    if not near.any():
        return cover, picture
    inner, outer = _eroded(front, band), _eroded(~front, band)
    at = np.nonzero(near)
    seen, smooth = picture[at], cv2.GaussianBlur(picture, (0, 0), 0.8)
    ours, theirs = (_sides(picture, smooth, side, at, band) for side in (inner, outer))
    alpha, f, b, sure = _best(seen, ours, theirs)
    soft = np.where(near, 0, cover).astype(np.float32)
    soft[at] = sure * alpha + (1 - sure) * _geometric(front, RAMP * 1.5)[at]
    soft = _calmed(picture, soft, near, band)
    soft = np.where(near, soft, cover)
    # unmixed: what the pixel shows less the other side's share, as far as there is enough of ours to tell
    a = soft[at][:, None]
    unmixed = np.clip((seen - (1 - a) * b) / np.maximum(a, 0.05), 0, 1)
    trust = np.clip((a - 0.25) / 0.6, 0, 1)
    colour = picture.copy()
    colour[at] = trust * unmixed + (1 - trust) * f
    return np.asarray(soft, np.float32), np.asarray(colour, np.float32)


def _geometric(front: Bool, ramp: float) -> F32:
    inside = cv2.distanceTransform(front.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~front).astype(np.uint8), cv2.DIST_L2, 5)
    signed = np.where(front, inside - 0.5, 0.5 - outside)
    return np.asarray(np.clip(0.5 + signed / (2 * ramp), 0, 1), np.float32)


def _kernel(band: int) -> np.ndarray:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1)))


def _eroded(mask: Bool, band: int) -> Bool:
    return np.asarray(cv2.erode(mask.astype(np.uint8), _kernel(band), borderType=cv2.BORDER_REPLICATE) > 0)


def _ring(front: Bool, band: int) -> Bool:
    return ~(_eroded(front, band) | _eroded(~front, band))


def _sides(picture: F32, smooth: F32, inside: Bool, at: Pixels, band: int) -> list[F32]:
    """What this side looks like near each of the pixels: its nearest one, one further in, and the mean of the neighbourhood."""
    if not inside.any():
        return [picture[at]]
    _, labels = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    height, width = inside.shape
    which = np.zeros(int(labels.max()) + 1, np.int64)
    which[labels[inside]] = np.flatnonzero(inside)
    nearest = np.stack(np.divmod(which[labels[at]], width), 1)
    away = (nearest - np.stack(at, 1)).astype(np.float64)
    far = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1)[:, None]
    further = np.clip(np.round(nearest + away / far * band).astype(int), 0, [height - 1, width - 1])
    further = np.where(inside[further[:, 0], further[:, 1]][:, None], further, nearest)
    found = [smooth[nearest[:, 0], nearest[:, 1]], smooth[further[:, 0], further[:, 1]]]
    mean, weight = _wide_mean(picture, inside, at, band)
    found.append(np.where((weight > 0.01)[:, None], mean, found[0]).astype(np.float32))
    return found


def _wide_mean(picture: F32, inside: Bool, at: Pixels, band: int) -> tuple[F32, F32]:
    """(N, 3) the mean of what is inside, about 1.5 bands around; and (N,) how much of that is inside. Worked out at a smaller size."""
    height, width = inside.shape
    less = max(band // 2, 1)
    size = (max(width // less, 1), max(height // less, 1))
    held = np.dstack([picture * inside[..., None], inside.astype(np.float32)])
    blurred = cv2.GaussianBlur(cv2.resize(held, size, interpolation=cv2.INTER_AREA), (0, 0), 1.5 * band / less)
    rows, columns = (np.minimum(a * n // m, n - 1) for a, n, m in zip(at, size[::-1], (height, width), strict=True))
    values = blurred[rows, columns]
    return values[:, :3] / np.maximum(values[:, 3:], 1e-4), values[:, 3]


def _best(seen: F32, ours: list[F32], theirs: list[F32]) -> tuple[F32, F32, F32, F32]:
    """The pair of colours that mixes to what is seen: the cover, both colours, and how sure that is (N, 1 where colours)."""
    best = np.full(len(seen), np.inf, np.float32)
    alpha, sure = np.zeros(len(seen), np.float32), np.zeros(len(seen), np.float32)
    f, b = ours[0].copy(), theirs[0].copy()
    for ours_now in ours:
        for theirs_now in theirs:
            apart = ours_now - theirs_now
            size = (apart * apart).sum(1)
            a = np.clip(((seen - theirs_now) * apart).sum(1) / np.maximum(size, 1e-6), 0, 1)
            off = seen - theirs_now - a[:, None] * apart
            # alike colours explain anything: the pair must also be apart
            price = (off * off).sum(1) + NOISE**2 * 0.2 / (1 + size / NOISE**2)
            better = price < best
            best[better], alpha[better] = price[better], a[better]
            f[better], b[better] = ours_now[better], theirs_now[better]
            trust = size / (size + NOISE**2) * np.exp(-(off * off).sum(1) / (2 * NOISE**2))
            sure[better] = trust[better]
    return alpha, f, b, sure


def _calmed(picture: F32, soft: F32, near: Bool, band: int) -> F32:
    """A guided filter: where colours run smoothly so does the cover; hair stays hair."""
    guide = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (2 * max(band // 2, 1) + 1,) * 2
    mean_g, mean_v = cv2.blur(guide, size), cv2.blur(soft, size)
    slope = (cv2.blur(guide * soft, size) - mean_g * mean_v) / (cv2.blur(guide * guide, size) - mean_g**2 + 1e-3)
    fitted = cv2.blur(slope, size) * guide + cv2.blur(mean_v - slope * mean_g, size)
    mixed = np.where(near, 0.5 * soft + 0.5 * np.clip(fitted, 0, 1), soft)
    return np.asarray(np.clip((mixed - CLEAR) / (1 - 2 * CLEAR), 0, 1), np.float32)


def bled(colour: F32, cover: F32) -> F32:
    """Colours beyond the soft edge, so that a renderer that blends texels finds nothing dark there."""
    sure = cover > 0.3
    return np.asarray(np.where((cover > 0.05)[..., None], colour, spread(colour, sure)), np.float32)
