"""Keypoints that never move: the background of a turntable, dust on the lens, a date stamp. They say nothing of the subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, Bool
from ..report import Step
from .features import DESCRIPTOR_SCALE, Features

RADIUS = 1.5  # solver's pixels
LIKENESS = 0.85  # product of the two descriptors: the same thing under the same light
OTHERS = 12  # photos that each one is compared with
SHARE_OF_PHOTOS = 0.5  # still in at least this share of them
ALL_STILL = 0.8  # when nearly everything is still, nothing moved at all: keep it, the parallax check will say so
CLEARLY = 10  # fewer keypoints than this per photo are chance


@dataclass(frozen=True, kw_only=True)
class Still:
    """Which keypoints to drop; all empty when the set has no still background."""

    drop: tuple[Bool, ...]
    per_photo: float  # median count

    @property
    def found(self) -> bool:
        return any(bool(d.any()) for d in self.drop)


def find_still(
    features: Sequence[Features],
    xy: Sequence[F32],
    shapes: Sequence[tuple[int, int]],
    step: Step,
    *,
    certain: bool = False,
) -> Still:
    """Per photo which keypoints stay put in most others of the same shape. `xy` in the solver's pixels.

    `certain`: the camera is known to have stood still, and masks leave little of the background: two others are enough then.
    """
    drop = []
    for i in range(len(features)):
        others = _others(i, [j for j in range(len(features)) if j != i and shapes[j] == shapes[i]])
        hits = np.zeros(len(features[i]), int)
        for j in others:
            hits += _stays(features[i], xy[i], features[j], xy[j])
        need = 2.0 if certain else max(2.0, SHARE_OF_PHOTOS * len(others))
        drop.append(hits >= need)
        step.advance()
    counts = np.array([int(d.sum()) for d in drop])
    shares = np.array([d.mean() if len(d) else 0.0 for d in drop])
    few = not certain and len(counts) > 0 and np.median(counts) < CLEARLY
    if len(counts) < 3 or few or np.median(shares) > ALL_STILL:
        drop = [np.zeros_like(d) for d in drop]
    return Still(drop=tuple(drop), per_photo=float(np.median(counts)) if len(counts) else 0.0)


def _others(index: int, rest: list[int]) -> list[int]:
    """An even choice of the rest, from near in the order to far."""
    if len(rest) <= OTHERS:
        return rest
    rest = sorted(rest, key=lambda j: abs(j - index))
    return [rest[k] for k in np.linspace(0, len(rest) - 1, OTHERS).round().astype(int)]


def _stays(first: Features, first_xy: F32, second: Features, second_xy: F32) -> Bool:
    """Which keypoints of the first have a twin at the same place of the second."""
    out = np.zeros(len(first), bool)
    if len(first) == 0 or len(second) == 0:
        return out
    cell = 2 * RADIUS
    order = np.argsort(_key(second_xy, cell, (0, 0)), kind="stable")
    keys = _key(second_xy, cell, (0, 0))[order]
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            wanted = _key(first_xy, cell, (dx, dy))
            start, stop = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
            for k in range(int((stop - start).max(initial=0))):
                rows = np.nonzero((start + k < stop) & ~out)[0]
                twins = order[start[rows] + k]
                near = ((first_xy[rows] - second_xy[twins]) ** 2).sum(1) < RADIUS**2
                rows, twins = rows[near], twins[near]
                a, b = first.descriptors[rows].astype(np.float32), second.descriptors[twins].astype(np.float32)
                out[rows[(a * b).sum(1) > LIKENESS * DESCRIPTOR_SCALE**2]] = True
    return out


def _key(xy: F32, cell: float, offset: tuple[int, int]) -> np.ndarray:
    grid = np.floor(xy / cell).astype(np.int64) + np.array(offset)
    return np.asarray((grid[:, 1] + 1) * 1_000_003 + grid[:, 0] + 1)
