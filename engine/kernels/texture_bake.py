"""Carries a photo's pixels onto the texels of an atlas, through the mesh: kernels and their NumPy twin.

Colours gather in 16-bit integers, (H, W, 4): red, green, blue and weight, each weight at most 1 in all. Each texel belongs
to one triangle, so no two threads meet: where triangles lie on top of one another, `owner` says whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import quadrants as qd

from ..datatypes import F32, F64, I32, U8
from .device import open_device
from .texture_cover import _covered_twin, covers, first_texel, last_texel

ONE = 256.0  # what a weight of 1 times a colour of 1 is in the accumulator
FULL = 65280.0  # 255 * ONE: a weight of 1
AWAY = -0.1  # cosine: a face turned further away than a bump could excuse shows its back
OUTSIDE, MEASURED, GUESSED = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Atlas:
    """A mesh and where its triangles lie in the texture. Points are relative to a centre near by (32-bit floats)."""

    points: F32  # (V, 3)
    faces: I32  # (F, 3)
    corners: F32  # (F, 6) texel coordinates of the three corners, first row on top
    width: int
    height: int
    owner: Any = None  # (H, W) from `kept`: the face that each texel belongs to; None where no two faces overlap


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One view for baking: what it looks like and what it sees."""

    projection: F64  # (3, 4) pixel_in_picture from point, homogeneous; last row gives depth
    picture: U8  # (H, W, 3)
    depth: F32  # (h, w) depth buffer, perhaps smaller
    focal_px: float  # of the picture
    gain: F64  # (3,)


_NO_OWNERS = np.zeros((1, 1), np.int32)


def new_sums(width: int, height: int) -> Any:
    """An empty accumulator on the device."""
    open_device()
    sums = qd.ndarray(qd.u16, (height, width, 4))
    sums.fill(0)
    return sums


def kept(owner: I32 | None) -> Any:
    """Owners as the kernels want them: sent once to a device with memory of its own, and not at every launch."""
    if owner is None or not open_device().is_gpu:
        return owner
    held = qd.ndarray(qd.i32, owner.shape)
    held.from_numpy(owner)
    return held


def bake(atlas: Atlas, shot: Shot, picks: I32, weights: F32, shift: F32, sums: Any) -> None:
    """Adds a view's colours to the texels of the picked faces. `weights` (n, 3) at their corners; `shift` (V, 3) is added."""
    numbers = _numbers(shot)
    _bake(
        atlas.points, atlas.faces, atlas.corners, picks, weights, len(picks), np.ascontiguousarray(shift, np.float32),
        numbers, shot.picture, shot.depth, shot.picture.shape[1], shot.picture.shape[0], shot.depth.shape[1],
        shot.depth.shape[0], atlas.width, atlas.height, *_owners(atlas), sums,
    )  # fmt: skip


def resolve(atlas: Atlas, colours: F32, unseen: F32, sums: Any, out: U8, kind: U8) -> None:
    """Writes (H, W, 3) colours and (H, W) what each texel is: gathered photos, and (V, 3) `colours` as far as (V,) `unseen`.

    What no face covers is left as it is.
    """
    _resolve(
        atlas.faces, atlas.corners, len(atlas.faces), np.ascontiguousarray(colours, np.float32),
        np.ascontiguousarray(unseen, np.float32), sums, atlas.width, atlas.height, *_owners(atlas), out, kind,
    )  # fmt: skip


def _owners(atlas: Atlas) -> tuple[int, Any]:
    return (0, _NO_OWNERS) if atlas.owner is None else (1, atlas.owner)


def _numbers(shot: Shot) -> F32:
    scale = shot.depth.shape[1] / shot.picture.shape[1], shot.depth.shape[0] / shot.picture.shape[0]
    P = shot.projection
    eye = -np.linalg.solve(P[:, :3], P[:, 3])
    return np.array([*P.ravel(), *shot.gain, shot.focal_px, *scale, *eye], np.float32)


