"""Which triangles of the lattice a relief is made of: as few as a budget allows, small where depth bends or tears, large where it is flat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, Bool
from .errors import Nodes
from .lattice import Lattice
from .segments import Table

Index = NDArray[np.int64]
FINE_ENOUGH = 0.08  # percent of depth, or pixels: no faces are spent on less
ROUNDS = 14
CLOSE = 0.985  # of the budget: near enough


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """(n, 3) nodes of each triangle, seen from the camera counter-clockwise; each side's number, whether it starts at the corner
    of its place and leads to the next, and whether a tear crosses it."""

    corners: Index
    sides: Index
    forward: Bool
    odd: Bool


def node_errors(lattice: Lattice, nodes: list[Nodes]) -> F32:
    """One array of all nodes; the corners of tiles are always there."""
    out = np.full(lattice.q.shape, np.inf, np.float32)
    for level in nodes:
        s, h = level.size, level.size // 2
        out[h::s, h::s] = level.middle
        out[::s, h::s] = level.right
        out[h::s, ::s] = level.below
    return out


def within_budget(
    lattice: Lattice, errors: F32, table: Table, budget: int, faces: Callable[[Leaves], int], check: Callable[[], None]
) -> Leaves | None:
    """The triangles of the smallest error whose mesh has at most `budget` faces. None if even the coarsest has more."""
    flat = errors.ravel()
    inner = np.sort(flat[np.isfinite(flat) & (flat > FINE_ENOUGH)])[::-1]
    best: Leaves | None = None
    low, high = 0, len(inner)  # so many nodes are certainly not too many; perhaps too many
    guess = min(budget // 3, high)
    for _ in range(ROUNDS):
        check()
        threshold = FINE_ENOUGH if guess >= len(inner) else float(inner[guess])
        leaves = leaves_of(lattice, flat, table, threshold)
        count = faces(leaves)
        if count <= budget:
            best, low = leaves, guess
            if guess >= len(inner) or count >= CLOSE * budget:
                break
        else:
            high = guess
        if high - low <= max(1, 0.002 * high):
            break
        follow = int(guess * budget * (1 + CLOSE) / 2 / max(count, 1))
        guess = follow if low < follow < high else (low + high) // 2
        if best is None and guess < 8:
            guess, high = 0, max(high, 1)
    if best is None:
        leaves = leaves_of(lattice, flat, table, np.inf)
        best = leaves if faces(leaves) <= budget else None
    return best


def leaves_of(lattice: Lattice, errors: F32, table: Table, threshold: float) -> Leaves:
    """Halves triangles, from whole tiles down, wherever the node in between is more wrong than the threshold."""
    apex, start, end = _tiles(lattice)
    done: list[tuple[Index, Index, Index]] = []
    for _ in range(2 * int(np.log2(lattice.tile))):
        middle = (start + end) // 2
        split = errors[middle] > threshold
        done.append((apex[~split], start[~split], end[~split]))
        apex, start, end, middle = apex[split], start[split], end[split], middle[split]
        apex, start, end = (
            np.concatenate([middle, middle]),
            np.concatenate([apex, end]),
            np.concatenate([start, apex]),
        )
    done.append((apex, start, end))
    corners = np.stack([np.concatenate(part) for part in zip(*done, strict=True)], 1)
    sides, forward = table.find(corners, np.roll(corners, -1, 1))
    return Leaves(corners=corners, sides=sides, forward=forward, odd=table.odd[sides])


def _tiles(lattice: Lattice) -> tuple[Index, Index, Index]:
    """Two triangles each: apex, and the two ends of the slant, in turn."""
    rows, columns = lattice.down // lattice.tile, lattice.across // lattice.tile
    row, column = (a.ravel() for a in np.mgrid[0:rows, 0:columns])
    width, tile = lattice.across + 1, lattice.tile
    upper_left = row * tile * width + column * tile
    upper_right, lower_left = upper_left + tile, upper_left + tile * width
    lower_right = lower_left + tile
    rightwards = (row + column) % 2 == 0
    first = [
        np.where(rightwards, *pair)
        for pair in ((upper_right, upper_left), (upper_left, lower_left), (lower_right, upper_right))
    ]
    other = [
        np.where(rightwards, *pair)
        for pair in ((lower_left, lower_right), (lower_right, upper_right), (upper_left, lower_left))
    ]
    apex, start, end = (np.concatenate(pair) for pair in zip(first, other, strict=True))
    return apex, start, end
