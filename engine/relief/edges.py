"""Where a depth map jumps: soft ramps are made hard, and between which neighbouring nodes the sheet tears, and where exactly.

A jump is what neither side's own slope foretells: planes are linear in inverse depth, however grazing they are seen, so a floor
never jumps. The mathematics is along one axis; for the other the arrays are turned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, Bool
from .lattice import Lattice

REACHES = ((1,), (2, 4, 8, 16))  # nodes from the middle of a ramp to where its two sides are read, in two rounds
LEAST_RATIO = 0.06  # of the nearer side's inverse depth: a jump, at the usual readiness to tear
LEAST_SHARE = 0.012  # of the photo's range of inverse depth: what is small beside everything else is no edge
BETWEEN = 0.1  # of a jump: what lies closer to a side belongs to it already
CLEAR = 20  # nodes around a ramp without any hard step
ALONE = 3.0  # times the steps beside it: then a step is hard, and no part of a ramp
NEARLY = 0.015  # of its inverse depth: so close to a side is on it
LEAN = 0.1  # of a jump
WIDER = 1.05  # a wider look must see so much more of a jump than a narrower one
SHARP = 0.8  # nodes: how wide a hard edge is smoothed to find where it runs between the nodes
SMEARED = 0.015  # of the picture's longer side
BENT = 0.03  # of a tear's jump: less is no bend
TO_BACK = 0.3  # nodes: a pixel that both sides share goes to the front, where it is no ghost of it on what lies behind
MARGIN = 0.12  # of the way between two nodes: a cut keeps this far from both, so that no needles arise


Tidy = Callable[[Bool, Bool], tuple[Bool, Bool]]


@dataclass(frozen=True, kw_only=True)
class Tears:
    """Which unit steps between nodes are torn, and how far along each (0..1) the cut lies.

    `right` (down + 1, across): from a node to the next on its right. `below` (down, across + 1). `slant` (down, across): over each
    cell from its upper to its lower corner: rightwards in cells where row + column is even, leftwards in the others.
    """

    right: Bool
    below: Bool
    slant: Bool
    right_at: F32
    below_at: F32
    slant_at: F32


def least_jump(q: F32, sky: Bool, tear: float) -> tuple[float, float]:
    """(as a ratio, in inverse depth): from where on the sheet tears; infinite at a readiness of 0."""
    if tear <= 0:
        return np.inf, np.inf
    factor = max(2 / tear - 1, 0.25)
    solid = q[~sky]
    low, high = np.percentile(solid[:: max(solid.size // 100_000, 1)], [2, 98]) if solid.size else (0.0, 1.0)
    return LEAST_RATIO * factor, LEAST_SHARE * factor * float(high - low)


def hardened(lattice: Lattice, tear: float) -> F32:
    """Inverse depth without ramps: a node that lies on the way between two sheets is given to one of them."""
    q = lattice.q
    ratio, least = least_jump(q, lattice.sky, tear)
    if not np.isfinite(ratio):
        return q
    for reaches in REACHES:
        best, out = np.zeros_like(q), q.copy()
        for turned in (False, True):
            one, jump, result = (a.T if turned else a for a in (q, best, out))
            steps = None if reaches[0] == 1 else _hard_steps(one, ratio, least)
            for reach in reaches:
                if one.shape[1] > 4 * reach + 1:
                    _harden_along(one, steps, jump, result, reach, ratio, least)
        changed = out != q
        q = out
        if reaches[0] > 1 and changed.any():
            for _ in range(2):  # neighbouring rows must agree about what is whose
                q = np.where(changed, cv2.medianBlur(q, 5), q)
        if reaches[0] == 1:
            right, below = _torn_along(q, ratio, least), _torn_along(q.T, ratio, least).T
            q = rims_cleaned(q, right, below, rim_depths(lattice))
    return q


def rim_depths(lattice: Lattice) -> tuple[int, ...]:
    """How far into a sheet its rim may have been bent: what a small network smears is a share of the picture."""
    longest = max(round(max(lattice.across, lattice.down) * SMEARED), 2)
    return tuple(sorted({longest, longest // 2, longest // 4, 1} - {0}, reverse=True))


def _hard_steps(q: F32, ratio: float, least: float) -> np.ndarray:
    """How many there are on each row up to each node."""
    step = np.abs(np.diff(q, axis=1))
    beside = np.zeros_like(step)
    beside[:, 1:] = step[:, :-1]
    beside[:, :-1] = np.maximum(beside[:, :-1], step[:, 1:])
    hard = (step > ALONE * beside) & (step > least / 2) & (step > ratio / 2 * np.maximum(q[:, 1:], q[:, :-1]))
    return np.concatenate([np.zeros((len(q), 1), np.int32), np.cumsum(hard, axis=1, dtype=np.int32)], 1)


def _harden_along(
    q: F32, steps: np.ndarray | None, best: F32, out: F32, reach: int, ratio: float, least: float
) -> None:
    """Writes into `best` (the largest jump seen so far) and `out` for the nodes that have room for a look this wide."""
    r = reach
    inner = slice(2 * r, q.shape[1] - 2 * r)
    here = q[:, inner]
    left, right = q[:, r : q.shape[1] - 3 * r], q[:, 3 * r : q.shape[1] - r]
    foretold_left = 2 * left - q[:, : q.shape[1] - 4 * r]
    foretold_right = 2 * right - q[:, 4 * r :]
    plain, foretold = right - left, foretold_right - foretold_left
    straight = np.abs(foretold) < np.abs(plain)
    size = np.minimum(np.abs(foretold), np.abs(plain))
    jumps = (plain * foretold > 0) & (size > least) & (size > ratio * np.maximum(left, right))
    jumps &= size > WIDER * best[:, inner]
    slack = LEAN * size  # what lies further on may be another thing: a side is led on by its slope only so far
    low = np.where(straight, np.clip(foretold_left, left - slack, left + slack), left)
    high = np.where(straight, np.clip(foretold_right, right - slack, right + slack), right)
    from_low, from_high = np.abs(here - low), np.abs(here - high)
    # on the way from one to the other, and with neither yet; nor on the plane that leads on from either
    width = np.abs(high - low)
    off = np.minimum(
        np.minimum(from_low, from_high), np.minimum(np.abs(here - foretold_left), np.abs(here - foretold_right))
    )
    reached = np.minimum(BETWEEN * width, NEARLY * np.where(from_low < from_high, low, high))
    between = (from_low < width) & (from_high < width) & (off > reached)
    take = jumps & between & (np.minimum(low, high) > 0)
    if steps is not None:  # a hard step with a sheet on either side is no ramp, and what lies behind it another thing
        n = steps.shape[1]
        ahead = steps[:, np.minimum(np.arange(2 * r, n - 2 * r) + CLEAR, n - 1)]
        take &= ahead == steps[:, np.maximum(np.arange(2 * r, n - 2 * r) - CLEAR, 0)]
    out[:, inner][take] = np.where(from_low < from_high, low, high)[take]
    best[:, inner][jumps] = size[jumps]


def rims_cleaned(q: F32, right: Bool, below: Bool, depths: tuple[int, ...]) -> F32:
    """Rims do not bend towards the other side of their tear: what does is led on straight from further inside its own sheet."""
    out = q.copy()
    for turned in (False, True):
        values, cut = (out.T, below.T) if turned else (out, right)
        count = np.concatenate([np.zeros((len(cut), 1), np.int32), np.cumsum(cut, axis=1, dtype=np.int32)], 1)
        rows, columns = np.nonzero(cut)
        for ahead in (1, -1):
            rim = columns if ahead == 1 else columns + 1  # the node at the tear whose sheet is looked at
            done = np.zeros(len(rows), bool)
            for depth in depths:
                done |= _clean_rims(values, count, rows, rim, ahead, depth, ~done)
    return out


def _clean_rims(
    values: F32, count: np.ndarray, rows: np.ndarray, rim: np.ndarray, ahead: int, depth: int, wanted: Bool
) -> Bool:
    """For the tears whose sheet is whole for twice so many nodes. Which those were."""
    inmost = rim - ahead * 2 * depth
    inside = wanted & (inmost >= 0) & (inmost < values.shape[1])
    at, row, most = rim[inside], rows[inside], inmost[inside]
    whole = count[row, np.maximum(at, most)] == count[row, np.minimum(at, most)]
    at, row, most = at[whole], row[whole], most[whole]
    base = at - ahead * depth
    start, slope = values[row, base], (values[row, base] - values[row, most]) / depth
    slope = np.clip(slope, -0.03 * start, 0.03 * start)
    over = values[row, at + ahead] - values[row, at]
    for k in range(1, depth + 1):
        node = base + ahead * k
        straight = start + slope * k
        off = values[row, node] - straight
        bent = (off * over > 0) & (np.abs(off) > BENT * np.abs(over))
        values[row[bent], node[bent]] = straight[bent]
    found = np.zeros(len(rows), bool)
    found[np.nonzero(inside)[0][whole]] = True
    return found


def torn(lattice: Lattice, q: F32, tear: float, tidy: Tidy = lambda right, below: (right, below)) -> Tears:
    """`q` is the hardened map. What is left out, and the sky, are always torn off; `tidy` may mend tears of depth."""
    group = (lattice.sky.astype(np.uint8) + 2 * (~lattice.kept)).astype(np.uint8)
    ratio, least = least_jump(q, lattice.sky, tear)
    if tear <= 0:
        group = (2 * (~lattice.kept)).astype(np.uint8)
    right, below = tidy(_torn_along(q, ratio, least), _torn_along(q.T, ratio, least).T)
    right, below = right | (group[:, 1:] != group[:, :-1]), below | (group[1:] != group[:-1])
    return located(lattice, q, right, below, group)


def located(lattice: Lattice, q: F32, right: Bool, below: Bool, group: np.ndarray) -> Tears:
    """The slants that follow from the sides, and where each tear lies between its two nodes."""
    slant = _slants(q, right, below, group)
    soft, hard = [_soft(lattice.soft_q, SHARP)], [q]
    if ((group & 1) > 0).any():
        soft.append(_soft(lattice.soft_sky, SHARP))
        hard.append((group & 1).astype(np.float32))
    if ((group & 2) > 0).any():
        hard.append((group >> 1).astype(np.float32))
        soft.append(_soft(hard[-1], SHARP))
    upper, lower = _slant_ends(q.shape)
    return Tears(
        right=right,
        below=below,
        slant=slant,
        right_at=_where(hard, soft, lambda a: a[:, :-1], lambda a: a[:, 1:]),
        below_at=_where(hard, soft, lambda a: a[:-1], lambda a: a[1:]),
        slant_at=_where(hard, soft, upper, lower),
    )


def _torn_along(q: F32, ratio: float, least: float) -> Bool:
    """Between each node and the next."""
    padded = np.concatenate([2 * q[:, :1] - q[:, 1:2], q, 2 * q[:, -1:] - q[:, -2:-1]], 1)
    step = np.diff(padded, axis=1)
    before, plain, after = step[:, :-2], step[:, 1:-1], step[:, 2:]
    foretold = plain - (before + after) / 2
    size = np.minimum(np.abs(plain), np.abs(foretold))
    larger = np.maximum(q[:, :-1], q[:, 1:])
    return np.asarray((plain * foretold > 0) & (size > least) & (size > ratio * larger))


def _slant_ends(shape: tuple[int, ...]):  # type: ignore[no-untyped-def]
    rows, columns = shape[0] - 1, shape[1] - 1
    rightwards = (np.add.outer(np.arange(rows), np.arange(columns)) % 2) == 0

    def upper(a: F32) -> F32:
        return np.where(rightwards, a[:-1, :-1], a[:-1, 1:])

    def lower(a: F32) -> F32:
        return np.where(rightwards, a[1:, 1:], a[1:, :-1])

    return upper, lower


def _slants(q: F32, right: Bool, below: Bool, group: np.ndarray) -> Bool:
    """A slant is torn where no way around its cell is whole, unless its ends are alike all the same."""
    top, bottom, left, rest = right[:-1], right[1:], below[:, :-1], below[:, 1:]
    rightwards = (np.add.outer(np.arange(q.shape[0] - 1), np.arange(q.shape[1] - 1)) % 2) == 0
    one = np.where(rightwards, top | rest, top | left)  # from the upper end along the top, then down
    other = np.where(rightwards, left | bottom, rest | bottom)
    upper, lower = _slant_ends(q.shape)
    a, b = upper(q), lower(q)
    steps = np.stack([np.abs(np.diff(q, axis=1))[:-1], np.abs(np.diff(q, axis=1))[1:]]).max(0)
    unlike = (np.abs(a - b) > 0.5 * steps) | (upper(group) != lower(group))
    return np.asarray(one & other & unlike)


def _soft(values: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def _where(hard: list[F32], soft: list[F32], first, second) -> F32:  # type: ignore[no-untyped-def]
    """Where the smoothed step reaches the middle of its two sides: a staircase of nodes becomes a line again."""
    total: F32 | None = None
    at: F32 | None = None
    for h, s in zip(hard, soft, strict=True):
        a, b, low, high = first(h), second(h), first(s), second(s)
        rise = high - low
        size = np.abs(b - a)
        safe = np.where(np.abs(rise) > 1e-9, rise, 1)
        behind = np.where(b < a, TO_BACK, -TO_BACK) if total is None else 0
        here = np.clip(((a + b) / 2 - low) / safe + behind, MARGIN, 1 - MARGIN)
        here = np.where(np.abs(rise) > 1e-9, here, 0.5)
        # a border of what is left out counts more than any jump of depth along it
        size = size / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-9) if total is None else size * 10
        total, at = (
            (size, here) if total is None or at is None else (np.maximum(total, size), np.where(size > total, here, at))
        )
    assert at is not None
    return np.asarray(at, np.float32)