def bake_twin(atlas: Atlas, shot: Shot, picks: I32, weights: F32, shift: F32, sums: np.ndarray) -> None:
    """The same in plain NumPy, on an (H, W, 4) array."""
    P = shot.projection
    height, width = shot.picture.shape[:2]
    sx, sy = shot.depth.shape[1] / width, shot.depth.shape[0] / height
    for pick, weight in zip(picks, weights, strict=True):
        flat, corner = atlas.corners[pick].reshape(3, 2), atlas.points[atlas.faces[pick]].astype(np.float64)
        rows, cols = _covered_twin(flat, atlas.width, atlas.height)
        if atlas.owner is not None:
            mine = atlas.owner[rows, cols] == pick
            rows, cols = rows[mine], cols[mine]
        facing = _facing(corner, P)
        if not len(rows) or facing <= AWAY:
            continue
        slope = min(np.sqrt(max(1 - facing**2, 0)) / max(abs(facing), 1e-6), 6.0)
        share = _shares(flat.astype(np.float64), cols + 0.5, rows + 0.5)
        seen = np.concatenate([share @ corner, np.ones((len(rows), 1))], 1) @ P.T
        z = seen[:, 2]
        x, y = seen[:, 0] / z, seen[:, 1] / z
        tolerance = z / shot.focal_px / sx * (2 + 2 * slope)
        ok = (z > 0) & (x >= 0) & (y >= 0) & (x < width) & (y < height)
        ok[ok] = z[ok] <= shot.depth[(y[ok] * sy).astype(int), (x[ok] * sx).astype(int)] + tolerance[ok]
        w = share @ weight
        colour = _cubic_twin(shot.picture, x[ok] - 0.5, y[ok] - 0.5) * shot.gain
        colour = np.clip(colour + (share @ shift[atlas.faces[pick]])[ok], 0, 255)
        add = np.concatenate([colour * ONE, np.full((ok.sum(), 1), FULL)], 1) * np.clip(w[ok], 0, 1)[:, None]
        at = rows[ok], cols[ok]
        sums[at] = np.minimum(sums[at] + (add + 0.5).astype(np.int64), 65535)


def _shares(flat: F64, x: F64, y: F64) -> F64:
    (ax, ay), (bx, by), (cx, cy) = flat
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    wa = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
    wb = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
    return np.stack([wa, wb, 1 - wa - wb], 1)


def _facing(corner: F64, P: F64) -> float:
    """The cosine between a face's normal and the way to the camera: negative = turned away."""
    normal = np.cross(corner[1] - corner[0], corner[2] - corner[0])
    ray = corner.mean(0) + np.linalg.solve(P[:, :3], P[:, 3])
    return float(-(normal @ ray) / max(np.linalg.norm(normal) * np.linalg.norm(ray), 1e-30))


def _cubic_twin(picture: U8, x: F64, y: F64) -> F64:
    """Catmull-Rom at (x, y), where whole numbers are pixels' middles."""
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    wx, wy = _weights_twin(x - x0), _weights_twin(y - y0)
    out = np.zeros((len(x), 3))
    for j in range(4):
        for i in range(4):
            at = picture[np.clip(y0 + j - 1, 0, picture.shape[0] - 1), np.clip(x0 + i - 1, 0, picture.shape[1] - 1)]
            out += at * (wx[i] * wy[j])[:, None]
    return out


