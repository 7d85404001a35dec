"""UVs for a scanned mesh: a few large charts, cut by the way the smoothed surface faces, laid flat and packed.

Scans are bumpy; cutters made for clean models answer every bump with a chart. Here the cutting and the flattening look at
a smoothed copy, so charts are few, and whatever would still lie on top of something else is cut off and laid elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, I32, TriMesh
from ..kernels.texture_cover import owners
from ..report import Report
from .graph import Graph, connected, face_edges, face_normals, face_pairs, graph_of, vertex_graph, weld
from .pack import Charts, pack

AXES = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float64)
SMOOTHING = 6  # rounds over the vertices before normals and projections are taken
FARTHEST = 0.006  # of the surface's diagonal: no vertex is smoothed further away, so coarse models keep their shape
STEEPEST = 0.3  # cosine: a face may lean this far from its chart's axis
ALIKE = 0.6  # the same for two large charts that become one: a box keeps its sides apart
SMALL = 4e-4  # of the surface: a smaller chart joins a neighbour if it can
ROUNDS = 5  # of cutting off what overlaps


@dataclass(frozen=True, kw_only=True)
class Unwrapped:
    """A mesh split along its charts' borders, with UVs per vertex."""

    mesh: TriMesh
    source_vertex: I32
    uvs: F32
    chart_of_face: I32
    texels_per_unit: float


def unwrap(mesh: TriMesh, size: int, padding: int, report: Report, polygons: I32 | None = None) -> Unwrapped:
    """Cuts, flattens and packs. Charts never overlap; `padding` texels lie between them.

    `polygons` (F,) are numbers: triangles of one polygon are never parted.
    """
    surface = _Surface(mesh, polygons)
    chart = surface.parts(_segment(surface, report.check))
    flat = np.zeros((len(mesh.faces), 3, 2))
    for _ in range(ROUNDS):
        report.check()
        axes, area = surface.axes(chart)
        flat = surface.flatten(chart, axes, area)
        bad = surface.overlapping(chart, axes, flat)
        if not bad.any():
            break
        chart = surface.cut_off(chart, axes, bad)
    else:
        axes, area = surface.axes(chart)
        flat = surface.flatten(chart, axes, area)
        bad = surface.overlapping(chart, axes, flat)
        chart = np.where(bad, len(chart) + surface.first, chart)  # what is left lies alone
        chart = np.unique(chart, return_inverse=True)[1].astype(np.int32)
        axes, area = surface.axes(chart)
        flat = surface.flatten(chart, axes, area)
    return _assemble(mesh, surface, chart, flat, size, padding, report)


class _Surface:
    """The mesh welded and smoothed, with what cutting needs to know of it."""

    def __init__(self, mesh: TriMesh, polygons: I32 | None = None) -> None:
        self.first = np.arange(len(mesh.faces), dtype=np.int32)  # of each face's polygon, its first face
        if polygons is not None:
            _, first, which = np.unique(polygons, return_index=True, return_inverse=True)
            self.first = first[which.ravel()].astype(np.int32)
        places, where = weld(mesh.vertices)
        self.faces: I32 = where[mesh.faces]
        self.count = len(mesh.faces)
        _, self.true_area = face_normals(places, self.faces)
        graph = vertex_graph(self.faces, len(places))
        moved = graph.diffuse(places, SMOOTHING).astype(np.float64) - places
        limit = FARTHEST * float(np.linalg.norm(np.ptp(places, axis=0)))
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        self.smooth: F64 = places + moved * np.minimum(1, limit / np.maximum(length, 1e-30))
        self.normals, self.area = face_normals(self.smooth, self.faces)
        self.pairs, shared = face_pairs(self.faces)
        edges, _ = face_edges(self.faces)
        ends = places[edges[shared]]
        self.border = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
        self.graph: Graph = graph_of(self.pairs, self.count)

    def axes(self, chart: I32) -> tuple[F64, F64]:
        """Each chart's mean normal (C, 3) and true area (C,)."""
        count = int(chart.max(initial=-1)) + 1
        total = np.stack([np.bincount(chart, self.normals[:, k] * self.area, count) for k in range(3)], 1)
        length = np.linalg.norm(total, axis=1)
        axes = np.where((length > 1e-20)[:, None], total / np.maximum(length, 1e-30)[:, None], [0.0, 0.0, 1.0])
        return np.asarray(axes), np.asarray(np.bincount(chart, self.true_area, count), np.float64)

    def flatten(self, chart: I32, axes: F64, area: F64) -> F64:
        """(F, 3, 2) corners projected along their chart's axis, scaled so that each chart keeps its true area."""
        helper = np.where(np.abs(axes[:, 2:]) < 0.9, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0])
        right = np.cross(helper, axes)
        right /= np.linalg.norm(right, axis=1)[:, None]
        up = np.cross(axes, right)
        corners = self.smooth[self.faces]
        flat = np.stack(
            [np.einsum("fck,fk->fc", corners, right[chart]), np.einsum("fck,fk->fc", corners, up[chart])], -1
        )
        covered = np.bincount(chart, np.abs(_signed_area(flat)), len(axes))
        grow = np.sqrt(np.clip(area / np.maximum(covered, 1e-30), 0.25, 25.0))
        return np.asarray(flat * grow[chart][:, None, None])

    def overlapping(self, chart: I32, axes: F64, flat: F64) -> np.ndarray:
        """(F,) faces that are turned over, or lie under others of their own chart (seen along its axis)."""
        turned = _signed_area(flat) <= 0
        height = np.einsum("fk,fk->f", self.smooth[self.faces].mean(1), axes[chart])
        ranks = np.empty(self.count, np.int32)
        ranks[np.argsort(-height, kind="stable")] = np.arange(self.count, dtype=np.int32)
        texels, width, rows = _shelves(chart, flat)
        _, lost = owners(texels.astype(np.float32), ranks, width, rows)
        bad = turned | (lost > 0)
        return np.asarray(np.bincount(self.first, bad, self.count)[self.first] > 0)

    def cut_off(self, chart: I32, axes: F64, bad: np.ndarray) -> I32:
        """Bad faces leave their chart; what hangs together becomes charts anew, small ones join neighbours."""
        grown = bad.copy()  # with their neighbours, so that what is cut off is a patch and not a lace
        grown[self.graph.diffuse(bad.astype(np.float32), 1) > 0.3] = True
        grown = grown[self.first]
        label = chart.astype(np.int64) * 2 + grown
        parts = self.parts(label)
        return _join_small(self, parts, SMALL, banned=np.where(grown, chart, -1), cosine=STEEPEST)

    def parts(self, label: np.ndarray) -> I32:
        """(F,) numbers 0.. of what hangs together and has one label: that of a polygon's first face."""
        label = label[self.first]
        same = label[self.pairs[:, 0]] == label[self.pairs[:, 1]]
        root = connected(self.pairs[same], self.count)
        return np.unique(root, return_inverse=True)[1].astype(np.int32).ravel()


