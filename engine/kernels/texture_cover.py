"""Which triangle owns which texel of an atlas: kernels and their NumPy twin. A texel belongs to whom its centre lies in.

Two triangles that share an edge never both own a texel on it: `is_left` looks at the edge from the same end for both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import quadrants as qd

from ..datatypes import F32, I32
from .device import open_device

NOBODY = np.int32(2**31 - 1)


def owners(corners: F32, ranks: I32, width: int, height: int) -> tuple[I32, I32]:
    """(F, 3, 2) corners in texels -> (H, W) the smallest rank that covers each texel; (F,) texels each face lost to others."""
    open_device()
    owner = np.full((height, width), NOBODY, np.int32)
    lost = np.zeros(len(corners), np.int32)
    flat = np.ascontiguousarray(corners, np.float32).reshape(-1, 6)
    _claim(flat, ranks, len(flat), width, height, owner)
    _compare(flat, ranks, len(flat), width, height, owner, lost)
    return owner, lost


def owners_twin(corners: F32, ranks: I32, width: int, height: int) -> tuple[I32, I32]:
    """The same in plain NumPy."""
    owner = np.full((height, width), NOBODY, np.int32)
    lost = np.zeros(len(corners), np.int32)
    masks = [_covered_twin(np.asarray(one, np.float32), width, height) for one in corners]
    for (rows, cols), rank in zip(masks, ranks, strict=True):
        owner[rows, cols] = np.minimum(owner[rows, cols], rank)
    for f, ((rows, cols), rank) in enumerate(zip(masks, ranks, strict=True)):
        lost[f] = (owner[rows, cols] != rank).sum()
    return owner, lost


def _covered_twin(corner: F32, width: int, height: int) -> tuple[Any, Any]:
    a, b, c = corner
    if (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) < 0:
        b, c = c, b
    x0, y0 = np.maximum(np.floor(corner.min(0) - 0.5), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(corner.max(0) + 0.5), [width, height]).astype(int)
    cols, rows = np.meshgrid(np.arange(x0, max(x1, x0)), np.arange(y0, max(y1, y0)))
    x, y = cols.astype(np.float32) + np.float32(0.5), rows.astype(np.float32) + np.float32(0.5)
    inside = _left_twin(a, b, x, y) & _left_twin(b, c, x, y) & _left_twin(c, a, x, y)
    return rows[inside], cols[inside]


def _left_twin(a: F32, b: F32, x: F32, y: F32) -> Any:
    if tuple(a) > tuple(b):
        return ~_left_twin(b, a, x, y)
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= 0


@qd.func
def is_left(ax: qd.f32, ay: qd.f32, bx: qd.f32, by: qd.f32, x: qd.f32, y: qd.f32) -> qd.i32:
    """1 where (x, y) lies left of a -> b; always the opposite of b -> a, also on the line."""
    turned = qd.cast(0, qd.i32)
    sx, sy, ex, ey = ax, ay, bx, by
    if ax > bx or (ax == bx and ay > by):
        turned = 1
        sx, sy, ex, ey = bx, by, ax, ay
    left = qd.cast(0, qd.i32)
    if (ex - sx) * (y - sy) - (ey - sy) * (x - sx) >= 0.0:
        left = 1
    return left ^ turned


@qd.func
def covers(ax: qd.f32, ay: qd.f32, bx: qd.f32, by: qd.f32, cx: qd.f32, cy: qd.f32, x: qd.f32, y: qd.f32) -> qd.i32:
    """1 where (x, y) lies in the triangle, whichever way round it is given."""
    inside = qd.cast(0, qd.i32)
    if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) >= 0.0:
        inside = is_left(ax, ay, bx, by, x, y) & is_left(bx, by, cx, cy, x, y) & is_left(cx, cy, ax, ay, x, y)
    else:
        inside = is_left(ax, ay, cx, cy, x, y) & is_left(cx, cy, bx, by, x, y) & is_left(bx, by, ax, ay, x, y)
    return inside


@qd.func
def first_texel(low: qd.f32) -> qd.i32:
    """The first column (or row) whose centre a triangle from `low` on may cover."""
    return qd.max(qd.cast(qd.floor(low - 0.5), qd.i32), 0)


@qd.func
def last_texel(high: qd.f32, size: qd.i32) -> qd.i32:
    """One past the last column (or row)."""
    return qd.min(qd.cast(qd.ceil(high + 0.5), qd.i32), size)


@qd.kernel
def _claim(
    flat: qd.types.NDArray[qd.f32, 2],
    ranks: qd.types.NDArray[qd.i32, 1],
    count: qd.i32,
    width: qd.i32,
    height: qd.i32,
    owner: qd.types.NDArray[qd.i32, 2],
) -> None:
    for f in range(count):
        ax, ay, bx, by, cx, cy = flat[f, 0], flat[f, 1], flat[f, 2], flat[f, 3], flat[f, 4], flat[f, 5]
        for y in range(first_texel(qd.min(ay, by, cy)), last_texel(qd.max(ay, by, cy), height)):
            for x in range(first_texel(qd.min(ax, bx, cx)), last_texel(qd.max(ax, bx, cx), width)):
                if covers(ax, ay, bx, by, cx, cy, qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5):
                    qd.atomic_min(owner[y, x], ranks[f])


@qd.kernel
def _compare(
    flat: qd.types.NDArray[qd.f32, 2],
    ranks: qd.types.NDArray[qd.i32, 1],
    count: qd.i32,
    width: qd.i32,
    height: qd.i32,
    owner: qd.types.NDArray[qd.i32, 2],
    lost: qd.types.NDArray[qd.i32, 1],
) -> None:
    for f in range(count):
        ax, ay, bx, by, cx, cy = flat[f, 0], flat[f, 1], flat[f, 2], flat[f, 3], flat[f, 4], flat[f, 5]
        for y in range(first_texel(qd.min(ay, by, cy)), last_texel(qd.max(ay, by, cy), height)):
            for x in range(first_texel(qd.min(ax, bx, cx)), last_texel(qd.max(ax, bx, cx), width)):
                inside = covers(ax, ay, bx, by, cx, cy, qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5)
                if inside and owner[y, x] != ranks[f]:
                    lost[f] += 1
