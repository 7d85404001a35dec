"""A textured mesh painted over a picture as one camera sees it: a kernel and its NumPy twin. Layers are painted back to front."""

from __future__ import annotations

from typing import Any

import numpy as np
import quadrants as qd

from ..datatypes import F32, F64, I32
from .device import open_device
from .raster import EMPTY, NEAR

OVERLAP = -5e-4  # of a face: so far it reaches over its edge, that rounding leaves no crack between neighbours
SAME = 1.00001  # of a pixel's depth: what is as near as this is what was found there


def paint(pixels: F64, depths: F64, texels: F32, faces: I32, texture: F32, picture: F32) -> None:
    """Paints in place.

    (V, 2) pixels of the picture, (V,) depths, (V, 2) texels of the texture (centres at .5), (F, 3) faces; texture (h, w, 4) and
    picture (H, W, 4) are float and hold colour times alpha, and alpha.
    """
    open_device()
    height, width = picture.shape[:2]
    corners = np.concatenate([pixels, depths[:, None]], 1)
    corners[~np.isfinite(corners).all(1)] = -1  # on the camera's plane: behind it, for our purpose
    corners = np.ascontiguousarray(corners, np.float32)
    bits = np.full((height, width), EMPTY, np.float32).view(np.int32)
    _nearest(corners, faces, len(faces), width, height, bits)
    found = np.full((height, width, 2), -1, np.float32)
    _find(corners, np.ascontiguousarray(texels, np.float32), faces, len(faces), width, height, bits, found)
    _shade(found, texture, texture.shape[1], texture.shape[0], width, height, picture)


def paint_twin(pixels: F64, depths: F64, texels: F32, faces: I32, texture: F32, picture: F32) -> None:
    """The same in plain NumPy."""
    height, width = picture.shape[:2]
    nearest = np.full((height, width), EMPTY, np.float32)
    found = np.full((height, width, 2), -1, np.float32)
    for face in faces:
        z, p, t = depths[face], pixels[face], texels[face]
        if z.min() <= NEAR:
            continue
        area = _cross(p[1] - p[0], p[2] - p[0])
        if abs(area) < 1e-12:
            continue
        low = np.maximum(np.floor(p.min(0) - 0.5), 0).astype(int)
        high = np.minimum(np.ceil(p.max(0)), [width, height]).astype(int)
        if (high <= low).any():
            continue
        at = np.stack(np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5), -1)
        wa, wb = _cross(p[1] - at, p[2] - at) / area, _cross(p[2] - at, p[0] - at) / area
        weights = np.stack([wa, wb, 1 - wa - wb], -1)
        depth = 1 / (weights / z).sum(-1)
        window = np.s_[low[1] : high[1], low[0] : high[0]]
        nearer = (weights >= OVERLAP).all(-1) & (depth < nearest[window])
        nearest[window][nearer] = depth[nearer]
        found[window][nearer] = ((weights / z) @ t * depth[..., None])[nearer]
    seen = found[..., 0] >= 0
    colour = _fetch_twin(texture, found[seen])
    picture[seen] = colour + picture[seen] * (1 - colour[:, 3:])


def _fetch_twin(texture: F32, at: F32) -> F32:
    """Bilinear, the border repeated."""
    height, width = texture.shape[:2]
    at = at - 0.5
    first = np.floor(at).astype(int)
    share = (at - first)[..., None]
    x = np.clip([first[:, 0], first[:, 0] + 1], 0, width - 1)
    y = np.clip([first[:, 1], first[:, 1] + 1], 0, height - 1)
    above = texture[y[0], x[0]] * (1 - share[:, 0]) + texture[y[0], x[1]] * share[:, 0]
    below = texture[y[1], x[0]] * (1 - share[:, 0]) + texture[y[1], x[1]] * share[:, 0]
    return np.asarray(above * (1 - share[:, 1]) + below * share[:, 1], np.float32)


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


@qd.kernel
def _nearest(
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
                    if wa >= OVERLAP and wb >= OVERLAP and wc >= OVERLAP:
                        z = 1.0 / (wa / za + wb / zb + wc / zc)
                        qd.atomic_min(bits[y, x], qd.bit_cast(z, qd.i32))


@qd.kernel
def _find(
    corners: qd.types.NDArray[qd.f32, 2],
    texels: qd.types.NDArray[qd.f32, 2],
    faces: qd.types.NDArray[qd.i32, 2],
    count: qd.i32,
    width: qd.i32,
    height: qd.i32,
    bits: qd.types.NDArray[qd.i32, 2],
    found: qd.types.NDArray[qd.f32, 3],
) -> None:
    """Where in the texture each pixel's nearest face lies. Faces that meet there agree: who is last does not matter."""
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
                    if wa >= OVERLAP and wb >= OVERLAP and wc >= OVERLAP:
                        z = 1.0 / (wa / za + wb / zb + wc / zc)
                        if z <= qd.bit_cast(bits[y, x], qd.f32) * SAME:
                            for k in qd.static(range(2)):
                                found[y, x, k] = z * (
                                    wa / za * texels[a, k] + wb / zb * texels[b, k] + wc / zc * texels[c, k]
                                )


@qd.kernel
def _shade(
    found: qd.types.NDArray[qd.f32, 3],
    texture: qd.types.NDArray[qd.f32, 3],
    columns: qd.i32,
    rows: qd.i32,
    width: qd.i32,
    height: qd.i32,
    picture: qd.types.NDArray[qd.f32, 3],
) -> None:
    for p in range(width * height):
        x, y = p % width, p // width
        if found[y, x, 0] >= 0.0:
            u, v = found[y, x, 0] - 0.5, found[y, x, 1] - 0.5
            i, j = qd.cast(qd.floor(u), qd.i32), qd.cast(qd.floor(v), qd.i32)
            s, t = u - qd.cast(i, qd.f32), v - qd.cast(j, qd.f32)
            i0, i1 = qd.min(qd.max(i, 0), columns - 1), qd.min(qd.max(i + 1, 0), columns - 1)
            j0, j1 = qd.min(qd.max(j, 0), rows - 1), qd.min(qd.max(j + 1, 0), rows - 1)
            colour = qd.Vector.zero(qd.f32, 4)
            for k in qd.static(range(4)):
                above = texture[j0, i0, k] * (1.0 - s) + texture[j0, i1, k] * s
                below = texture[j1, i0, k] * (1.0 - s) + texture[j1, i1, k] * s
                colour[k] = above * (1.0 - t) + below * t
            for k in qd.static(range(4)):
                picture[y, x, k] = colour[k] + picture[y, x, k] * (1.0 - colour[3])
