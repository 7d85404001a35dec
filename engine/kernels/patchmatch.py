"""PatchMatch: planes are spread, shaken and scored, red and black pixels in turn. What a plane is: see `ncc.py`.

`plane` holds (i, gx, gy, cost) per pixel; `views` the sources that it is scored in, as bits, or -1 where there is no picture.
"""

# mypy: disable-error-code="valid-type,no-untyped-def,no-untyped-call,index"
from __future__ import annotations

import numpy as np
import quadrants as qd

from ..datatypes import I32
from .ncc import load_patch, view_cost

_F = qd.types.NDArray[qd.f32, 1]
_I = qd.types.NDArray[qd.i32, 1]


def reach() -> I32:
    """Where candidates come from: 8 regions of 4 pixels, (dx, dy) each, all on the board's other colour."""
    near = [(0, -1), (-1, -2), (1, -2), (0, -3)]
    far = [(0, -5), (0, -9), (0, -15), (0, -23)]
    turns = [lambda x, y: (x, y), lambda x, y: (-y, x), lambda x, y: (-x, -y), lambda x, y: (y, -x)]
    return np.array([[turn(*s) for s in ring] for ring in (near, far) for turn in turns], np.int32).ravel()


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
def _total_cost(tex: qd.template(), idepth: qd.template(), cams: qd.template(), slots: qd.template(),
                offs: qd.template(), patch: qd.template(), sources: qd.i32, chosen: qd.i32, u: qd.f32, v: qd.f32,
                i: qd.f32, gx: qd.f32, gy: qd.f32, stats: qd.template(), noise: qd.f32, geometric: qd.f32,
                weights: qd.f32, limit: qd.f32):  # fmt: skip
    """The mean over the chosen sources by their priors; where none is chosen yet, over the three that agree best.

    Once a plane can't cost less than `limit` any more, the other sources are not looked at.
    """
    total = 0.0
    best = qd.Vector([2.0, 2.0, 2.0])
    for j in range(sources):
        if chosen == 0 or ((chosen >> j) & 1 == 1 and total < limit * weights):
            cost = view_cost(
                tex, idepth, cams, slots, offs, patch, j, u, v, i, gx, gy, stats, noise, geometric
            )  # fmt: skip
            total += cost * cams[32 * j + 24]
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
            stats = load_patch(tex, offs, lut, patch, ref_base, width, height, x, y)
            costs = qd.Vector.zero(qd.f32, 16)
            for j in range(sources):
                costs[j] = view_cost(
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
            stats = load_patch(tex, offs, lut, patch, ref_base, width, height, x, y)
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
            weights = 0.0
            for j in range(sources):
                if (views[p] >> j) & 1 == 1:
                    weights += cams[32 * j + 24]
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
                        geometric, weights, qd.select(h == 0, 9.0, cost),
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
