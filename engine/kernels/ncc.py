"""How alike two pictures are under a plane: bilaterally weighted NCC, and the way there and back through two depth maps.

A plane is (i, gx, gy): the inverse depth at its pixel and how it changes per pixel to the right and down. Inverse depth is
linear over the picture of a plane, so spreading a plane needs no division.
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
COLOUR_SIGMA = 12.0  # grey levels: a window counts what looks like its centre, so that it ends at edges


def window(colour_sigma: float = COLOUR_SIGMA, spatial_sigma: float = 5.0) -> tuple[F32, F32]:
    """Sample offsets (dx 32, dy 32, weight 32) and the weight of a grey difference (256)."""
    grid = [(x, y) for y in range(-5, 6, 2) for x in range(-5, 6, 2) if abs(x) + abs(y) < 10]
    x, y = np.array(grid, np.float32).T
    spatial = np.exp(-(x * x + y * y) / (2 * spatial_sigma**2))
    difference = np.arange(256, dtype=np.float32)
    return np.concatenate([x, y, spatial]).astype(np.float32), np.exp(-((difference / colour_sigma) ** 2) / 2)


def pack(grey: U8) -> I32:
    """(H, W) greys -> (H * W,) texels: pixel, right, below, below right."""
    g = np.pad(grey, ((0, 1), (0, 1)), mode="edge").astype(np.uint32)
    return (g[:-1, :-1] | g[:-1, 1:] << 8 | g[1:, :-1] << 16 | g[1:, 1:] << 24).view(np.int32).ravel()


@qd.func
def load_patch(tex: qd.template(), offs: qd.template(), lut: qd.template(), patch: qd.template(),
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
def view_cost(tex: qd.template(), idepth: qd.template(), cams: qd.template(), slots: qd.template(),
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


def cost_plain(
    ref: U8, source: U8, row: F32, pixels: I32, planes: F32, noise: float, colour_sigma: float = COLOUR_SIGMA
) -> F32:
    """NumPy twin of the photometric cost: (N, 2) pixels and (N, 3) planes -> (N,) costs, 2 where the source doesn't see it."""
    offsets, lut = window(colour_sigma)
    dx, dy, spatial = offsets.reshape(3, SAMPLES)
    u, v = pixels.T
    x = np.clip(u[:, None] + dx.astype(int), 0, ref.shape[1] - 1)
    y = np.clip(v[:, None] + dy.astype(int), 0, ref.shape[0] - 1)
    grey = ref[y, x].astype(np.float32)
    weight = lut[np.abs(grey - ref[v, u][:, None]).astype(int)] * spatial
    weight /= weight.sum(1, keepdims=True)
    inverse = planes[:, :1] + planes[:, 1:2] * dx + planes[:, 2:3] * dy
    around = np.stack([u[:, None] + dx, v[:, None] + dy], 2).reshape(-1, 2).astype(np.float32)
    sx, sy, z = (a.reshape(inverse.shape) for a in _apply(row[:12], around, inverse.ravel()))
    centre_x, centre_y, _ = _apply(row[:12], pixels.astype(np.float32), planes[:, 0])
    height, width = source.shape
    seen = (z > 0.05).all(1) & (centre_x >= 1) & (centre_y >= 1) & (centre_x <= width - 2) & (centre_y <= height - 2)
    sx, sy = np.clip(np.nan_to_num(sx), 0, width - 1.001), np.clip(np.nan_to_num(sy), 0, height - 1.001)
    column, line = sx.astype(int), sy.astype(int)
    fx, fy = sx - column, sy - line
    corner = [source[line + b, column + a].astype(np.float32) for b in (0, 1) for a in (0, 1)]
    value = (corner[0] * (1 - fx) + corner[1] * fx) * (1 - fy) + (corner[2] * (1 - fx) + corner[3] * fx) * fy
    mean_ref, mean = (weight * grey).sum(1), (weight * value).sum(1)
    variance = (weight * grey**2).sum(1) - mean_ref**2
    spread = (weight * value**2).sum(1) - mean**2
    likeness = ((weight * grey * value).sum(1) - mean_ref * mean) / np.sqrt((variance + noise) * (spread + noise))
    return np.where(seen, 1 - np.clip(likeness, -1, 1), 2).astype(np.float32)


def there_and_back_plain(idepth_source: F32, forth: F32, back: F32, pixels: F32, inverse: F32) -> tuple[F32, F32]:
    """NumPy twin, nearest pixels where bilinear would cross an edge: (N,) errors in pixels and inverse depths from here.

    forth and back are (12,): A row by row, then b.
    """
    height, width = idepth_source.shape
    x, y, z = _apply(forth, pixels, inverse)
    ok = (z > 0.01) & (x >= 0) & (y >= 0) & (x < width - 1) & (y < height - 1)
    column, row = np.where(ok, x, 0).astype(int), np.where(ok, y, 0).astype(int)
    fx, fy = x - column, y - row
    corners = np.stack([idepth_source[row + dy, column + dx] for dy in (0, 1) for dx in (0, 1)])
    smooth = (corners[0] * (1 - fx) + corners[1] * fx) * (1 - fy) + (corners[2] * (1 - fx) + corners[3] * fx) * fy
    nearest = np.choose(2 * (fy >= 0.5) + (fx >= 0.5), corners)
    there = np.where(corners.min(0) < 0.97 * corners.max(0), nearest, smooth)
    bx, by, bz = _apply(back, np.stack([x, y], 1), there)
    ok &= (there > 0) & (bz > 0.01)
    error = np.where(ok, np.hypot(bx - pixels[:, 0], by - pixels[:, 1]), 9)
    return error.astype(np.float32), np.where(ok, there / np.where(ok, bz, 1), 0).astype(np.float32)


def _apply(row: F32, pixels: F32, inverse: F32) -> tuple[F32, F32, F32]:
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y, z = row[:9].reshape(3, 3) @ np.column_stack([pixels, np.ones(len(pixels))]).T + row[9:12, None] * inverse
        return x / z, y / z, z
