"""Paints in what was hidden, from patches of the same layer that fit there: from coarse to fine, found and voted in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, I32, Bool
from ..kernels.inpaint import search, vote
from .spread import spread

RADIUS = 3  # pixels: patches are 7 x 7
FINEST_RADIUS = 2  # on large pictures' last level: all that is left to do there is to copy detail
LARGE = 1200  # pixels: the longer side of a large picture
SMALLEST = 24  # pixels: no picture of the pyramid is smaller
SHALLOW = 3.0  # pixels: a hole that is no deeper needs no coarser level
NEAR = 0.4  # what depth weighs beside colour: a floor is filled from where it is as far away
MOST = 0.12  # of a colour: patches are corrected no further, for an edge that is not met is no error of brightness


@dataclass(frozen=True)
class _Level:
    colour: F32  # (H, W, 4), valid where known
    known: Bool
    wanted: Bool


def paint_in(colour: F32, guide: F32, known: Bool, wanted: Bool, check: Callable[[], None]) -> F32:
    """(H, W, 3) colours, 0..1, the wanted ones painted from known ones alone. `guide` (H, W) should match too."""
    if not wanted.any() or not known.any():
        return colour
    levels = _pyramid(np.dstack([colour, NEAR * guide]).astype(np.float32), known, wanted)
    held: tuple[F32, I32, I32] | None = None  # the coarser level's colours, index and field
    for depth in range(len(levels) - 1, -1, -1):
        check()
        level = levels[depth]
        last = depth == 0 and max(known.shape) > LARGE
        held = _level(level, held, FINEST_RADIUS if last else RADIUS, _rounds(depth, len(levels), last), check)
    assert held is not None
    return np.asarray(np.where(wanted[..., None], held[0][..., :3], colour), np.float32)


def _rounds(depth: int, count: int, last: bool) -> tuple[int, int]:
    """How often colours are voted, and how often patches are searched before each."""
    if last:
        return 1, 2
    return (8, 3) if depth == count - 1 else (4, 3) if depth > 0 else (2, 2)


def _pyramid(colour: F32, known: Bool, wanted: Bool) -> list[_Level]:
    levels = [_Level(colour, known, wanted)]
    while True:
        now = levels[-1]
        deep = cv2.distanceTransform(now.wanted.astype(np.uint8), cv2.DIST_L2, 3).max()
        height, width = (n // 2 for n in now.known.shape)
        if deep <= SHALLOW or min(height, width) < SMALLEST:
            return levels
        size = (width, height)
        # pixels 2i and 2i + 1 are pixel i of the next level: an odd last one is left out
        cropped = np.s_[: 2 * height, : 2 * width]
        weight = now.known[cropped].astype(np.float32)
        share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        total = cv2.resize(now.colour[cropped] * weight[..., None], size, interpolation=cv2.INTER_AREA)
        asked = cv2.resize(now.wanted[cropped].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
        fine = (share > 0.6) & ~asked
        mean = (total / np.maximum(share, 1e-6)[..., None]).astype(np.float32)
        mean[..., 3] = cv2.resize(now.colour[cropped][..., 3], size, interpolation=cv2.INTER_AREA)  # known everywhere
        levels.append(_Level(mean, fine, asked))


def _level(
    level: _Level, coarser: tuple[F32, I32, I32] | None, radius: int, rounds: tuple[int, int], check: Callable[[], None]
) -> tuple[F32, I32, I32]:
    height, width = level.known.shape
    good = _good(level.known, radius)
    colour = np.where(level.known[..., None], level.colour, 0)
    if coarser is None:
        colour = np.where(level.known[..., None], colour, spread(colour, level.known))
    else:
        up = cv2.resize(coarser[0], (width, height), interpolation=cv2.INTER_LINEAR)
        colour = np.where(level.known[..., None], colour, up)
    colour[..., 3] = level.colour[..., 3]  # depth was filled before colour
    colour = np.ascontiguousarray(colour, np.float32)
    domain = np.where(level.known, 1, np.where(level.wanted, 2, 0)).astype(np.int32)
    if not good.any():
        return colour, np.full(domain.shape, -1, np.int32), np.zeros((0, 2), np.int32)
    size = 2 * radius + 1
    around = cv2.dilate(level.wanted.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    targets = np.argwhere(around & (domain > 0)).astype(np.int32)
    index = np.full(domain.shape, -1, np.int32)
    index[targets[:, 0], targets[:, 1]] = np.arange(len(targets))
    field = _first_field(targets, good, coarser)
    reach = max(height, width) // 3 if coarser is None else max(6, max(height, width) // 40)
    seed = 0
    for _ in range(rounds[0]):
        for turn in range(rounds[1]):
            field, cost = _searched(
                colour, domain, good, targets, index, field, radius, 4 >> turn or 1, reach, seed, check
            )
            seed += 1
        softness = max(float(np.percentile(cost, 60)), 1e-6) * (0.5 if coarser is not None else 1.0)
        said = vote(colour, targets, index, field, cost, radius=radius, softness=softness)
        _write(colour, level.wanted, targets, said)
    return colour, index, field


def _write(colour: F32, wanted: Bool, targets: I32, said: F32) -> None:
    """Into the wanted pixels, without a seam: by as much as the patches are wrong at the rim, they are set right further in."""
    off = np.zeros((*wanted.shape, 3), np.float32)
    there = tuple(targets.T)
    off[there] = np.clip(colour[there][:, :3] - said[:, :3], -MOST, MOST)
    rim = np.zeros(wanted.shape, bool)
    rim[there] = True
    rim &= ~wanted
    inner = tuple(targets[wanted[there]].T)
    right = spread(off, rim)[inner] if rim.any() else np.float32(0)
    colour[(*inner, np.s_[:3])] = np.clip(said[wanted[there], :3] + right, 0, 1)


def _searched(
    colour: F32, domain: I32, good: I32, targets: I32, index: I32, field: I32, radius: int, step: int, reach: int,
    seed: int, check: Callable[[], None],
) -> tuple[I32, F32]:  # fmt: skip
    check()
    return search(colour, domain, good, targets, index, field, radius=radius, step=step, reach=reach, seed=seed)


def _good(known: Bool, radius: int) -> I32:
    """Where the whole patch is known."""
    size = 2 * radius + 1
    inner = cv2.erode(
        known.astype(np.uint8), np.ones((size, size), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    return np.asarray(inner, np.int32)


def _first_field(targets: I32, good: I32, coarser: tuple[F32, I32, I32] | None) -> I32:
    """Where the coarser level found each target's patch; the nearest good place where it found none."""
    nearest = _nearest(good)
    if coarser is None or not len(coarser[2]):
        return nearest[targets[:, 0], targets[:, 1]]
    _, index, field = coarser
    parent = np.minimum(targets // 2, np.array(index.shape) - 1)
    number = index[parent[:, 0], parent[:, 1]]
    found = 2 * field[number] + targets % 2
    found = np.clip(found, 0, np.array(good.shape) - 1)
    lost = (number < 0) | (good[found[:, 0], found[:, 1]] == 0)
    where = np.where((number < 0)[:, None], targets, found)
    return np.ascontiguousarray(np.where(lost[:, None], nearest[where[:, 0], where[:, 1]], found), np.int32)


def _nearest(good: I32) -> I32:
    """(H, W, 2) the place of the nearest good pixel."""
    _, labels = cv2.distanceTransformWithLabels(
        (good == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.argwhere(good > 0).astype(np.int32)
    which = np.zeros(int(labels.max()) + 1, np.int32)
    which[labels[places[:, 0], places[:, 1]]] = np.arange(len(places))
    return np.asarray(places[which[labels]])
