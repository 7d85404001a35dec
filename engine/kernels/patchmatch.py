"""PatchMatch: planes are spread, shaken and scored against other pictures by bilaterally weighted NCC.

A plane is (i, gx, gy): the inverse depth at its pixel and how it changes per pixel to the right and down. Inverse depth is
linear over the picture of a plane, so spreading a plane needs no division. `plane` holds (i, gx, gy, cost) per pixel.
A source row in `cams` (32 floats): A (9) and b (3) with A @ (u, v, 1) + b * i = the source's pixel, homogeneous; then the
same back from source to reference (12); then the prior of the pair. `slots` (4 ints): where its picture starts in the
atlas, width, height. Pixels are counted from 0 at the first centre. A texel of `tex` packs its 2x2 neighbourhood as bytes.
"""

# mypy: disable-error-code="valid-type,no-untyped-def,no-untyped-call,index"
from __future__ import annotations

import numpy as np
import quadrants as qd

from ..datatypes import F32, I32, U8

SAMPLES = 32  # of the window: a 6x6 grid of stride 2 without its corners; a multiple of the CPU's vector length
CAM_ROW = 32
_F = qd.types.NDArray[qd.f32, 1]
_I = qd.types.NDArray[qd.i32, 1]


def window(colour_sigma: float = 30.0, spatial_sigma: float = 5.0) -> tuple[F32, F32]:
    """Sample offsets (dx 32, dy 32, weight 32) and the weight of a grey difference (256)."""
    grid = [(x, y) for y in range(-5, 6, 2) for x in range(-5, 6, 2) if abs(x) + abs(y) < 10]
    x, y = np.array(grid, np.float32).T
    spatial = np.exp(-(x * x + y * y) / (2 * spatial_sigma**2))
    difference = np.arange(256, dtype=np.float32)
    return np.concatenate([x, y, spatial]).astype(np.float32), np.exp(-((difference / colour_sigma) ** 2) / 2)


def reach() -> I32:
    """Where candidates come from: 8 regions of 4 pixels, (dx, dy) each, all on the board's other colour."""
    near = [(0, -1), (-1, -2), (1, -2), (0, -3)]
    far = [(0, -5), (0, -9), (0, -15), (0, -23)]
    turns = [lambda x, y: (x, y), lambda x, y: (-y, x), lambda x, y: (-x, -y), lambda x, y: (y, -x)]
    return np.array([[turn(*s) for s in ring] for ring in (near, far) for turn in turns], np.int32).ravel()


def pack(grey: U8) -> I32:
    """(H, W) greys -> (H * W,) texels: pixel, right, below, below right."""
    g = np.pad(grey, ((0, 1), (0, 1)), mode="edge").astype(np.uint32)
    return (g[:-1, :-1] | g[:-1, 1:] << 8 | g[1:, :-1] << 16 | g[1:, 1:] << 24).view(np.int32).ravel()


@qd.func
def _hash(x: qd.i32) -> qd.i32:
    """A number's scrambled twin; the same on every device, so that runs repeat."""
    h = qd.cast(x, qd.u32)
    h = (h ^ (h >> 16)) * qd.u32(0x21F0AAAD)
    h = (h ^ (h >> 15)) * qd.u32(0x735A2D97)
    return qd.cast((h ^ (h >> 16)) & qd.u32(0x7FFFFFFF), qd.i32)


@qd.func
def _unit(x: qd.i32) -> qd.f32:
    """-1..1 from a number's hash."""
    return qd.cast(_hash(x) & 0xFFFFFF, qd.f32) / 8388608.0 - 1.0


