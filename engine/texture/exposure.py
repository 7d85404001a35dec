"""One gain per photo and channel, so that all photos agree on the surface's colour: robust least squares over shared points."""

from __future__ import annotations

import numpy as np

from ..datatypes import F64, I32
from .observe import Observations

SAMPLES = 4000  # vertices that are compared
DARK, BRIGHT = 12, 243  # values beyond are noise or clipped
PRIOR = 0.01  # how strongly a gain is held at 1, against a pair of photos that shares all samples


def solve_gains(observed: Observations, seed: int = 0) -> F64:
    """(N, 3) factors on 8-bit values; their geometric mean is 1 per channel.

    A power law keeps ratios, so a change of exposure is a factor on sRGB values too.
    """
    seen = (observed.quality > 0.02).sum(0) >= 2
    index = np.nonzero(seen)[0]
    views = len(observed.quality)
    if len(index) == 0 or views < 2:
        return np.ones((views, 3))
    rng = np.random.default_rng(seed)
    index = np.sort(rng.choice(index, min(SAMPLES, len(index)), replace=False))
    values = observed.colours[:, index].astype(np.float32)
    good = observed.quality[:, index] > 0.02
    good &= (values > DARK).all(2) & (values < BRIGHT).all(2)
    logs = np.log(np.maximum(values, 1))
    first, second, step, weight = _compare(logs, good, len(index))
    out = np.zeros((views, 3))
    for channel in range(3):
        out[:, channel] = _solve(views, first, second, step[:, channel], weight)
    return np.asarray(np.exp(np.clip(out - out.mean(0), -1.2, 1.2)))


def _compare(logs: np.ndarray, good: np.ndarray, samples: int) -> tuple[I32, I32, F64, F64]:
    """Pairs of photos: how much darker the second is (median of shared points), and how far to trust that."""
    first, second, step, weight = [], [], [], []
    for i in range(len(logs)):
        for j in range(i + 1, len(logs)):
            both = good[i] & good[j]
            shared = int(both.sum())
            if shared < 20:
                continue
            difference = logs[i, both] - logs[j, both]
            middle = np.median(difference, axis=0)
            spread = np.median(np.abs(difference - middle)) + 0.02
            first.append(i)
            second.append(j)
            step.append(middle)
            weight.append(np.sqrt(shared / samples) * 0.1 / spread)
    return np.array(first, np.int32), np.array(second, np.int32), np.array(step).reshape(-1, 3), np.array(weight)


def _solve(views: int, first: I32, second: I32, step: F64, weight: F64) -> F64:
    """log gains g with g[second] - g[first] = step, outliers weighted down in a few rounds."""
    trust = weight.copy()
    g: F64 = np.zeros(views)
    for _ in range(6):
        A = np.eye(views) * PRIOR
        b = np.zeros(views)
        np.add.at(A, (first, first), trust)
        np.add.at(A, (second, second), trust)
        np.add.at(A, (first, second), -trust)
        np.add.at(A, (second, first), -trust)
        np.add.at(b, first, -trust * step)
        np.add.at(b, second, trust * step)
        g = np.asarray(np.linalg.solve(A, b), np.float64)
        miss = np.abs(g[second] - g[first] - step)
        trust = weight / np.maximum(miss / 0.03, 1)
    return g
