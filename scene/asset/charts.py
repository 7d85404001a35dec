"""Cuts a mesh into few, compact charts that lie flat well: grown from seeds by the way the smoothed surface faces. No bpy here."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

WIDEST = np.cos(np.radians(62))  # a face leans at most so far from its chart's axis
COMPACT = 0.35  # what distance from the chart's seed costs against leaning, in units of the whole's size
SMOOTHING = (
    5  # rounds over the neighbours, at 4,000 faces, before the way a face looks is taken; a finer mesh gets more
)
ROUNDS = 3  # of growing anew from the charts' middles
SMALL = 2e-3  # of the surface: a smaller chart joins a neighbour where it can


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Faces as a graph: (F, 3) normals and middles, (F,) areas, (E, 2) pairs of neighbours, (E,) the length of their edge."""

    whole: int  # faces of the mesh that these are from
    normals: np.ndarray
    middles: np.ndarray
    areas: np.ndarray
    pairs: np.ndarray
    borders: np.ndarray


def charts_of(faces: Faces, widest: float = WIDEST) -> np.ndarray:
    """(F,) chart numbers."""
    normals = _smoothed(faces)
    neighbours = _neighbours(faces)
    size = max(float(np.linalg.norm(np.ptp(faces.middles, axis=0))), 1e-12)
    places = faces.middles / size
    seeds: list[int] = []
    chart = np.zeros(len(normals), np.int64)
    for _ in range(ROUNDS):
        chart = _grow(normals, places, neighbours, seeds, widest)
        chart = _join_small(faces, normals, chart, widest)
        seeds = _middles(normals, places, faces.areas, chart)
    return np.unique(chart, return_inverse=True)[1]


def _smoothed(faces: Faces) -> np.ndarray:
    normals = faces.normals * faces.areas[:, None]
    for _ in range(int(np.clip(SMOOTHING * (faces.whole / 4000) ** 0.5, 3, 60))):
        total = normals.copy()
        for one, other in ((0, 1), (1, 0)):
            for axis in range(3):
                total[:, axis] += np.bincount(faces.pairs[:, one], normals[faces.pairs[:, other], axis], len(normals))
        normals = total / np.maximum(np.linalg.norm(total, axis=1), 1e-30)[:, None] * faces.areas[:, None]
    length = np.linalg.norm(normals, axis=1)
    return np.where((length > 0)[:, None], normals / np.maximum(length, 1e-30)[:, None], faces.normals)


def _neighbours(faces: Faces) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(len(faces.normals))]
    for a, b in faces.pairs.tolist():
        found[a].append(b)
        found[b].append(a)
    return found


def _grow(
    normals: np.ndarray, places: np.ndarray, neighbours: list[list[int]], seeds: list[int], widest: float
) -> np.ndarray:
    """All charts at once, the cheapest face first; what none may take starts a chart of its own."""
    count = len(normals)
    chart = np.full(count, -1, np.int64)
    axis: list[np.ndarray] = []
    root: list[np.ndarray] = []
    heap: list[tuple[float, int, int]] = []

    def offer(face: int, number: int) -> None:
        lean = float(normals[face] @ axis[number])
        if lean >= widest:
            apart = places[face] - root[number]
            heapq.heappush(heap, (1 - lean + COMPACT * float(apart @ apart) ** 0.5, face, number))

    def start(face: int) -> None:
        axis.append(normals[face])
        root.append(places[face])
        heapq.heappush(heap, (0.0, face, len(axis) - 1))

    for face in seeds:
        start(face)
    next_free = 0
    while True:
        while heap:
            _, face, number = heapq.heappop(heap)
            if chart[face] >= 0:
                continue
            chart[face] = number
            for other in neighbours[face]:
                if chart[other] < 0:
                    offer(other, number)
        while next_free < count and chart[next_free] >= 0:
            next_free += 1
        if next_free == count:
            return chart
        start(next_free)


def _middles(normals: np.ndarray, places: np.ndarray, areas: np.ndarray, chart: np.ndarray) -> list[int]:
    """Of each chart the face that looks like the whole and lies in its middle: where it grows from next."""
    _, chart = np.unique(chart, return_inverse=True)
    count = int(chart.max(initial=-1)) + 1
    axis = np.stack([np.bincount(chart, normals[:, k] * areas, count) for k in range(3)], 1)
    axis /= np.maximum(np.linalg.norm(axis, axis=1), 1e-30)[:, None]
    weight = np.maximum(np.bincount(chart, areas, count), 1e-30)
    middle = np.stack([np.bincount(chart, places[:, k] * areas, count) for k in range(3)], 1) / weight[:, None]
    cost = 1 - (normals * axis[chart]).sum(1) + COMPACT * np.linalg.norm(places - middle[chart], axis=1)
    order = np.lexsort((cost, chart))
    first = np.searchsorted(chart[order], np.arange(count))
    return [int(face) for face in order[first]]


def _join_small(faces: Faces, normals: np.ndarray, chart: np.ndarray, widest: float) -> np.ndarray:
    """Crumbs join the neighbour with the longest common border that doesn't look too far away."""
    for _ in range(4):
        _, chart = np.unique(chart, return_inverse=True)
        count = int(chart.max(initial=-1)) + 1
        area = np.bincount(chart, faces.areas, count)
        axis = np.stack([np.bincount(chart, normals[:, k] * faces.areas, count) for k in range(3)], 1)
        axis /= np.maximum(np.linalg.norm(axis, axis=1), 1e-30)[:, None]
        a, b = chart[faces.pairs[:, 0]], chart[faces.pairs[:, 1]]
        apart = a != b
        both = np.concatenate([np.stack([a, b], 1)[apart], np.stack([b, a], 1)[apart]])
        keys, which = np.unique(both[:, 0] * count + both[:, 1], return_inverse=True)
        border = np.bincount(which.ravel(), np.tile(faces.borders[apart], 2), len(keys))
        small, other = keys // max(count, 1), keys % max(count, 1)
        fits = (axis[small] * axis[other]).sum(1) > widest * 0.6
        use = fits & (area[small] < SMALL * area.sum()) & (area[other] > area[small])
        if not use.any():
            break
        target = np.arange(count)
        order = np.argsort(border[use], kind="stable")
        target[small[use][order]] = other[use][order]  # the longest border is written last
        for _ in range(8):
            target = target[target]
        chart = target[chart]
    return chart