@qd.func
def _load_patch(tex: qd.template(), offs: qd.template(), lut: qd.template(), patch: qd.template(),
                base: qd.i32, width: qd.i32, height: qd.i32, x: qd.i32, y: qd.i32):  # fmt: skip
    """Fills (weight 32, weight x grey 32), weights adding up to 1; returns mean and variance."""
    centre = tex[base + y * width + x] & 255
    total = 0.0
    mean = 0.0
    square = 0.0
    for k in range(32):
        sx = qd.min(qd.max(x + qd.cast(offs[k], qd.i32), 0), width - 1)
        sy = qd.min(qd.max(y + qd.cast(offs[32 + k], qd.i32), 0), height - 1)
        grey = tex[base + sy * width + sx] & 255
        weight = lut[qd.abs(grey - centre)] * offs[64 + k]
        value = qd.cast(grey, qd.f32)
        patch[k] = weight
        patch[32 + k] = weight * value
        total += weight
        mean += weight * value
        square += weight * value * value
    scale = 1.0 / total
    for k in range(64):
        patch[k] *= scale
    mean *= scale
    return qd.Vector([mean, qd.max(square * scale - mean * mean, 0.0)])


@qd.func
def _ncc(tex: qd.template(), offs: qd.template(), patch: qd.template(), base: qd.i32, width: qd.i32, height: qd.i32,
         xx: qd.f32, xy: qd.f32, x0: qd.f32, yx: qd.f32, yy: qd.f32, y0: qd.f32, zx: qd.f32, zy: qd.f32, z0: qd.f32,
         mean: qd.f32, variance: qd.f32, noise: qd.f32):  # fmt: skip
    """1 - NCC of the patch and its picture under the homography. The loop is flat and branchless: CPUs run it in vectors."""
    first = 0.0
    second = 0.0
    cross = 0.0
    right = qd.cast(width, qd.f32) - 1.001
    bottom = qd.cast(height, qd.f32) - 1.001
    for k in range(32):
        dx = offs[k]
        dy = offs[32 + k]
        per_z = 1.0 / (zx * dx + zy * dy + z0)
        x = qd.min(qd.max((xx * dx + xy * dy + x0) * per_z, 0.0), right)
        y = qd.min(qd.max((yx * dx + yy * dy + y0) * per_z, 0.0), bottom)
        column = qd.cast(x, qd.i32)
        row = qd.cast(y, qd.i32)
        fx = x - qd.cast(column, qd.f32)
        fy = y - qd.cast(row, qd.f32)
        q = tex[base + row * width + column]
        a = qd.cast(q & 255, qd.f32)
        b = qd.cast((q >> 8) & 255, qd.f32)
        c = qd.cast((q >> 16) & 255, qd.f32)
        d = qd.cast((q >> 24) & 255, qd.f32)
        top = a + fx * (b - a)
        value = top + fy * (c + fx * (d - c) - top)
        first += patch[k] * value
        second += patch[k] * value * value
        cross += patch[32 + k] * value
    spread = qd.max(second - first * first, 0.0)
    likeness = (cross - mean * first) / qd.sqrt((variance + noise) * (spread + noise))
    return 1.0 - qd.min(qd.max(likeness, -1.0), 1.0)


@qd.func
def inverse_depth_at(idepth: qd.template(), base: qd.i32, width: qd.i32, x: qd.f32, y: qd.f32):
    """Between pixels where the surface is whole, else the nearest pixel's. 0 = unknown."""
    column = qd.cast(x, qd.i32)
    row = qd.cast(y, qd.i32)
    fx = x - qd.cast(column, qd.f32)
    fy = y - qd.cast(row, qd.f32)
    at = base + row * width + column
    a = idepth[at]
    b = idepth[at + 1]
    c = idepth[at + width]
    d = idepth[at + width + 1]
    low = qd.min(qd.min(a, b), qd.min(c, d))
    high = qd.max(qd.max(a, b), qd.max(c, d))
    value = (a + fx * (b - a)) * (1.0 - fy) + (c + fx * (d - c)) * fy
    if low < 0.97 * high:
        value = qd.select(fy < 0.5, qd.select(fx < 0.5, a, b), qd.select(fx < 0.5, c, d))
    return value


