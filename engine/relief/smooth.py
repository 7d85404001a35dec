"""Smoothing that keeps edges: inverse depth spreads from node to node, never over a tear. Planes stay as they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..datatypes import F32
from .edges import Tears

MOST_ROUNDS = 80
STEP = 0.2  # of the difference to the four neighbours, per round: below 0.25 it is stable


def smoothed(q: F32, tears: Tears, amount: float, check: Callable[[], None]) -> F32:
    """`amount` 0 leaves it as it is, 1 is as soft as it gets."""
    rounds = round(MOST_ROUNDS * amount)
    if rounds <= 0:
        return q
    across, down = (STEP * ~tears.right).astype(np.float32), (STEP * ~tears.below).astype(np.float32)
    out = q.copy()
    for _ in range(rounds):
        check()
        flow_x, flow_y = np.diff(out, axis=1) * across, np.diff(out, axis=0) * down
        # a node at a rim has a neighbour on one side only: without its opposite it would be pulled off its plane
        change = np.zeros_like(out)
        inner = ~tears.right[:, :-1] & ~tears.right[:, 1:]
        change[:, 1:-1] += np.where(inner, flow_x[:, 1:] - flow_x[:, :-1], 0)
        inner = ~tears.below[:-1] & ~tears.below[1:]
        change[1:-1] += np.where(inner, flow_y[1:] - flow_y[:-1], 0)
        out += change
    return out
