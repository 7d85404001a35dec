"""A depth buffer of a triangle mesh as one camera sees it: a kernel and its NumPy twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import quadrants as qd

from ..datatypes import F32, F64, I32
from .device import open_device

EMPTY = np.float32(3e38)  # what a pixel without any surface holds
NEAR = 1e-6  # a triangle with a corner behind the camera is left out


def depth_buffer(pixels: F64, depths: F64, faces: I32, width: int, height: int) -> F32:
    """(V, 2) pixels and (V,) depths -> (H, W) smallest depth at each pixel's centre, EMPTY where nothing is."""
    open_device()
    bits = np.full((height, width), EMPTY, np.float32).view(np.int32)
    corners = np.concatenate([pixels, depths[:, None]], 1)
    corners[~np.isfinite(corners).all(1)] = -1  # on the camera's plane: behind it, for our purpose
    _rasterise(np.ascontiguousarray(corners, np.float32), faces, len(faces), width, height, bits)
    return bits.view(np.float32)


def depth_buffer_twin(pixels: F64, depths: F64, faces: I32, width: int, height: int) -> F32:
    """The same in plain NumPy."""
    out = np.full((height, width), EMPTY, np.float32)
    for a, b, c in faces:
        if min(depths[a], depths[b], depths[c]) <= NEAR:
            continue
        pa, pb, pc = (pixels[i] for i in (a, b, c))
        area = _cross(pb - pa, pc - pa)
        if abs(area) < 1e-12:
            continue
        low = np.maximum(np.floor(np.min([pa, pb, pc], 0) - 0.5), 0).astype(int)
        high = np.minimum(np.ceil(np.max([pa, pb, pc], 0)), [width, height]).astype(int)
        if (high <= low).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        p = np.stack([x, y], -1)
        wa, wb = _cross(pb - p, pc - p) / area, _cross(pc - p, pa - p) / area
        wc = 1 - wa - wb
        inside = (wa >= 0) & (wb >= 0) & (wc >= 0)
        z = 1 / (wa / depths[a] + wb / depths[b] + wc / depths[c])
        window = out[low[1] : high[1], low[0] : high[0]]
        window[inside] = np.minimum(window[inside], z[inside])
    return out


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


@qd.kernel
def _rasterise(
    corners: qd.types.NDArray[qd.f32, 2],
    faces: qd.types.NDArray[qd.i32, 2],
    count: qd.i32,
    width: qd.i32,
    height: qd.i32,
    bits: qd.types.NDArray[qd.i32, 2],
) -> None:
    # Positive floats order like their bits read as integers: atomic_min on integers is there on every device.
    for f in range(count):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        za, zb, zc = corners[a, 2], corners[b, 2], corners[c, 2]
        ax, ay, bx, by = corners[a, 0], corners[a, 1], corners[b, 0], corners[b, 1]
        cx, cy = corners[c, 0], corners[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if qd.min(za, zb, zc) > NEAR and qd.abs(area) > 1e-12:
            x0 = qd.max(qd.cast(qd.floor(qd.max(qd.min(ax, bx, cx), 0.0) - 0.5), qd.i32), 0)
            y0 = qd.max(qd.cast(qd.floor(qd.max(qd.min(ay, by, cy), 0.0) - 0.5), qd.i32), 0)
            x1 = qd.min(qd.cast(qd.ceil(qd.min(qd.max(ax, bx, cx), qd.cast(width, qd.f32))), qd.i32), width)
            y1 = qd.min(qd.cast(qd.ceil(qd.min(qd.max(ay, by, cy), qd.cast(height, qd.f32))), qd.i32), height)
            for y in range(y0, y1):
                for x in range(x0, x1):
                    px, py = qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5
                    wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                    wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                    wc = 1.0 - wa - wb
                    if wa >= 0.0 and wb >= 0.0 and wc >= 0.0:
                        z = 1.0 / (wa / za + wb / zb + wc / zc)
                        qd.atomic_min(bits[y, x], qd.bit_cast(z, qd.i32))