def _weights_twin(t: F64) -> list[F64]:
    return [
        ((-0.5 * t + 1) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1,
        ((-1.5 * t + 2) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ]


@qd.func
def _cubic(t: qd.f32) -> Any:
    return qd.Vector(
        [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ]
    )


@qd.func
def owns(guarded: qd.i32, owner: qd.types.NDArray[qd.i32, 2], x: qd.i32, y: qd.i32, face: qd.i32) -> qd.i32:
    """1 where the texel is the face's own."""
    own = qd.cast(1, qd.i32)
    if guarded == 1 and owner[y * guarded, x * guarded] != face:
        own = qd.cast(0, qd.i32)
    return own


@qd.kernel
def _bake(
    points: qd.types.NDArray[qd.f32, 2],
    faces: qd.types.NDArray[qd.i32, 2],
    corners: qd.types.NDArray[qd.f32, 2],
    picks: qd.types.NDArray[qd.i32, 1],
    weights: qd.types.NDArray[qd.f32, 2],
    count: qd.i32,
    shift: qd.types.NDArray[qd.f32, 2],
    numbers: qd.types.NDArray[qd.f32, 1],
    picture: qd.types.NDArray[qd.u8, 3],
    depth: qd.types.NDArray[qd.f32, 2],
    width: qd.i32,
    height: qd.i32,
    depth_width: qd.i32,
    depth_height: qd.i32,
    across: qd.i32,
    down: qd.i32,
    guarded: qd.i32,
    owner: qd.types.NDArray[qd.i32, 2],
    sums: qd.types.NDArray[qd.u16, 3],
) -> None:
    for k in range(count):
        f = picks[k]
        ax, ay, bx, by = corners[f, 0], corners[f, 1], corners[f, 2], corners[f, 3]
        cx, cy = corners[f, 4], corners[f, 5]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        ia, ib, ic = faces[f, 0], faces[f, 1], faces[f, 2]
        pa = qd.Vector([points[ia, 0], points[ia, 1], points[ia, 2]])
        pb = qd.Vector([points[ib, 0], points[ib, 1], points[ib, 2]])
        pc = qd.Vector([points[ic, 0], points[ic, 1], points[ic, 2]])
        # Perspective is linear in homogeneous coordinates, so the corners are projected once and then mixed.
        ha, hb, hc = qd.Vector([0.0, 0.0, 0.0]), qd.Vector([0.0, 0.0, 0.0]), qd.Vector([0.0, 0.0, 0.0])
        for r in qd.static(range(3)):
            row = qd.Vector([numbers[4 * r], numbers[4 * r + 1], numbers[4 * r + 2]])
            ha[r] = row.dot(pa) + numbers[4 * r + 3]
            hb[r] = row.dot(pb) + numbers[4 * r + 3]
            hc[r] = row.dot(pc) + numbers[4 * r + 3]
        normal = (pb - pa).cross(pc - pa)
        ray = (pa + pb + pc) / 3.0 - qd.Vector([numbers[18], numbers[19], numbers[20]])
        facing = -normal.dot(ray) / qd.max(normal.norm() * ray.norm(), 1e-30)
        cosine = qd.abs(facing)
        slope = qd.min(qd.sqrt(qd.max(1.0 - cosine * cosine, 0.0)) / qd.max(cosine, 1e-6), 6.0)
        tolerance = (2.0 + 2.0 * slope) / (numbers[15] * numbers[16])
        if area != 0.0 and facing > AWAY:
            for y in range(first_texel(qd.min(ay, by, cy)), last_texel(qd.max(ay, by, cy), down)):
                for x in range(first_texel(qd.min(ax, bx, cx)), last_texel(qd.max(ax, bx, cx), across)):
                    px, py = qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5
                    if covers(ax, ay, bx, by, cx, cy, px, py) and owns(guarded, owner, x, y, f):
                        wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                        wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                        wc = 1.0 - wa - wb
                        h = wa * ha + wb * hb + wc * hc
                        z = h[2]
                        u, v = h[0] / z, h[1] / z
                        w = wa * weights[k, 0] + wb * weights[k, 1] + wc * weights[k, 2]
                        w = qd.min(qd.max(w, 0.0), 1.0)
                        inside = z > 0.0 and u >= 0.0 and v >= 0.0
                        if inside and u < qd.cast(width, qd.f32) and v < qd.cast(height, qd.f32) and w > 0.001:
                            dx = qd.min(qd.cast(u * numbers[16], qd.i32), depth_width - 1)
                            dy = qd.min(qd.cast(v * numbers[17], qd.i32), depth_height - 1)
                            if z <= depth[dy, dx] + z * tolerance:
                                fu, fv = qd.floor(u - 0.5), qd.floor(v - 0.5)
                                wu, wv = _cubic(u - 0.5 - fu), _cubic(v - 0.5 - fv)
                                x0, y0 = qd.cast(fu, qd.i32) - 1, qd.cast(fv, qd.i32) - 1
                                colour = qd.Vector([0.0, 0.0, 0.0])
                                for j in qd.static(range(4)):
                                    yy = qd.min(qd.max(y0 + j, 0), height - 1)
                                    for i in qd.static(range(4)):
                                        xx = qd.min(qd.max(x0 + i, 0), width - 1)
                                        for c in qd.static(range(3)):
                                            colour[c] += wu[i] * wv[j] * qd.cast(picture[yy, xx, c], qd.f32)
                                for c in qd.static(range(3)):
                                    s = wa * shift[ia, c] + wb * shift[ib, c] + wc * shift[ic, c]
                                    value = qd.min(qd.max(colour[c] * numbers[12 + c] + s, 0.0), 255.0)
                                    total = qd.cast(sums[y, x, c], qd.f32) + value * w * ONE + 0.5
                                    sums[y, x, c] = qd.cast(qd.min(total, 65535.0), qd.u16)
                                total_w = qd.cast(sums[y, x, 3], qd.f32) + w * FULL + 0.5
                                sums[y, x, 3] = qd.cast(qd.min(total_w, 65535.0), qd.u16)


@qd.kernel
def _resolve(
    faces: qd.types.NDArray[qd.i32, 2],
    corners: qd.types.NDArray[qd.f32, 2],
    count: qd.i32,
    colours: qd.types.NDArray[qd.f32, 2],
    unseen: qd.types.NDArray[qd.f32, 1],
    sums: qd.types.NDArray[qd.u16, 3],
    across: qd.i32,
    down: qd.i32,
    guarded: qd.i32,
    owner: qd.types.NDArray[qd.i32, 2],
    out: qd.types.NDArray[qd.u8, 3],
    kind: qd.types.NDArray[qd.u8, 2],
) -> None:
    for f in range(count):
        ax, ay, bx, by = corners[f, 0], corners[f, 1], corners[f, 2], corners[f, 3]
        cx, cy = corners[f, 4], corners[f, 5]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        ia, ib, ic = faces[f, 0], faces[f, 1], faces[f, 2]
        if area != 0.0:
            for y in range(first_texel(qd.min(ay, by, cy)), last_texel(qd.max(ay, by, cy), down)):
                for x in range(first_texel(qd.min(ax, bx, cx)), last_texel(qd.max(ax, bx, cx), across)):
                    px, py = qd.cast(x, qd.f32) + 0.5, qd.cast(y, qd.f32) + 0.5
                    if covers(ax, ay, bx, by, cx, cy, px, py) and owns(guarded, owner, x, y, f):
                        wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                        wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                        wc = 1.0 - wa - wb
                        fill = wa * unseen[ia] + wb * unseen[ib] + wc * unseen[ic]
                        weight = qd.cast(sums[y, x, 3], qd.f32)
                        # Texels that only a sliver of weight reached are no better known than those with none.
                        if weight < 0.04 * FULL:
                            fill = 1.0
                        for c in qd.static(range(3)):
                            guess = wa * colours[ia, c] + wb * colours[ib, c] + wc * colours[ic, c]
                            photo = qd.cast(sums[y, x, c], qd.f32) * 255.0 / qd.max(weight, 1.0)
                            value = photo * (1.0 - fill) + guess * fill
                            out[y, x, c] = qd.cast(qd.min(qd.max(value, 0.0) + 0.5, 255.0), qd.u8)
                        kind[y, x] = qd.cast(MEASURED, qd.u8)
                        if fill > 0.5:
                            kind[y, x] = qd.cast(GUESSED, qd.u8)
