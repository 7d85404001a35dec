"""Patches that look alike: for every pixel to be painted in, where its surroundings are seen best; and colours voted from there.

A kernel and its NumPy twin each. All arrays are the caller's. `colour` (H, W, 4) holds anything that should match; `domain` (H, W) is
0 where a pixel is not compared, 1 where it is known, 2 where it is wanted; `index` (H, W) numbers the `targets` (N, 2: y, x), -1
elsewhere; `field` (N, 2) is where each one's patch was found, and every patch around a `good` (H, W) pixel is known throughout.
"""

# mypy: disable-error-code="valid-type,no-untyped-def,no-untyped-call,index"
from __future__ import annotations

import numpy as np
import quadrants as qd

from ..datatypes import F32, I32
from .device import open_device

TRIES = 4  # random ones around the best so far, each half as far as the one before
WANTED = 0.5  # what a pixel weighs that is itself only guessed


def search(
    colour: F32,
    domain: I32,
    good: I32,
    targets: I32,
    index: I32,
    field: I32,
    *,
    radius: int,
    step: int,
    reach: int,
    seed: int,
) -> tuple[I32, F32]:
    """One round: each target tries what its neighbours `step` away found, and `TRIES` places around. Gives field and cost (N,)."""
    open_device()
    found, cost = np.empty_like(field), np.empty(len(field), np.float32)
    height, width = domain.shape
    _search(
        colour, domain, good, targets, index, field, found, cost, len(field), width, height, radius, step, reach, seed
    )
    return found, cost


def vote(colour: F32, targets: I32, index: I32, field: I32, cost: F32, *, radius: int, softness: float) -> F32:
    """(N, 4) what the targets should look like: every patch that covers one says so, the likest ones loudest."""
    open_device()
    height, width = index.shape
    out = np.zeros((len(field), 4), np.float32)
    _vote(colour, targets, index, field, cost, len(field), width, height, radius, 1 / max(softness, 1e-8), out)
    return out


def search_twin(
    colour: F32,
    domain: I32,
    good: I32,
    targets: I32,
    index: I32,
    field: I32,
    *,
    radius: int,
    step: int,
    reach: int,
    seed: int,
) -> tuple[I32, F32]:
    """The same in plain NumPy."""
    height, width = domain.shape
    best = field.copy()
    cost = _distance_twin(colour, domain, targets, best, radius)
    number = np.arange(len(field), dtype=np.int32)

    def consider(at: I32) -> None:
        inside = (at[:, 0] >= 0) & (at[:, 1] >= 0) & (at[:, 0] < height) & (at[:, 1] < width)
        held = np.clip(at, 0, [height - 1, width - 1])
        inside &= good[held[:, 0], held[:, 1]] == 1
        price = np.where(inside, _distance_twin(colour, domain, targets, held.astype(np.int32), radius), np.inf)
        better = price < cost
        best[better], cost[better] = held[better], price[better]

    for dy, dx in ((0, -step), (0, step), (-step, 0), (step, 0)):
        there = targets + np.array([dy, dx], np.int32)
        inside = (there >= 0).all(1) & (there[:, 0] < height) & (there[:, 1] < width)
        held = np.where(inside[:, None], there, 0)
        neighbour = np.where(inside, index[held[:, 0], held[:, 1]], -1)
        consider(
            np.where(neighbour[:, None] >= 0, field[neighbour] - np.array([dy, dx], np.int32), -1).astype(np.int32)
        )
    for k in range(TRIES):
        width_now = max(reach >> k, 1)
        salt = number * 8 + k * 2 + seed * 7919
        shift = np.stack([_hash_twin(salt), _hash_twin(salt + 1)], 1) % (2 * width_now + 1) - width_now
        consider((best + shift).astype(np.int32))
    return best, cost.astype(np.float32)


def vote_twin(colour: F32, targets: I32, index: I32, field: I32, cost: F32, *, radius: int, softness: float) -> F32:
    """The same in plain NumPy."""
    height, width = index.shape
    total, weight = np.zeros((len(field), 4)), np.zeros(len(field))
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            there = targets + np.array([dy, dx], np.int32)
            inside = (there >= 0).all(1) & (there[:, 0] < height) & (there[:, 1] < width)
            held = np.where(inside[:, None], there, 0)
            neighbour = np.where(inside, index[held[:, 0], held[:, 1]], -1)
            source = np.where(neighbour[:, None] >= 0, field[neighbour] - np.array([dy, dx], np.int32), 0)
            w = np.where(neighbour >= 0, np.exp(-np.minimum(cost[neighbour] / softness, 40)), 0)
            total += w[:, None] * colour[source[:, 0], source[:, 1]]
            weight += w
    return np.asarray(total / np.maximum(weight, 1e-30)[:, None], np.float32)