@qd.func
def there_and_back(idepth: qd.template(), cams: qd.template(), slots: qd.template(), j: qd.i32,
                   u: qd.f32, v: qd.f32, i: qd.f32):  # fmt: skip
    """Into source j, and back with the depth that is known there: (error in pixels, its inverse depth seen from here, x, y)."""
    r = j * 32
    out = qd.Vector([9.0, 0.0, -1.0, -1.0])
    hz = cams[r + 6] * u + cams[r + 7] * v + cams[r + 8] + cams[r + 11] * i
    if hz > 0.01:
        x = (cams[r] * u + cams[r + 1] * v + cams[r + 2] + cams[r + 9] * i) / hz
        y = (cams[r + 3] * u + cams[r + 4] * v + cams[r + 5] + cams[r + 10] * i) / hz
        width = slots[4 * j + 1]
        if x >= 0.0 and y >= 0.0 and x < qd.cast(width - 1, qd.f32) and y < qd.cast(slots[4 * j + 2] - 1, qd.f32):
            there = inverse_depth_at(idepth, slots[4 * j], width, x, y)
            bz = cams[r + 18] * x + cams[r + 19] * y + cams[r + 20] + cams[r + 23] * there
            if there > 0.0 and bz > 0.01:
                bu = (cams[r + 12] * x + cams[r + 13] * y + cams[r + 14] + cams[r + 21] * there) / bz - u
                bv = (cams[r + 15] * x + cams[r + 16] * y + cams[r + 17] + cams[r + 22] * there) / bz - v
                out = qd.Vector([qd.sqrt(bu * bu + bv * bv), there / bz, x, y])
    return out


@qd.func
def _view_cost(tex: qd.template(), idepth: qd.template(), cams: qd.template(), slots: qd.template(),
               offs: qd.template(), patch: qd.template(), j: qd.i32, u: qd.f32, v: qd.f32,
               i: qd.f32, gx: qd.f32, gy: qd.f32, stats: qd.template(), noise: qd.f32, geometric: qd.f32):  # fmt: skip
    """How badly source j agrees with the plane, 0..2 and the geometric part; 2 where it doesn't see it."""
    r = j * 32
    bx = cams[r + 9]
    by = cams[r + 10]
    bz = cams[r + 11]
    x0 = cams[r] * u + cams[r + 1] * v + cams[r + 2] + bx * i
    y0 = cams[r + 3] * u + cams[r + 4] * v + cams[r + 5] + by * i
    z0 = cams[r + 6] * u + cams[r + 7] * v + cams[r + 8] + bz * i
    zx = cams[r + 6] + bz * gx
    zy = cams[r + 7] + bz * gy
    cost = 2.0
    width = slots[4 * j + 1]
    height = slots[4 * j + 2]
    if z0 > 0.05 + 5.0 * (qd.abs(zx) + qd.abs(zy)):
        x = x0 / z0
        y = y0 / z0
        if x >= 1.0 and y >= 1.0 and x <= qd.cast(width, qd.f32) - 2.0 and y <= qd.cast(height, qd.f32) - 2.0:
            cost = _ncc(
                tex, offs, patch, slots[4 * j], width, height,
                cams[r] + bx * gx, cams[r + 1] + bx * gy, x0, cams[r + 3] + by * gx, cams[r + 4] + by * gy, y0,
                zx, zy, z0, stats[0], stats[1], noise,
            )  # fmt: skip
    if geometric > 0.0:
        back = there_and_back(idepth, cams, slots, j, u, v, i)
        cost += geometric * qd.min(back[0], 3.0)
    return cost


