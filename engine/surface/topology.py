"""How triangles hang together: edges, components, borders, and making a soup of triangles manifold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, F64, I32, Bool
from .neighbours import Index, components


class Edges:
    """All half-edges of a mesh, grouped by the undirected edge that they belong to. Half-edge h is corner h % 3 of face h // 3."""

    def __init__(self, faces: I32) -> None:
        self.start = faces.reshape(-1).astype(np.int64)
        self.end = np.roll(faces, -1, axis=1).reshape(-1).astype(np.int64)
        base = int(faces.max(initial=0)) + 1
        key = np.minimum(self.start, self.end) * base + np.maximum(self.start, self.end)
        self.order: Index = np.argsort(key, kind="stable")
        ordered = key[self.order]
        first = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, bool)
        self.first: Index = np.nonzero(first)[0]
        self.count: Index = np.diff(np.append(self.first, len(ordered)))  # faces at each edge

    @property
    def border(self) -> Index:
        """Half-edges with no face on their other side."""
        return np.asarray(self.order[self.first[self.count == 1]])

    @property
    def pairs(self) -> tuple[Index, Index]:
        """The two half-edges of every edge with exactly two faces."""
        at = self.first[self.count == 2]
        return self.order[at], self.order[at + 1]

    @property
    def crowded(self) -> Index:
        """Half-edges of edges with more than two faces."""
        many = np.repeat(self.count > 2, self.count)
        return self.order[many]


def face_components(faces: I32, *, among: Bool | None = None) -> Index:
    """A label per face: faces that share an edge belong together; with `among`, others are left at -1."""
    one, other = Edges(faces).pairs
    one, other = one // 3, other // 3
    if among is None:
        return components(len(faces), one, other)
    both = among[one] & among[other]
    raw = components(len(faces), one[both], other[both])
    labels = np.full(len(faces), -1, np.int64)
    labels[among] = np.unique(raw[among], return_inverse=True)[1]
    return labels


def face_normals(vertices: F32 | F64, faces: I32) -> tuple[F64, F64]:
    """Unit normals and areas."""
    a, b, c = (vertices[faces[:, k]].astype(np.float64) for k in range(3))
    cross = np.cross(b - a, c - a)
    length = np.linalg.norm(cross, axis=1)
    return cross / np.maximum(length, 1e-30)[:, None], length / 2


def vertex_normals(vertices: F32, faces: I32) -> F64:
    """Area-weighted unit normals."""
    normals, areas = face_normals(vertices, faces)
    out = np.zeros((len(vertices), 3))
    for axis in range(3):
        weighted = np.repeat(normals[:, axis] * areas, 3)
        out[:, axis] = np.bincount(faces.reshape(-1), weighted, len(vertices))
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-30))


def spread(values: NDArray[Any], faces: I32, rounds: int) -> F64:
    """Per-vertex values averaged with their neighbours' along the edges, a few times over."""
    edges = Edges(faces)
    one, other = edges.start, edges.end
    weight = np.bincount(one, minlength=len(values)) + np.bincount(other, minlength=len(values))
    out = values.astype(np.float64)
    for _ in range(rounds):
        total = np.bincount(one, out[other], len(out)) + np.bincount(other, out[one], len(out))
        out = np.where(weight > 0, 0.5 * out + 0.5 * total / np.maximum(weight, 1), out)
    return out


def compact(vertices: F32, faces: I32) -> tuple[F32, I32]:
    """Without the vertices that no face uses."""
    used = np.zeros(len(vertices), bool)
    used[faces.reshape(-1)] = True
    place = np.cumsum(used) - 1
    return vertices[used], place[faces].astype(np.int32)


def sound(vertices: F32, faces: I32) -> Bool:
    """The faces worth keeping: no corner twice, no zero area, no second face on the same three corners."""
    a, b, c = faces.T
    ok = (a != b) & (b != c) & (c != a)
    ok &= face_normals(vertices, faces)[1] > 0
    ordered = np.sort(faces, axis=1).astype(np.int64)
    base = int(faces.max(initial=0)) + 1
    key = (ordered[:, 0] * base + ordered[:, 1]) * base + ordered[:, 2] if base < 2**20 else None
    if key is None:
        _, first = np.unique(ordered, axis=0, return_index=True)
    else:
        _, first = np.unique(key, return_index=True)
    single = np.zeros(len(faces), bool)
    single[first] = True
    return np.asarray(ok & single)


def split_fans(vertices: F32, faces: I32) -> tuple[F32, I32]:
    """Gives every fan of faces around a vertex a vertex of its own: no bow ties, no edge with more than two faces."""
    edges = Edges(faces)
    one, other = edges.pairs
    # only pairs that run in opposite directions are one sheet
    facing = edges.start[one] == edges.end[other]
    one, other = one[facing], other[facing]
    # the start corner of one is the end corner of the other, and the other way round
    links = np.concatenate([one, _following(one)]), np.concatenate([_following(other), other])
    fan = components(faces.size, *links)
    corner_vertex = np.empty(int(fan.max(initial=-1)) + 1, np.int64)
    corner_vertex[fan] = faces.reshape(-1)
    # keep the old order of vertices so that the result does not depend on the labels
    order = np.argsort(corner_vertex, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return vertices[corner_vertex[order]], place[fan].reshape(-1, 3).astype(np.int32)


def _following(half: Index) -> Index:
    """The next half-edge of the same face."""
    return half - half % 3 + (half + 1) % 3


def border_loops(faces: I32) -> list[list[int]]:
    """The closed chains of border edges, each as vertices in the direction of the missing faces' counterparts."""
    edges = Edges(faces)
    border = edges.border
    following = dict(zip(edges.start[border].tolist(), edges.end[border].tolist(), strict=True))
    loops = []
    while following:
        first, vertex = following.popitem()
        loop = [first]
        while vertex != first and vertex in following:
            loop.append(vertex)
            vertex = following.pop(vertex)
        if vertex == first and len(loop) > 2:
            loops.append(loop)
    return loops


def smooth_border(vertices: F32, faces: I32, rounds: int) -> F32:
    """Straightens the ragged rim that cutting leaves; only border vertices move, along their border."""
    edges = Edges(faces)
    border = edges.border
    start, end = edges.start[border], edges.end[border]
    degree = np.bincount(start, minlength=len(vertices)) + np.bincount(end, minlength=len(vertices))
    on_rim = degree == 2
    out = vertices.astype(np.float64)
    for _ in range(rounds):
        total = np.zeros_like(out)
        for axis in range(3):
            total[:, axis] = np.bincount(start, out[end, axis], len(out)) + np.bincount(end, out[start, axis], len(out))
        out[on_rim] = 0.5 * out[on_rim] + 0.25 * total[on_rim]
    return out.astype(np.float32)
