"""The sides that triangles on a lattice can have, at every size, and where tears cross them.

Triangles halve squares of the lattice and each other: their sides run along rows, along columns or slantwise over a square. A square's
slant runs from its upper to its lower corner: rightwards where its row + column, counted in squares, is even, else leftwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, U8
from .edges import Tears


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Sides of one size and direction: how often tears cross each (0, 1; 2 and 3 stand for more), and one crossing's place, 0..1.

    `first` and `last` are the inverse depths of the two sheets at that place: that of the side's start and that of its end.
    """

    crossings: U8
    at: F32
    first: F32
    last: F32

    @property
    def odd(self) -> np.ndarray:
        """Whether the side's ends are torn apart, as far as it can be said by one cut."""
        return np.asarray(self.crossings % 2 == 1)


@dataclass(frozen=True, kw_only=True)
class Level:
    """All sides of squares of one size."""

    size: int
    right: Sides
    below: Sides
    slant: Sides


class Table:
    """All sides of all sizes, to be looked up by their two nodes. Nodes are numbered row by row."""

    def __init__(self, levels: list[Level], columns: int) -> None:
        kinds = [getattr(level, name) for name in ("right", "below", "slant") for level in levels]
        starts = np.concatenate([[0], np.cumsum([sides.at.size for sides in kinds])])
        self._columns = columns  # of nodes
        self._starts = starts[:-1].reshape(3, len(levels))
        self._strides = np.array([sides.at.shape[1] for sides in kinds]).reshape(3, len(levels))
        self.odd = np.concatenate([sides.odd.ravel() for sides in kinds])
        self.at = np.concatenate([sides.at.ravel() for sides in kinds])
        self.first = np.concatenate([sides.first.ravel() for sides in kinds])
        self.last = np.concatenate([sides.last.ravel() for sides in kinds])

    def find(self, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(each side's number, whether it starts at `one`) between two nodes each."""
        row, column = np.divmod(one, self._columns)
        row_2, column_2 = np.divmod(other, self._columns)
        down, across = row_2 - row, column_2 - column
        size = np.maximum(np.abs(down), np.abs(across))
        level = np.round(np.log2(size)).astype(np.int64)
        kind = np.where(down == 0, 0, np.where(across == 0, 1, 2))
        place = np.minimum(row, row_2) // size * self._strides[kind, level] + np.minimum(column, column_2) // size
        return self._starts[kind, level] + place, np.where(down == 0, across > 0, down > 0)


def levels_of(q: F32, tears: Tears, tile: int) -> list[Level]:
    """From squares of one cell to whole tiles."""
    rightwards = _parity(q.shape[0] - 1, q.shape[1] - 1)
    flow_x, flow_y = _slopes(q, tears)
    a, b = np.where(rightwards, q[:-1, :-1], q[:-1, 1:]), np.where(rightwards, q[1:, 1:], q[1:, :-1])
    sign = np.where(rightwards, 1, -1).astype(np.float32)
    fa = sign * np.where(rightwards, flow_x[0][:-1, :-1], flow_x[1][:-1, 1:]) + np.where(
        rightwards, flow_y[0][:-1, :-1], flow_y[0][:-1, 1:]
    )
    fb = sign * np.where(rightwards, flow_x[1][1:, 1:], flow_x[0][1:, :-1]) + np.where(
        rightwards, flow_y[1][1:, 1:], flow_y[1][1:, :-1]
    )
    right = _unit(tears.right, tears.right_at, q[:, :-1], q[:, 1:], flow_x[0][:, :-1], flow_x[1][:, 1:])
    below = _unit(tears.below, tears.below_at, q[:-1], q[1:], flow_y[0][:-1], flow_y[1][1:])
    slant = _unit(tears.slant, tears.slant_at, a, b, fa, fb)
    levels = [Level(size=1, right=right, below=below, slant=slant)]
    size = 1
    while size < tile:
        size *= 2
        right = _joined(pick(right, np.s_[::2, 0::2]), pick(right, np.s_[::2, 1::2]))
        below = _joined(pick(below, np.s_[0::2, ::2]), pick(below, np.s_[1::2, ::2]))
        slant = _joined_slants(slant)
        levels.append(Level(size=size, right=right, below=below, slant=slant))
    return levels


def _parity(rows: int, columns: int) -> np.ndarray:
    return np.asarray((np.add.outer(np.arange(rows), np.arange(columns)) % 2) == 0)


STEEPEST = 0.03  # of inverse depth, per node: how a sheet goes on beyond its last node


def _slopes(q: F32, tears: Tears) -> tuple[tuple[F32, F32], tuple[F32, F32]]:
    """How inverse depth changes from node to node, read on the node's own sheet: (from before, from behind) along x, then y."""
    out = []
    for values, cut in ((q, tears.right), (q.T, tears.below.T)):
        step = np.where(cut, 0, np.diff(values, axis=1)).astype(np.float32)
        edge = np.zeros((len(values), 1), np.float32)
        limit = STEEPEST * values
        before = np.clip(np.concatenate([edge, step], 1), -limit, limit)
        behind = np.clip(np.concatenate([step, edge], 1), -limit, limit)
        out.append((before, behind))
    return out[0], (out[1][0].T, out[1][1].T)


def _unit(cut: np.ndarray, at: F32, a: F32, b: F32, flow_a: F32, flow_b: F32) -> Sides:
    """Sides of one cell. Each sheet goes on as it came to the cut."""
    first = np.maximum(a + flow_a * at, 0.5 * a)
    last = np.maximum(b - flow_b * (1 - at), 0.5 * b)
    return Sides(crossings=cut.astype(np.uint8), at=at, first=first.astype(np.float32), last=last.astype(np.float32))


def pick(sides: Sides, where: object) -> Sides:
    return Sides(**{name: getattr(sides, name)[where] for name in Sides.__dataclass_fields__})


def _joined(one: Sides, other: Sides) -> Sides:
    """Two sides end to end."""
    count = one.crossings + other.crossings
    count = np.where(count > 3, 2 + count % 2, count).astype(np.uint8)  # an odd number tears, an even one does not
    mine = (one.crossings % 2) == 1
    return Sides(
        crossings=count,
        at=np.where(mine, one.at / 2, 0.5 + other.at / 2).astype(np.float32),
        first=np.where(mine, one.first, other.first),
        last=np.where(mine, one.last, other.last),
    )


def _joined_slants(slant: Sides) -> Sides:
    """Those of squares twice as large."""
    rightwards = _parity(slant.at.shape[0] // 2, slant.at.shape[1] // 2)
    quarter = {(j, i): pick(slant, np.s_[j::2, i::2]) for j in (0, 1) for i in (0, 1)}

    def choose(one: Sides, other: Sides) -> Sides:
        return Sides(
            **{
                name: np.where(rightwards, getattr(one, name), getattr(other, name))
                for name in Sides.__dataclass_fields__
            }
        )

    return _joined(choose(quarter[0, 0], quarter[0, 1]), choose(quarter[1, 1], quarter[1, 0]))