@qd.func
def _total_cost(tex: qd.template(), idepth: qd.template(), cams: qd.template(), slots: qd.template(),
                offs: qd.template(), patch: qd.template(), sources: qd.i32, chosen: qd.i32, u: qd.f32, v: qd.f32,
                i: qd.f32, gx: qd.f32, gy: qd.f32, stats: qd.template(), noise: qd.f32, geometric: qd.f32):  # fmt: skip
    """The mean over the chosen sources by their priors; where none is chosen yet, over the three that agree best."""
    total = 0.0
    weights = 0.0
    best = qd.Vector([2.0, 2.0, 2.0])
    for j in range(sources):
        if chosen == 0 or (chosen >> j) & 1 == 1:
            cost = _view_cost(
                tex, idepth, cams, slots, offs, patch, j, u, v, i, gx, gy, stats, noise, geometric
            )  # fmt: skip
            total += cost * cams[32 * j + 24]
            weights += cams[32 * j + 24]
            high = qd.max(cost, best[0])
            best[0] = qd.min(cost, best[0])
            higher = qd.max(high, best[1])
            best[1] = qd.min(high, best[1])
            best[2] = qd.min(higher, best[2])
    result = total / qd.max(weights, 1e-6)
    if chosen == 0:
        few = qd.min(sources, 3)
        result = best[0]
        if few > 1:
            result += best[1]
        if few > 2:
            result += best[2]
        result /= qd.cast(few, qd.f32)
    return result


@qd.kernel(fastcache=True)
def choose_views(
    tex: _I, idepth: _F, cams: _F, slots: _I, offs: _F, lut: _F, plane: _F, views: _I, ref_base: qd.i32,
    width: qd.i32, height: qd.i32, row0: qd.i32, row1: qd.i32, sources: qd.i32, keep: qd.i32,
    noise: qd.f32, geometric: qd.f32,
) -> None:  # fmt: skip
    """Scores every pixel's plane in all sources, keeps the best `keep` as bits of `views`, and the plane's cost in those."""
    for t in range((row1 - row0) * width):
        p = row0 * width + t
        x = p % width
        y = p // width
        if views[p] >= 0:
            patch = qd.Vector.zero(qd.f32, 64)
            stats = _load_patch(tex, offs, lut, patch, ref_base, width, height, x, y)
            costs = qd.Vector.zero(qd.f32, 16)
            for j in range(sources):
                costs[j] = _view_cost(
                    tex, idepth, cams, slots, offs, patch, j, qd.cast(x, qd.f32), qd.cast(y, qd.f32),
                    plane[4 * p], plane[4 * p + 1], plane[4 * p + 2], stats, noise, geometric,
                )  # fmt: skip
            bits = 0
            total = 0.0
            weights = 0.0
            for n in range(keep):
                lowest = 9.0
                which = -1
                for j in range(sources):
                    rank = costs[j] + 0.3 * (1.0 - cams[32 * j + 24])
                    if (bits >> j) & 1 == 0 and rank < lowest:
                        lowest = rank
                        which = j
                if which >= 0 and (n < 2 or costs[which] < 1.0):
                    bits |= 1 << which
                    total += costs[which] * cams[32 * which + 24]
                    weights += cams[32 * which + 24]
            views[p] = bits
            plane[4 * p + 3] = total / qd.max(weights, 1e-6)