def _signed_area(flat: F64) -> F64:
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    return np.asarray((ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]) / 2)


def _shelves(chart: I32, flat: F64) -> tuple[F64, int, int]:
    """Charts side by side in rows, some 25 texels per face, each apart from the others: (F, 3, 2) texels, width, height."""
    count = int(chart.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, chart, flat.min(1))
    np.maximum.at(high, chart, flat.max(1))
    total = np.abs(_signed_area(flat)).sum()
    scale = np.sqrt(min(len(flat) * 25.0, 1e7) / max(total, 1e-30))
    box = np.ceil((high - low) * scale).astype(int) + 2
    width = max(int(np.sqrt(box.prod(1).sum()) * 1.1), int(box[:, 0].max()) + 1)
    at, x, y, tall = np.zeros((count, 2)), 0, 0, 0
    for c in np.argsort(-box[:, 1], kind="stable"):
        if x + box[c, 0] > width:
            x, y, tall = 0, y + tall, 0
        at[c] = x, y
        x, tall = x + int(box[c, 0]), max(tall, int(box[c, 1]))
    return (flat - low[chart][:, None]) * scale + at[chart][:, None] + 1, width, y + tall


def _segment(surface: _Surface, check: Callable[[], None]) -> I32:
    """(F,) chart numbers: which of six ways the surface faces, smoothed, cut into parts, small and like parts joined."""
    facing = np.maximum(surface.normals @ AXES.T, 0) ** 2
    blurred = surface.graph.diffuse(facing, 8)
    label = blurred.argmax(1)
    for _ in range(4):  # neighbours agree: straighter borders
        check()
        votes = surface.graph.diffuse(np.eye(6)[label], 4)
        allowed = surface.normals @ AXES.T > STEEPEST
        label = np.where(allowed.any(1), (np.where(allowed, votes + 0.3 * blurred, -1)).argmax(1), label)
    chart = surface.parts(label)
    for limit in (SMALL / 20, SMALL / 5, SMALL):
        check()
        chart = _join_small(surface, chart, limit, banned=np.full(surface.count, -1), cosine=STEEPEST)
    return _join_alike(surface, chart, check)


