"""Lays charts into the square atlas: shapes are turned, sorted and dropped like bricks onto a skyline, largest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F64, I32

GRID = 512  # cells of the skyline across the atlas
TINY = 3  # cells: a chart no larger is laid as the box that it fills
# Ways of laying that are tried at each size: what height costs against wasted room. No one is best for all shapes.
# The second number says what comes first: the power of the shorter side, against the longer one.
WAYS = ((0.2, 0.0), (0.2, 1.0), (1.0, 0.3), (0.05, 0.3))
TRIALS = 7  # sizes that are tried


@dataclass(frozen=True, kw_only=True)
class Charts:
    """Flat pieces, each in its own plane, in one common unit of length. Vertices and faces are split along chart borders."""

    uvs: F64  # (V, 2)
    faces: I32  # (F, 3)
    chart_of_vertex: I32  # (V,)
    chart_of_face: I32  # (F,)
    count: int


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """A chart's outline in cells, for one way of turning it: lowest and highest cell per column."""

    low: np.ndarray
    high: np.ndarray


def pack(charts: Charts, size: int, padding: int, check: Callable[[], None]) -> tuple[F64, float]:
    """(V, 2) places in 0..1 and the texels per unit: as large as fits with `padding` texels between charts."""
    uvs, box = _upright(charts)
    edges = _outline(charts)
    total = _area(uvs, charts.faces)
    best: tuple[F64, float] | None = None
    low, high = 0.0, 1.0  # of the atlas that charts fill: `low` fits, `high` does not
    guess = 0.65
    for _ in range(TRIALS):
        check()
        scale = float(np.sqrt(guess * size * size / max(total, 1e-30)))
        placed = _Trial(charts, uvs, box, edges, scale, size, padding).place(check)
        if placed is None:
            high = guess
        else:
            low, best = guess, (placed / size, scale)
        if high - low < 0.01:
            break
        guess = (low + high) / 2 if low > 0 and high < 1 else (guess + 0.06 if low > 0 else guess * 0.88)
    while best is None:  # slivers without end: padding alone fills the atlas
        guess *= 0.7
        scale = float(np.sqrt(guess * size * size / max(total, 1e-30)))
        placed = _Trial(charts, uvs, box, edges, scale, size, padding if guess > 0.05 else 1).place(check)
        best = None if placed is None else (placed / size, scale)
    return best


