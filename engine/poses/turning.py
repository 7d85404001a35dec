"""Did the camera only turn on the spot? Then one rotation explains all the matches of every pair, and there is no depth to find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..datatypes import F32, F64, I32
from .lenses import Lenses

MAX_ERROR = 3.0  # solver's pixels
EXPLAINED = 0.9  # of a pair's matches
PAIRS_TURNED = 0.9  # of the pairs looked at
LOOKED_AT = 24
MIN_MATCHES = 30
FOCAL_FACTORS = (1.0, 0.97, 1.03, 0.9, 1.1, 0.8, 1.25, 0.65, 1.5)  # priors may be off, and a wrong one bends a rotation


class Matched(Protocol):
    """Two photos by index, and which keypoints of theirs are the same."""

    @property
    def first(self) -> int: ...

    @property
    def second(self) -> int: ...

    @property
    def matches(self) -> I32: ...


def only_turned(pairs: Sequence[Matched], xy: Sequence[F32], lenses: Lenses, *, max_error: float = MAX_ERROR) -> bool:
    """True when rotation alone explains nearly all matches of nearly all the strongest pairs. `xy` in the solver's pixels."""
    strong = sorted((p for p in pairs if len(p.matches) >= MIN_MATCHES), key=lambda p: -len(p.matches))[:LOOKED_AT]
    if not strong:
        return False
    turned = 0
    for pair in strong:
        explained = max(_explained(pair, xy, lenses, factor, max_error) for factor in FOCAL_FACTORS)
        turned += explained > EXPLAINED
    return turned >= PAIRS_TURNED * len(strong)


def _explained(pair: Matched, xy: Sequence[F32], lenses: Lenses, focal_factor: float, max_error: float) -> float:
    """The share of a pair's matches that the best rotation brings within `max_error`."""
    first, second = pair.matches.T
    a = _rays(xy[pair.first][first], lenses.of(pair.first).params, focal_factor)
    b = _rays(xy[pair.second][second], lenses.of(pair.second).params, focal_factor)
    tolerance = max_error / (float(lenses.of(pair.second).params[0]) * focal_factor)
    weight = np.ones(len(a))
    error = weight
    for _ in range(8):
        u, _, vt = np.linalg.svd((b * weight[:, None]).T @ a)
        rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        error = np.linalg.norm(b - a @ rotation.T, axis=1)
        weight = 1 / (tolerance + error) ** 2
    return float((error < tolerance).mean())


def _rays(pixels: F32, params: Sequence[float], focal_factor: float) -> F64:
    focal, centre_x, centre_y = params[0] * focal_factor, params[1], params[2]
    rays = np.stack([(pixels[:, 0] - centre_x) / focal, (pixels[:, 1] - centre_y) / focal, np.ones(len(pixels))], 1)
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.float64)