def _join_small(surface: _Surface, chart: I32, limit: float, banned: np.ndarray, cosine: float) -> I32:
    """Charts below `limit` of the surface join the neighbour with the longest common border that they don't fold over.

    `banned` names for each face an older chart to which it must not go back, by the faces that still make it up.
    """
    axes, area = surface.axes(chart)
    a, b = chart[surface.pairs[:, 0]], chart[surface.pairs[:, 1]]
    barred = banned[surface.pairs[:, 0]] != banned[surface.pairs[:, 1]]
    apart = a != b
    if banned.max(initial=-1) >= 0:
        apart &= ~barred
    rows = np.concatenate([np.stack([a, b], 1)[apart], np.stack([b, a], 1)[apart]]).astype(np.int64)
    length = np.tile(surface.border[apart], 2)
    keys, which = np.unique(rows[:, 0] * len(axes) + rows[:, 1], return_inverse=True)
    border = np.bincount(which.ravel(), length)
    small, other = keys // len(axes), keys % len(axes)
    # How a chart's faces lean against the other's axis is known well enough from its own axis.
    fits = (axes[small] * axes[other]).sum(1) > cosine + 0.25
    use = (area[small] < limit * area.sum()) & (area[other] >= area[small]) & fits
    order = np.argsort(border[use], kind="stable")
    target = np.arange(len(axes))
    target[small[use][order]] = other[use][order]  # the longest border is written last
    target = np.where(target[target] != target, target, target)
    for _ in range(20):  # a chain of joins ends where its last one ends; equal areas could chase each other: stop then
        target = target[target]
    return surface.parts(np.asarray(target[chart]))


def _join_alike(surface: _Surface, chart: I32, check: Callable[[], None]) -> I32:
    """Neighbouring charts that look the same way become one: fewer seams."""
    for _ in range(6):
        check()
        axes, area = surface.axes(chart)
        a, b = chart[surface.pairs[:, 0]], chart[surface.pairs[:, 1]]
        apart = a != b
        low, high = np.minimum(a, b)[apart].astype(np.int64), np.maximum(a, b)[apart]
        keys, which = np.unique(low * len(axes) + high, return_inverse=True)
        border = np.bincount(which.ravel(), surface.border[apart])
        first, second = keys // len(axes), keys % len(axes)
        joined = axes[first] * area[first][:, None] + axes[second] * area[second][:, None]
        joined /= np.maximum(np.linalg.norm(joined, axis=1), 1e-30)[:, None]
        worst = _spread(surface, chart, axes)
        lean = np.minimum(
            np.cos(np.minimum(_angle(joined, axes[first]) + worst[first], np.pi)),
            np.cos(np.minimum(_angle(joined, axes[second]) + worst[second], np.pi)),
        )
        long_enough = border > 0.25 * np.sqrt(np.minimum(area[first], area[second]))
        use = np.nonzero((lean > ALIKE) & long_enough)[0]
        if not len(use):
            return chart
        taken, target = np.zeros(len(axes), bool), np.arange(len(axes))
        for k in use[np.argsort(-border[use], kind="stable")]:
            if not taken[first[k]] and not taken[second[k]]:
                taken[first[k]] = taken[second[k]] = True
                target[second[k]] = first[k]
        chart = surface.parts(target[chart])
    return chart


def _angle(a: F64, b: F64) -> F64:
    return np.asarray(np.arccos(np.clip((a * b).sum(1), -1, 1)))


def _spread(surface: _Surface, chart: I32, axes: F64) -> F64:
    """(C,) the angle that all but a few of a chart's faces keep to its axis."""
    lean = np.arccos(np.clip((surface.normals * axes[chart]).sum(1), -1, 1))
    order = np.lexsort((lean, chart))
    count = np.bincount(chart, minlength=len(axes))
    first = np.cumsum(count) - count
    return np.asarray(lean[order][first + (0.97 * (count - 1)).astype(int)])


def _assemble(
    mesh: TriMesh, surface: _Surface, chart: I32, flat: F64, size: int, padding: int, report: Report
) -> Unwrapped:
    """One vertex per (old vertex, chart); charts packed."""
    keys = chart[:, None].astype(np.int64) * len(mesh.vertices) + mesh.faces
    unique, first, corner = np.unique(keys.ravel(), return_index=True, return_inverse=True)
    source = (unique % len(mesh.vertices)).astype(np.int32)
    faces = corner.reshape(-1, 3).astype(np.int32)
    charts = Charts(
        uvs=flat.reshape(-1, 2)[first],
        faces=faces,
        chart_of_vertex=(unique // len(mesh.vertices)).astype(np.int32),
        chart_of_face=chart,
        count=int(chart.max()) + 1,
    )
    uvs, scale = pack(charts, size, padding, report.check)
    used = float(np.abs(_signed_area(uvs[faces])).sum())
    report.count("charts", charts.count)
    report.count("atlas_used", round(used, 3))
    report.count("texels_per_unit", round(scale, 2))
    return Unwrapped(
        mesh=TriMesh(vertices=mesh.vertices[source], faces=faces, filled=mesh.filled),
        source_vertex=source,
        uvs=np.clip(uvs, 0, 1).astype(np.float32),
        chart_of_face=chart,
        texels_per_unit=scale,
    )
