"""Inverse depth ─► which layer each pixel belongs to: cut where depth jumps, never through a surface that runs from near to far.

Only the jumps of inverse depth are kept and summed up again, as evenly as they allow: a floor that comes nearer gradually
stays as low as the wall that it leads to, and what stands before it rises. That height is then cut into layers.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, U8, Bool

SIDE = 384  # pixels: the longer side that heights are worked out at
REACH = 2  # pixels of that: an edge may be blurred so wide
SMALLEST = (
    0.045  # of the nearest inverse depth: a lower jump is no edge; a move within the safe amplitude hardly shows it
)
COARSE = (8, 60)  # rounds of reweighting at half that size, and steps of conjugate gradients in each
FINE = (3, 30)  # and at the full one
STEEPER = 1.4  # a jump is so much steeper than the slopes beside it: where a floor meets a wall there is none
WORTH = 0.06  # of all edges' strength: a layer that would part fewer is not made
CRUMB = 0.001  # of the picture: a smaller piece goes to what is around it
LEAST = 0.008  # of the picture: a smaller layer is more trouble than use, and goes to the one behind it


def nearest(inverse: F32) -> float:
    """The inverse depth of what is near, a few stray pixels aside."""
    return float(np.percentile(inverse, 99.5))


def cut(inverse: F32, sky: Bool, picture: U8, count: int) -> I32:
    """(H, W) 0 = furthest. At most `count` layers, fewer where there is nothing to part; the sky counts with the furthest."""
    height, width = inverse.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    small = cv2.resize(inverse / max(nearest(inverse), 1e-9), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    guide = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    across, down = jumps(small)
    if count < 2 or max(np.abs(across).max(initial=0), np.abs(down).max(initial=0)) == 0:
        return np.zeros(inverse.shape, np.int32)
    rise = heights(small, guide)
    labels = _quantised(rise, across, down, count)
    labels = _without_crumbs(labels, round(CRUMB * labels.size))
    return _sharpened(labels, inverse, sky)


def jumps(q: F32) -> tuple[F32, F32]:
    """(H, W - 1) along rows and (H - 1, W) along columns."""
    return _jumps(q), np.ascontiguousarray(_jumps(q.T.copy()).T)


def _jumps(q: F32) -> F32:
    """(H, W - 1) the steps from pixel to pixel along rows, where they belong to an edge; 0 elsewhere.

    A change over the width of a blurred edge counts as a jump as far as it is more than the slopes on both its sides explain.
    """
    step = np.diff(q, axis=1)
    r = REACH
    padded = np.pad(q, ((0, 0), (3 * r, 3 * r)), mode="edge")
    width = q.shape[1] - 1

    def at(offset: int) -> F32:
        return padded[:, 3 * r + offset : 3 * r + offset + width]

    change = at(1 + r - 1) - at(1 - r)
    before, after = at(1 - r) - at(1 - 2 * r), at(2 * r) - at(r)
    sign = np.sign(change)
    # what a slope that goes the same way would have made of it anyway; the steeper side is the thing that turns away
    explained = np.maximum(np.minimum(before * sign, after * sign), 0) * (2 * r - 1) / r
    steepest = np.maximum(before * sign, after * sign) * (2 * r - 1) / r
    excess = np.abs(change) - explained
    edge = (excess > SMALLEST) & (excess > 0.5 * np.abs(change)) & (steepest * STEEPER < np.abs(change))
    return np.asarray(np.where(edge & (step * sign > 0), step, 0), np.float32)


def heights(small: F32, guide: U8) -> F32:
    """The evenest surface that has these jumps, 0 where it is lowest."""
    size = (small.shape[1], small.shape[0])
    half = (max(size[0] // 4 * 2, 4), max(size[1] // 4 * 2, 4))  # even sizes, for the cosine transform
    even = (half[0] * 2, half[1] * 2)
    rise = np.zeros(half[::-1])
    for cells, (rounds, steps), softness in ((half, COARSE, 0.2), (even, FINE, 0.01)):
        q, picture = cv2.resize(small, cells, interpolation=cv2.INTER_AREA), cv2.resize(guide, cells)
        rise = cv2.resize(rise, cells, interpolation=cv2.INTER_LINEAR)
        rise = _evened(rise, jumps(q), q, picture, rounds, steps, softness)
    rise = cv2.resize(rise.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(rise - np.percentile(rise, 2), np.float32)


def _evened(rise: F64, wanted: tuple[F32, F32], q: F32, picture: U8, rounds: int, steps: int, softness: float) -> F64:
    """Makes the weighted sum of |gradient − jump| small.

    Where jumps contradict one another (a thing touches the floor), the step is made where depth or colour bends.
    """
    jump = (wanted[0].astype(np.float64), wanted[1].astype(np.float64))
    strength = [np.where(j != 0, 2.0, _cheap(q, picture, axis)) for j, axis in zip(jump, (1, 0), strict=True)]
    for _ in range(rounds):
        off = (np.diff(rise, axis=1) - jump[0], np.diff(rise, axis=0) - jump[1])
        now = [s / np.sqrt(o * o + softness * softness) for s, o in zip(strength, off, strict=True)]
        rise = _solved(rise, jump, now, steps)
        softness = max(softness / 2, 2e-3)
    return rise


def _cheap(small: F32, guide: U8, axis: int) -> F32:
    """0..1: low where a step costs little, at creases of depth and edges of colour."""
    colour = np.abs(np.diff(guide.astype(np.float32), axis=axis)).max(2) / 255
    slope = cv2.GaussianBlur(small, (0, 0), 1.2)
    bend = np.abs(cv2.Laplacian(slope, cv2.CV_32F, ksize=3))
    bend = (bend[:, 1:] + bend[:, :-1] if axis == 1 else bend[1:] + bend[:-1]) / 2
    usual = float(np.median(bend)) + 1e-4
    return np.asarray(0.06 + 0.94 * np.exp(-6 * colour) / (1 + bend / (4 * usual)), np.float32)


def _solved(start: F64, wanted: tuple[F64, F64], weights: list[F64], steps: int) -> F64:
    """Weighted least squares by conjugate gradients; cosines of the unweighted problem show the way."""
    height, width = start.shape
    y, x = np.mgrid[0:height, 0:width]
    scale = float(np.median(np.concatenate([w.ravel() for w in weights])))
    eigen = 4 - 2 * np.cos(np.pi * y / height) - 2 * np.cos(np.pi * x / width)
    eigen[0, 0] = 1

    def smoothed(r: F64) -> F64:
        spectrum = cv2.dct(r / np.sqrt(diagonal)) / (eigen + 1e-4)
        return np.asarray(cv2.idct(spectrum) / np.sqrt(diagonal))

    def normal(u: F64) -> F64:
        return _spread(weights[0] * np.diff(u, axis=1), weights[1] * np.diff(u, axis=0)) + 1e-6 * scale * u

    diagonal = _spread_count(weights) / 4 + 1e-9
    residual = _spread(weights[0] * wanted[0], weights[1] * wanted[1]) - normal(start)
    u, z = start.copy(), smoothed(residual)
    way, product = z, float((residual * z).sum())
    for _ in range(steps):
        pushed = normal(way)
        along = product / max(float((way * pushed).sum()), 1e-30)
        u += along * way
        residual = residual - along * pushed
        z = smoothed(residual)
        following = float((residual * z).sum())
        way = z + following / max(product, 1e-30) * way
        product = following
    return u


def _spread(across: F64, down: F64) -> F64:
    """The transpose of taking differences."""
    out = np.zeros((across.shape[0], across.shape[1] + 1))
    out[:, 1:] += across
    out[:, :-1] -= across
    out[1:] += down
    out[:-1] -= down
    return out


def _spread_count(weights: list[F64]) -> F64:
    out = np.zeros((weights[0].shape[0], weights[0].shape[1] + 1))
    out[:, 1:] += weights[0]
    out[:, :-1] += weights[0]
    out[1:] += weights[1]
    out[:-1] += weights[1]
    return out


def _quantised(rise: F32, across: F32, down: F32, count: int) -> I32:
    """Heights that part as many of the edges as can be, one after the other while they are worth it."""
    low = np.concatenate(
        [np.minimum(rise[:, 1:], rise[:, :-1])[across != 0], np.minimum(rise[1:], rise[:-1])[down != 0]]
    )
    high = np.concatenate(
        [np.maximum(rise[:, 1:], rise[:, :-1])[across != 0], np.maximum(rise[1:], rise[:-1])[down != 0]]
    )
    strength = np.concatenate([np.abs(across[across != 0]), np.abs(down[down != 0])])
    total, levels = float(strength.sum()), np.linspace(0.02, float(rise.max()), 120)
    chosen: list[float] = []
    left = np.ones(len(low), bool)
    for _ in range(count - 1):
        # the middle of a jump is parted most surely
        middle = 1 - np.abs(2 * (levels[:, None] - low) / np.maximum(high - low, 1e-6) - 1)
        gains = (np.clip(middle * 3, 0, 1) * strength * left).sum(1)
        best = int(gains.argmax())
        if gains[best] < WORTH * total:
            break
        chosen.append(float(levels[best]))
        left &= ~((low < levels[best]) & (levels[best] < high))
    return np.asarray(np.digitize(rise, sorted(chosen)), np.int32)


def _without_crumbs(labels: I32, fewest: int) -> I32:
    """Small pieces take the label that most of their border has."""
    labels = cv2.medianBlur(labels.astype(np.uint8), 3).astype(np.int32)
    for label in range(int(labels.max()) + 1):
        number, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=4)
        for piece in range(1, number):
            x, y, w, h, area = (int(v) for v in stats[piece])
            if area >= fewest:
                continue
            window = np.s_[max(y - 1, 0) : y + h + 1, max(x - 1, 0) : x + w + 1]
            inside = (pieces[window] == piece).astype(np.uint8)
            around = (cv2.dilate(inside, np.ones((3, 3), np.uint8)) > 0) & (inside == 0)
            if around.any():
                labels[window][inside > 0] = np.bincount(labels[window][around]).argmax()
    for label in range(int(labels.max()), -1, -1):
        if (labels == label).mean() < LEAST:
            labels[labels == label] = max(label - 1, 0)
    used = np.unique(labels)
    return np.asarray(np.searchsorted(used, labels), np.int32)


def _sharpened(labels: I32, inverse: F32, sky: Bool) -> I32:
    """At the map's full size: along each border a pixel goes to the side whose depth it has."""
    height, width = inverse.shape
    large = cv2.resize(labels.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(np.int32)
    cell = max(width / labels.shape[1], 1.0)
    band = round(2 * REACH * cell) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    limit = SMALLEST / 2 * nearest(inverse)
    for label in range(1, int(labels.max()) + 1):
        front = (large >= label).astype(np.uint8)
        inner = cv2.erode(front, kernel, borderType=cv2.BORDER_REPLICATE)
        outer = 1 - cv2.dilate(front, kernel, borderType=cv2.BORDER_REPLICATE)
        unsure = (inner == 0) & (outer == 0)
        near, far = nearby(inverse, inner, band), nearby(inverse, outer, band)
        told = unsure & (near - far > limit)
        nearer = inverse > (near + far) / 2
        large = np.where(told & nearer, np.maximum(large, label), large)
        large = np.where(told & ~nearer & (large == label), label - 1, large)
    large[sky] = 0
    return np.asarray(large, np.int32)


def nearby(values: F32, inside: U8, band: int) -> F32:
    """The mean of the values inside, in a window that is wide enough to find some."""
    size = (4 * band + 1, 4 * band + 1)
    weight = inside.astype(np.float32)
    total = cv2.GaussianBlur(values * weight, size, band)
    count = cv2.GaussianBlur(weight, size, band)
    wide = cv2.blur(values * weight, size) / np.maximum(cv2.blur(weight, size), 1e-6)
    return np.asarray(np.where(count > 1e-3, total / np.maximum(count, 1e-3), wide), np.float32)