def _distance_twin(colour: F32, domain: I32, targets: I32, at: I32, radius: int) -> F32:
    height, width = domain.shape
    total, weight = np.zeros(len(at), np.float32), np.full(len(at), 1e-6, np.float32)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            there, source = (
                targets + np.array([dy, dx], np.int32),
                np.clip(at + np.array([dy, dx], np.int32), 0, [height - 1, width - 1]),
            )
            inside = (there >= 0).all(1) & (there[:, 0] < height) & (there[:, 1] < width)
            held = np.where(inside[:, None], there, 0)
            kind = np.where(inside, domain[held[:, 0], held[:, 1]], 0)
            w = np.where(kind == 1, 1.0, np.where(kind == 2, WANTED, 0)).astype(np.float32)
            off = colour[held[:, 0], held[:, 1]] - colour[source[:, 0], source[:, 1]]
            total += w * (off * off).sum(1)
            weight += w
    return np.asarray(total / weight, np.float32)


def _hash_twin(x: I32) -> I32:
    h = x.astype(np.uint32)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x21F0AAAD)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x735A2D97)
    return np.asarray((h ^ (h >> np.uint32(16))) & np.uint32(0x7FFFFFFF)).astype(np.int32)


_F2, _F3 = qd.types.NDArray[qd.f32, 2], qd.types.NDArray[qd.f32, 3]
_F1, _I2 = qd.types.NDArray[qd.f32, 1], qd.types.NDArray[qd.i32, 2]


@qd.func
def _hash(x: qd.i32) -> qd.i32:
    h = qd.cast(x, qd.u32)
    h = (h ^ (h >> 16)) * qd.u32(0x21F0AAAD)
    h = (h ^ (h >> 15)) * qd.u32(0x735A2D97)
    return qd.cast((h ^ (h >> 16)) & qd.u32(0x7FFFFFFF), qd.i32)


@qd.func
def _distance(colour: qd.template(), domain: qd.template(), ty: qd.i32, tx: qd.i32, sy: qd.i32, sx: qd.i32,
              width: qd.i32, height: qd.i32, radius: qd.i32) -> qd.f32:  # fmt: skip
    total, weight = 0.0, 1e-6
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            y, x = ty + dy, tx + dx
            if y >= 0 and x >= 0 and y < height and x < width:
                kind = domain[y, x]
                if kind > 0:
                    w = qd.select(kind == 1, 1.0, WANTED)
                    off = 0.0
                    for k in qd.static(range(4)):
                        one = colour[y, x, k] - colour[sy + dy, sx + dx, k]
                        off += one * one
                    total += w * off
                    weight += w
    return total / weight


@qd.kernel
def _search(colour: _F3, domain: _I2, good: _I2, targets: _I2, index: _I2, field: _I2, found: _I2, cost: _F1,
            count: qd.i32, width: qd.i32, height: qd.i32, radius: qd.i32, step: qd.i32, reach: qd.i32,
            seed: qd.i32) -> None:  # fmt: skip
    # What others found is read from the round before: no race, and the same on every device.
    for n in range(count):
        ty, tx = targets[n, 0], targets[n, 1]
        by, bx = field[n, 0], field[n, 1]
        lowest = _distance(colour, domain, ty, tx, by, bx, width, height, radius)
        for k in range(4 + TRIES):
            sy, sx = -1, -1
            if k < 4:
                dx = qd.select(k == 0, -step, qd.select(k == 1, step, 0))
                dy = qd.select(k == 2, -step, qd.select(k == 3, step, 0))
                y, x = ty + dy, tx + dx
                if y >= 0 and x >= 0 and y < height and x < width:
                    m = index[y, x]
                    if m >= 0:
                        sy, sx = field[m, 0] - dy, field[m, 1] - dx
            else:
                far = qd.max(reach >> (k - 4), 1)
                salt = n * 8 + (k - 4) * 2 + seed * 7919
                sy = by + _hash(salt) % (2 * far + 1) - far
                sx = bx + _hash(salt + 1) % (2 * far + 1) - far
            inside = sy >= 0 and sx >= 0 and sy < height and sx < width
            if inside:
                # looked up within: a kernel's `and` looks at both sides
                whole = good[sy, sx]
                if whole == 1 and (sy != by or sx != bx):
                    price = _distance(colour, domain, ty, tx, sy, sx, width, height, radius)
                    if price < lowest:
                        lowest, by, bx = price, sy, sx
        found[n, 0], found[n, 1], cost[n] = by, bx, lowest


@qd.kernel
def _vote(colour: _F3, targets: _I2, index: _I2, field: _I2, cost: _F1, count: qd.i32, width: qd.i32, height: qd.i32,
          radius: qd.i32, sharpness: qd.f32, out: _F2) -> None:  # fmt: skip
    for n in range(count):
        total = qd.Vector.zero(qd.f32, 4)
        weight = 1e-30
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                y, x = targets[n, 0] + dy, targets[n, 1] + dx
                if y >= 0 and x >= 0 and y < height and x < width:
                    m = index[y, x]
                    if m >= 0:
                        w = qd.exp(-qd.min(cost[m] * sharpness, 40.0))
                        for k in qd.static(range(4)):
                            total[k] += w * colour[field[m, 0] - dy, field[m, 1] - dx, k]
                        weight += w
        for k in qd.static(range(4)):
            out[n, k] = total[k] / weight
