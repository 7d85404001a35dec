"""How wrong a relief is that leaves a node out: in pixels where a tear would run elsewhere, in percent of depth where a plane bends.

A node halves the two triangles beside one side. Its error is the largest of its own and of all nodes that need it to be there
first, so that taking the nodes above any threshold gives a sheet without cracks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..datatypes import F32
from .lattice import Lattice
from .segments import Level, Sides, pick

PERCENT = 100.0  # one percent of depth counts as much as a tear one pixel off
WARP = 0.35  # what a pixel counts by which the photo is bent inside a triangle: less than one at a tear
FAR_COUNTS = 0.25  # of the usual inverse depth: what is far away may be off by more
CHANCE = 0.2
IRRELEVANT = 0.0


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The errors of one level: those in the middles of squares of `size`, and on the middles of their sides."""

    size: int
    middle: F32  # (rows, columns)
    right: F32  # (rows + 1, columns): on the rows
    below: F32  # (rows, columns + 1): on the columns


def errors_of(lattice: Lattice, q: F32, levels: list[Level], photo_width: int) -> list[Nodes]:
    """From squares of two cells to whole tiles; each with all that depends on it. Pixels are the photo's."""
    usual = float(np.median(q[lattice.kept & ~lattice.sky])) if (lattice.kept & ~lattice.sky).any() else 1.0
    weight = (PERCENT / (np.abs(q) + FAR_COUNTS * usual)).astype(np.float32)
    weight[~lattice.kept] = IRRELEVANT
    px = photo_width / lattice.across
    out: list[Nodes] = []
    for below, level in pairwise(levels):
        out.append(_with_dependents(_unlike(_own(q, weight, below, level, px)), out[-1] if out else None))
    return out


def _unlike(nodes: Nodes) -> Nodes:
    """Many that are equally wrong could be taken only all at once, and a budget not be met: a little chance parts them."""
    rng = np.random.default_rng(nodes.size)

    def shaken(values: F32) -> F32:
        return np.asarray(values * (1 + CHANCE * rng.random(values.shape, np.float32)), np.float32)

    return Nodes(size=nodes.size, middle=shaken(nodes.middle), right=shaken(nodes.right), below=shaken(nodes.below))


def _own(q: F32, weight: F32, fine: Level, level: Level, px: float) -> Nodes:
    s, h = level.size, fine.size
    middle = _middles(q, weight, fine, level, px)
    rows = _sides(q[::s, ::s], q[::s, h::s], weight[::s, h::s], level.right, s * px)
    columns = _sides(q[::s, ::s].T, q[h::s, ::s].T, weight[h::s, ::s].T, _turned(level.below), s * px).T
    # on the rows: apexes are the middles of the squares above and below, legs their slants, the line between a column of half size
    slant = {(j, i): pick(fine.slant, np.s_[j::2, i::2]) for j in (0, 1) for i in (0, 1)}
    down_to = pick(fine.below, np.s_[1::2, 1::2])  # from a square's middle down to the middle of its lower side
    up_to = _reversed(pick(fine.below, np.s_[0::2, 1::2]))
    length = h * px
    # the square below a row: its middle is the lower end of the slants to its two upper corners
    inner = _off(pick(level.right, np.s_[:-1]), _reversed(slant[0, 0]), _reversed(slant[0, 1]), up_to, length)
    rows[:-1] = np.maximum(rows[:-1], inner)
    # the square above a row: its middle is the upper end of the slants to its two lower corners
    inner = _off(pick(level.right, np.s_[1:]), slant[1, 0], slant[1, 1], down_to, length)
    rows[1:] = np.maximum(rows[1:], inner)
    right_to = pick(fine.right, np.s_[1::2, 1::2])
    left_to = _reversed(pick(fine.right, np.s_[1::2, 0::2]))
    inner = _off(pick(level.below, np.s_[:, :-1]), _reversed(slant[0, 0]), slant[1, 0], left_to, length)
    columns[:, :-1] = np.maximum(columns[:, :-1], inner)
    inner = _off(pick(level.below, np.s_[:, 1:]), _reversed(slant[0, 1]), slant[1, 1], right_to, length)
    columns[:, 1:] = np.maximum(columns[:, 1:], inner)
    return Nodes(size=s, middle=middle, right=rows, below=columns)