@qd.kernel(fastcache=True)
def sweep(
    tex: _I, idepth: _F, cams: _F, slots: _I, offs: _F, lut: _F, spread: _I, plane: _F, views: _I, ref_base: qd.i32,
    width: qd.i32, height: qd.i32, row0: qd.i32, row1: qd.i32, parity: qd.i32, sources: qd.i32, rescore: qd.i32,
    candidates: qd.i32, trials: qd.i32, seed: qd.i32, fx: qd.f32, fy: qd.f32, cx: qd.f32, cy: qd.f32, near: qd.f32,
    far: qd.f32, step: qd.f32, shake: qd.f32, tilt: qd.f32, noise: qd.f32, geometric: qd.f32,
) -> None:  # fmt: skip
    """One colour of the board: each pixel tries its neighbours' best planes, then `trials` shaken ones.

    near and far bound the inverse depth (near > far), `step` is the change of it that moves a source pixel by 1. The trials:
    depth, tilt, both, then (from the fourth on) anywhere, and any tilt. Only the other colour is read: no race.
    """
    half = (width + 1) // 2
    for t in range((row1 - row0) * half):
        y = row0 + t // half
        x = 2 * (t % half) + ((y + parity) & 1)
        p = y * width + x
        if x < width and views[p] >= 0:
            u = qd.cast(x, qd.f32)
            v = qd.cast(y, qd.f32)
            patch = qd.Vector.zero(qd.f32, 64)
            stats = _load_patch(tex, offs, lut, patch, ref_base, width, height, x, y)
            i = plane[4 * p]
            gx = plane[4 * p + 1]
            gy = plane[4 * p + 2]
            cost = plane[4 * p + 3]
            where = qd.Vector.zero(qd.i32, 8)
            price = qd.Vector.zero(qd.f32, 8)
            for region in range(8):
                price[region] = 8.0
                for s in range(4):
                    nx = x + spread[8 * region + 2 * s]
                    ny = y + spread[8 * region + 2 * s + 1]
                    if nx >= 0 and ny >= 0 and nx < width and ny < height:
                        n = ny * width + nx
                        if views[n] >= 0 and plane[4 * n + 3] < price[region]:
                            price[region] = plane[4 * n + 3]
                            where[region] = n
            ray_x = (u - cx) / fx
            ray_y = (v - cy) / fy
            ray = ray_x * ray_x + ray_y * ray_y + 1.0
            number = seed * 7919 + p * 13
            for h in range(1 - rescore, 1 + candidates + trials):
                ti = i
                tx = gx
                ty = gy
                worth = h == 0
                if h > 0 and h <= candidates:
                    lowest = 5.0
                    pick = -1
                    for region in range(8):
                        if price[region] < lowest:
                            lowest = price[region]
                            pick = region
                    if pick >= 0:
                        n = where[pick]
                        price[pick] = 8.0
                        tx = plane[4 * n + 1]
                        ty = plane[4 * n + 2]
                        ti = plane[4 * n] + tx * qd.cast(x - n % width, qd.f32) + ty * qd.cast(y - n // width, qd.f32)
                        change = qd.abs(ti - i) + 3.0 * (qd.abs(tx - gx) + qd.abs(ty - gy))
                        worth = change > 0.03 * step
                elif h > candidates:
                    kind = (h - candidates - 1) % 5
                    r0 = _unit(number + h * 104729)
                    r1 = _unit(number + h * 104729 + 1)
                    r2 = _unit(number + h * 104729 + 2)
                    if kind == 0 or kind == 2:
                        ti = i + step * shake * r0 * qd.abs(r0)
                    if kind == 1 or kind == 2:
                        tx = gx + i / fx * tilt * r1
                        ty = gy + i / fy * tilt * r2
                    if kind == 3:
                        ti = far + (near - far) * (0.5 + 0.5 * r0)
                        tx = gx * ti / i
                        ty = gy * ti / i
                    if kind == 4:
                        tx = i / fx * 1.5 * r1
                        ty = i / fy * 1.5 * r2
                    worth = True
                nz = ti - tx * (u - cx) - ty * (v - cy)
                steep = (tx * fx) * (tx * fx) + (ty * fy) * (ty * fy) + nz * nz
                if worth and ti > 0.2 * far and ti < 4.0 * near and ti * ti > 0.015 * steep * ray:
                    priced = _total_cost(
                        tex, idepth, cams, slots, offs, patch, sources, views[p], u, v, ti, tx, ty, stats, noise,
                        geometric,
                    )  # fmt: skip
                    if h == 0:
                        cost = priced
                    elif priced < cost:
                        cost = priced
                        i = ti
                        gx = tx
                        gy = ty
            plane[4 * p] = i
            plane[4 * p + 1] = gx
            plane[4 * p + 2] = gy
            plane[4 * p + 3] = cost