def _area(uvs: F64, faces: I32) -> float:
    a, b, c = (uvs[faces[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    return float(np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]).sum() / 2)


def _upright(charts: Charts) -> tuple[F64, F64]:
    """Each chart turned so that its smallest box is level and at the origin; (V, 2) and the boxes (C, 2)."""
    out = charts.uvs.copy()
    box = np.zeros((charts.count, 2))
    order = np.argsort(charts.chart_of_vertex, kind="stable")
    ends = np.cumsum(np.bincount(charts.chart_of_vertex, minlength=charts.count))
    for chart, members in enumerate(np.split(order, ends[:-1])):
        points = out[members]
        if len(points) > 3:
            unit = max(float(np.ptp(points, 0).max()), 1e-30)
            _, _, angle = cv2.minAreaRect(((points - points.mean(0)) / unit).astype(np.float32))
            turn = np.radians(angle)
            points = points @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = points - points.min(0)
        out[members], box[chart] = points, points.max(0)
    return out, box


def _outline(charts: Charts) -> I32:
    """The charts' border edges (E, 2): those of one face alone. Sorted by chart."""
    raw = np.sort(np.stack([charts.faces, np.roll(charts.faces, -1, 1)], 2).reshape(-1, 2), 1).astype(np.int64)
    keys, count = np.unique(raw[:, 0] * (len(charts.uvs) + 1) + raw[:, 1], return_counts=True)
    keys = keys[count == 1]
    edges = np.stack([keys // (len(charts.uvs) + 1), keys % (len(charts.uvs) + 1)], 1)
    return np.asarray(edges[np.argsort(charts.chart_of_vertex[edges[:, 0]], kind="stable")], np.int32)


class _Trial:
    """One size that is tried: charts as cells at that size."""

    def __init__(self, charts: Charts, uvs: F64, box: F64, edges: I32, scale: float, size: int, padding: int) -> None:
        self.charts, self.uvs, self.box, self.scale, self.padding = charts, uvs, box, scale, padding
        self.cell = size / GRID
        ends = np.cumsum(np.bincount(charts.chart_of_vertex[edges[:, 0]], minlength=charts.count))
        self.groups = np.split(edges, ends[:-1])
        self.shapes: dict[tuple[int, int], _Shape] = {}  # kept from one way of laying to the next

    def place(self, check: Callable[[], None]) -> F64 | None:
        """(V, 2) in texels, or None if it does not fit in any of the ways."""
        for lowness, shorter in WAYS:
            order = np.argsort(-self.box.max(1) * np.maximum(self.box.min(1), 1e-30) ** shorter, kind="stable")
            laid = self._lay(order, lowness, check)
            if laid is not None:
                return laid
        return None

    def _lay(self, order: np.ndarray, lowness: float, check: Callable[[], None]) -> F64 | None:
        sky = np.zeros(GRID, np.int64)
        turns, corner = np.zeros(self.charts.count, int), np.zeros((self.charts.count, 2))
        for done, chart in enumerate(order):
            if done % 64 == 0:
                check()
            best: tuple[float, int, int, int, _Shape] | None = None
            for turn, shape in self._turns(int(chart)):
                found = _drop(sky, shape, lowness)
                if found is not None and (best is None or found[0] < best[0]):
                    best = (*found, turn, shape)
            if best is None:
                return None
            _, x, y, turn, shape = best
            sky[x : x + len(shape.high)] = y + shape.high
            turns[chart], corner[chart] = turn, np.array([x, y]) * self.cell + self.padding / 2
        of = self.charts.chart_of_vertex
        out = np.empty_like(self.uvs)
        for turn in range(4):
            pick = turns[of] == turn
            out[pick] = _turned(self.uvs[pick], self.box[of[pick]], turn) * self.scale + corner[of[pick]]
        return out

    def _turns(self, chart: int) -> Iterator[tuple[int, _Shape]]:
        """The chart's shapes by how often it is turned."""
        width, height = np.ceil((self.box[chart] * self.scale + self.padding) / self.cell).astype(int)
        if max(width, height) <= TINY:
            yield 0, _Shape(low=np.zeros(width, np.int64), high=np.full(width, max(height, 1)))
            return
        for turn in range(4):
            if (chart, turn) not in self.shapes:
                segments = _turned(self.uvs[self.groups[chart]], self.box[chart], turn) * self.scale
                self.shapes[chart, turn] = _shape(segments, self.cell, self.padding)
            yield turn, self.shapes[chart, turn]


def _turned(points: F64, box: F64, turn: int) -> F64:
    """Points (…, 2) in a box from the origin, turned by quarter turns, again from the origin."""
    x, y = points[..., 0], points[..., 1]
    w, h = box[..., 0], box[..., 1]
    pairs = ((x, y), (h - y, x), (w - x, h - y), (y, w - x))
    return np.stack(pairs[turn], -1)


def _shape(segments: F64, cell: float, padding: int) -> _Shape:
    """The profile of (E, 2, 2) border edges in cells, half the padding on each side included."""
    shifted = (segments + padding / 2) / cell
    steps = max(int(np.ceil(np.abs(shifted[:, 1] - shifted[:, 0]).max(initial=0) / 0.5)), 1)
    # Long edges are rare: most charts' edges are shorter than a cell, and their ends say it all.
    t = np.linspace(0, 1, steps + 1)[None, :, None]
    points = (shifted[:, :1] * (1 - t) + shifted[:, 1:] * t).reshape(-1, 2)
    reach = padding / 2 / cell
    width = max(int(np.ceil((segments[..., 0].max(initial=0) + padding) / cell)), 1)
    low, high = np.full(width, 1 << 30), np.full(width, -1)
    bottom = np.floor(points[:, 1] - reach).astype(int)
    top = np.ceil(points[:, 1] + reach).astype(int)
    first = np.clip(np.floor(points[:, 0] - reach).astype(int), 0, width - 1)
    last = np.clip(np.floor(points[:, 0] + reach).astype(int), 0, width - 1)
    for column in range(int((last - first).max(initial=0)) + 1):
        at = np.minimum(first + column, last)
        np.minimum.at(low, at, bottom)
        np.maximum.at(high, at, top)
    empty = high < 0
    low[empty], high[empty] = 0, int(high.max(initial=1))
    return _Shape(low=np.maximum(low, 0), high=np.maximum(high, 1))


def _drop(sky: np.ndarray, shape: _Shape, lowness: float) -> tuple[float, int, int] | None:
    """(cost, x, y): where the shape falls with the least wasted room; None if it sticks out everywhere."""
    width = len(shape.low)
    if width > GRID:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(sky, width)
    y = np.maximum((windows - shape.low).max(1), 0)
    top = y + shape.high.max()
    waste = (y[:, None] + shape.low - windows).sum(1)
    cost = np.where(top <= GRID, waste / width + lowness * top, np.inf)
    x = int(cost.argmin())
    return None if not np.isfinite(cost[x]) else (float(cost[x]), x, int(y[x]))
