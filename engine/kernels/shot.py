"""Which triangle a camera sees at each pixel, by a true depth buffer: kernels and their NumPy twin."""

# mypy: disable-error-code="valid-type,no-untyped-def,no-untyped-call,index"
from __future__ import annotations

from typing import Any

import numpy as np
import quadrants as qd

from ..datatypes import F32, F64, I32
from .device import open_device
from .texture_cover import NOBODY, _covered_twin, covers

EMPTY = np.float32(3e38)
NEAR = 1e-6  # a triangle with a corner behind the camera is left out


def seen(pixels: F64, depths: F64, faces: I32, width: int, height: int) -> tuple[I32, F32]:
    """(V, 2) pixels and (V,) depths -> (H, W) the nearest face at each pixel's centre, NOBODY where none is; (H, W) its depth."""
    open_device()
    corners = np.concatenate([pixels, depths[:, None]], 1)
    corners[~np.isfinite(corners).all(1)] = -1
    flat = np.ascontiguousarray(corners, np.float32)
    faces = np.ascontiguousarray(faces, np.int32)
    bits = np.full((height, width), EMPTY, np.float32).view(np.int32)
    owner = np.full((height, width), NOBODY, np.int32)
    if len(faces):
        _nearest(flat, faces, len(faces), width, height, bits)
        _claim(flat, faces, len(faces), width, height, bits, owner)
    return owner, bits.view(np.float32)


def seen_twin(pixels: F64, depths: F64, faces: I32, width: int, height: int) -> tuple[I32, F32]:
    """The same in plain NumPy."""
    depth = np.full((height, width), EMPTY, np.float32)
    owner = np.full((height, width), NOBODY, np.int32)
    for number, face in enumerate(faces):
        z = depths[face]
        if z.min() <= NEAR:
            continue
        rows, columns = _covered_twin(pixels[face].astype(np.float32), width, height)
        p = np.stack([columns + 0.5, rows + 0.5], 1)
        a, b, c = pixels[face]
        area = _cross(b - a, c - a)
        if abs(area) < 1e-12:
            continue
        wa, wb = _cross(b - p, c - p) / area, _cross(c - p, a - p) / area
        here = (1 / (wa / z[0] + wb / z[1] + (1 - wa - wb) / z[2])).astype(np.float32)
        nearer = here < depth[rows, columns]
        rows, columns = rows[nearer], columns[nearer]
        depth[rows, columns], owner[rows, columns] = here[nearer], number
    return owner, depth


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


_Corners = qd.types.NDArray[qd.f32, 2]
_Faces = qd.types.NDArray[qd.i32, 2]


@qd.func
def _depth_at(ax, ay, az, bx, by, bz, cx, cy, cz, x, y):
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    wa = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
    wb = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
    return 1.0 / (wa / az + wb / bz + (1.0 - wa - wb) / cz)


@qd.kernel
def _nearest(corners: _Corners, faces: _Faces, count: qd.i32, width: qd.i32, height: qd.i32, bits: _Faces) -> None:
    # Positive floats order like their bits read as integers.
    for f in range(count):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = corners[a, 0], corners[a, 1], corners[a, 2]
        bx, by, bz = corners[b, 0], corners[b, 1], corners[b, 2]
        cx, cy, cz = corners[c, 0], corners[c, 1], corners[c, 2]
        if qd.min(az, bz, cz) > NEAR and qd.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 1e-12:
            x0 = qd.max(qd.cast(qd.floor(qd.max(qd.min(ax, bx, cx), 0.0) - 0.5), qd.i32), 0)
            y0 = qd.max(qd.cast(qd.floor(qd.max(qd.min(ay, by, cy), 0.0) - 0.5), qd.i32), 0)
            x1 = qd.cast(qd.ceil(qd.min(qd.max(ax, bx, cx) + 0.5, qd.cast(width, qd.f32))), qd.i32)
            y1 = qd.cast(qd.ceil(qd.min(qd.max(ay, by, cy) + 0.5, qd.cast(height, qd.f32))), qd.i32)
            for y in range(y0, y1):
                for x in range(x0, x1):
                    px, py = qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5
                    if covers(ax, ay, bx, by, cx, cy, px, py) == 1:
                        z = _depth_at(ax, ay, az, bx, by, bz, cx, cy, cz, px, py)
                        if z > 0.0:
                            qd.atomic_min(bits[y, x], qd.bit_cast(z, qd.i32))


@qd.kernel
def _claim(
    corners: _Corners, faces: _Faces, count: qd.i32, width: qd.i32, height: qd.i32, bits: _Faces, owner: _Faces
) -> None:
    for f in range(count):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = corners[a, 0], corners[a, 1], corners[a, 2]
        bx, by, bz = corners[b, 0], corners[b, 1], corners[b, 2]
        cx, cy, cz = corners[c, 0], corners[c, 1], corners[c, 2]
        if qd.min(az, bz, cz) > NEAR and qd.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 1e-12:
            x0 = qd.max(qd.cast(qd.floor(qd.max(qd.min(ax, bx, cx), 0.0) - 0.5), qd.i32), 0)
            y0 = qd.max(qd.cast(qd.floor(qd.max(qd.min(ay, by, cy), 0.0) - 0.5), qd.i32), 0)
            x1 = qd.cast(qd.ceil(qd.min(qd.max(ax, bx, cx) + 0.5, qd.cast(width, qd.f32))), qd.i32)
            y1 = qd.cast(qd.ceil(qd.min(qd.max(ay, by, cy) + 0.5, qd.cast(height, qd.f32))), qd.i32)
            for y in range(y0, y1):
                for x in range(x0, x1):
                    px, py = qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5
                    if covers(ax, ay, bx, by, cx, cy, px, py) == 1:
                        z = _depth_at(ax, ay, az, bx, by, bz, cx, cy, cz, px, py)
                        if z > 0.0 and qd.bit_cast(z, qd.i32) <= bits[y, x]:
                            qd.atomic_min(owner[y, x], f)