def _middles(q: F32, weight: F32, fine: Level, level: Level, px: float) -> F32:
    s, h = level.size, fine.size
    rows, columns = level.slant.at.shape
    rightwards = np.add.outer(np.arange(rows), np.arange(columns)) % 2 == 0
    top, bottom = pick(level.right, np.s_[:-1]), pick(level.right, np.s_[1:])
    left, rest = pick(level.below, np.s_[:, :-1]), pick(level.below, np.s_[:, 1:])
    slant = {(j, i): pick(fine.slant, np.s_[j::2, i::2]) for j in (0, 1) for i in (0, 1)}
    a = np.where(rightwards, q[:-1:s, :-1:s], q[:-1:s, s::s])
    b = np.where(rightwards, q[s::s, s::s], q[s::s, :-1:s])
    own = _sag(a, b, q[h::s, h::s], level.slant) * weight[h::s, h::s]
    own = np.maximum(own, _warp(a, b, level.slant, s * px * 1.414) * (weight[h::s, h::s] > 0))
    length = h * px * 1.414
    # rightwards: from the upper right corner, then from the lower left one; leftwards: upper left, lower right
    one = _off(level.slant, _reversed(top), rest, slant[0, 1], length)
    other = _off(level.slant, _reversed(left), bottom, _reversed(slant[1, 0]), length)
    crossed = np.maximum(one, other)
    one = _off(level.slant, top, left, slant[0, 0], length)
    other = _off(level.slant, _reversed(rest), _reversed(bottom), _reversed(slant[1, 1]), length)
    return np.asarray(np.maximum(own, np.where(rightwards, crossed, np.maximum(one, other))), np.float32)


def _sides(corner: F32, middle: F32, weight: F32, sides: Sides, length: float) -> F32:
    """Along rows: how far the middle of each side is from the line between its ends."""
    a, b = corner[:, :-1], corner[:, 1:]
    sag, warp = _sag(a, b, middle, sides) * weight, _warp(a, b, sides, length) * (weight > 0)
    return np.asarray(np.maximum(sag, warp), np.float32)


def _warp(a: F32, b: F32, side: Sides, length: float) -> F32:
    """Inside a face the photo is spread evenly over space, not over the picture: by how many pixels that is off halfway."""
    off = np.abs(a - b) / (a + b) * np.float32(WARP * length / 2)
    return np.asarray(np.where(side.odd, 0, off), np.float32)


def _sag(a: F32, b: F32, middle: F32, side: Sides) -> F32:
    """The middle against what its own sheet would have there."""
    before = side.at >= 0.5  # the cut comes after the middle: it lies on the start's sheet
    at = np.clip(side.at, 0.02, 0.98)
    on_first = a + (side.first - a) * (0.5 / at)
    on_last = b + (side.last - b) * (0.5 / (1 - at))
    cut = np.where(before, on_first, on_last)
    return np.asarray(np.abs(middle - np.where(side.odd, cut, (a + b) / 2)), np.float32)


def _off(base: Sides, to_start: Sides, to_end: Sides, to_middle: Sides, length: float) -> F32:
    """Pixels by which a triangle's cut misses the true one on the way from its apex to the middle of its base.

    `to_start`, `to_end`, `to_middle` run from the apex. Where a tear ends inside, or three meet, or it crosses more than once, all
    of the way counts: such a triangle is to be halved.
    """
    t, one, two = base.at, to_start.at, to_end.at
    on_base, on_one, on_two = base.odd, to_start.odd, to_end.odd
    apex = ~on_base & on_one & on_two
    start = on_base & on_one & ~on_two
    end = on_base & ~on_one & on_two
    foretold = np.where(apex, 2 * one * two / np.maximum(one + two, 1e-6), np.nan)
    late, early = np.where(start, t, 1 - t), np.where(start, one, two)
    share = early / np.maximum(2 * late - 1 + early, 1e-6)
    foretold = np.where((start | end) & (late >= 0.5), 2 * share * late, foretold)
    told, seen = np.isfinite(foretold), to_middle.odd
    miss = np.where(told & seen, np.abs(np.nan_to_num(foretold) - to_middle.at), 0.0)
    miss = np.where(told & ~seen, np.abs(1 - np.nan_to_num(foretold)), miss)
    miss = np.where(~told & seen, 1 - to_middle.at, miss)
    odd_out = on_base ^ on_one ^ on_two | (on_base & on_one & on_two)
    more = (base.crossings > 1) | (to_start.crossings > 1) | (to_end.crossings > 1) | (to_middle.crossings > 1)
    return np.asarray(np.where(odd_out | more, 1.0, np.minimum(miss, 1.0)) * length, np.float32)


def _reversed(sides: Sides) -> Sides:
    return Sides(crossings=sides.crossings, at=1 - sides.at, first=sides.last, last=sides.first)


def _turned(sides: Sides) -> Sides:
    return Sides(**{name: getattr(sides, name).T for name in Sides.__dataclass_fields__})


def _with_dependents(own: Nodes, finer: Nodes | None) -> Nodes:
    """A side's middle must be there before the middles of the four smaller squares at it; a square's before its sides'."""
    rows, columns = own.right.copy(), own.below.copy()
    if finer is not None:
        m = finer.middle
        for j in (0, 1):
            for i in (0, 1):
                quarter = m[j::2, i::2]
                # a quarter has the middles of its square's upper or lower side and of its left or right side as corners
                edge = rows[:-1] if j == 0 else rows[1:]
                np.maximum(edge, quarter, out=edge)
                edge = columns[:, :-1] if i == 0 else columns[:, 1:]
                np.maximum(edge, quarter, out=edge)
    middle = own.middle.copy()
    for edge in (rows[:-1], rows[1:], columns[:, :-1], columns[:, 1:]):
        np.maximum(middle, edge, out=middle)
    return Nodes(size=own.size, middle=middle, right=rows, below=columns)
