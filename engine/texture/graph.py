"""A mesh as a graph: neighbours of vertices and of faces, connected parts, normals, and splitting of long edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, I32
from ..kernels.texture_diffuse import diffuse


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Neighbours in rows: those of node i are `neighbours[starts[i]:starts[i + 1]]`."""

    starts: I32
    neighbours: I32
    pairs: I32  # (E, 2) each edge once

    def diffuse(self, values: np.ndarray, rounds: int) -> F32:
        """Values smoothed over the graph; (V,) or (V, C)."""
        flat = values.reshape(len(values), -1)
        return diffuse(self.starts, self.neighbours, flat.astype(np.float32), rounds).reshape(values.shape)

    def parts(self) -> I32:
        """(V,) for each node the smallest node of its connected part."""
        return connected(self.pairs, len(self.starts) - 1)


def graph_of(pairs: np.ndarray, count: int) -> Graph:
    """From (E, 2) edges, each once."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.argsort(both[:, 0], kind="stable")
    starts = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(both[:, 0], minlength=count), out=starts[1:])
    return Graph(starts=starts, neighbours=both[order, 1].astype(np.int32), pairs=pairs.astype(np.int32))


def face_edges(faces: I32) -> tuple[I32, I32]:
    """The mesh's edges (E, 2), lower index first, and per face its three edges (F, 3): corners 0-1, 1-2, 2-0."""
    raw = np.sort(np.stack([faces, np.roll(faces, -1, 1)], 2).reshape(-1, 2), 1).astype(np.int64)
    span = int(faces.max(initial=0)) + 1
    keys, which = np.unique(raw[:, 0] * span + raw[:, 1], return_inverse=True)
    edges = np.stack([keys // span, keys % span], 1).astype(np.int32)
    return edges, which.reshape(-1, 3).astype(np.int32)


def vertex_graph(faces: I32, count: int) -> Graph:
    """Vertices joined by the mesh's edges."""
    return graph_of(face_edges(faces)[0], count)


def face_pairs(faces: I32) -> tuple[I32, I32]:
    """(P, 2) faces that share an edge which no third face shares, and (P,) that edge's number in `face_edges`."""
    edges, of_face = face_edges(faces)
    flat = of_face.ravel()
    order = np.argsort(flat, kind="stable")
    shared = np.bincount(flat, minlength=len(edges))
    first = np.concatenate([[0], np.cumsum(shared)[:-1]])[shared == 2]
    pairs = np.stack([order[first] // 3, order[first + 1] // 3], 1)
    return pairs.astype(np.int32), np.nonzero(shared == 2)[0].astype(np.int32)


def connected(pairs: np.ndarray, count: int) -> I32:
    """(count,) for each node the smallest node that it hangs together with: hooking and pointer jumping."""
    root = np.arange(count, dtype=np.int32)
    while len(pairs):
        a, b = root[pairs[:, 0]], root[pairs[:, 1]]
        open_pairs = a != b
        if not open_pairs.any():
            break
        a, b = a[open_pairs], b[open_pairs]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while True:
            jumped = root[root]
            if np.array_equal(jumped, root):
                break
            root = jumped
    return root


def face_normals(vertices: np.ndarray, faces: I32) -> tuple[F64, F64]:
    """Unit normals (F, 3) and areas (F,)."""
    corners = vertices[faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1)
    return normal / np.maximum(length, 1e-30)[:, None], length / 2


def vertex_normals(vertices: np.ndarray, faces: I32) -> F64:
    """Unit normals (V, 3), weighted by area."""
    normal, area = face_normals(vertices, faces)
    total = np.zeros((len(vertices), 3))
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(faces[:, corner], normal[:, axis] * area, len(vertices))
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1), 1e-30)[:, None])


def weld(vertices: F32) -> tuple[F32, I32]:
    """Vertices at the very same place become one: the places, and where each vertex went."""
    # Adding zero turns -0.0 into 0.0; one row of bytes sorts faster than three columns.
    rows = np.ascontiguousarray(vertices + np.float32(0)).view(np.dtype((np.void, 12))).ravel()
    _, first, where = np.unique(rows, return_index=True, return_inverse=True)
    return vertices[first], where.astype(np.int32).ravel()


def near_each_other(points: F32) -> I32:
    """An order of points in which those near in space are near in memory (Morton's): kernels run thrice as fast."""
    low = points.min(0)
    span = max(float(np.ptp(points, 0).max()), 1e-30)
    cell = np.clip((points - low) / span * 1023, 0, 1023).astype(np.int64)
    code = np.zeros(len(points), np.int64)
    for bit in range(10):
        for axis in range(3):
            code |= (cell[:, axis] >> bit & 1) << (3 * bit + axis)
    return np.argsort(code, kind="stable").astype(np.int32)


def split_long_edges(
    vertices: F32, faces: I32, corner_uvs: F32, longest: float, most_faces: int
) -> tuple[F32, I32, F32, I32]:
    """Halves every edge longer than `longest` until none is left, without cracks. The surface and its UVs stay the same.

    Gives vertices, faces, UVs per corner (F, 3, 2), and which face each came from. Colours are chosen per vertex, so
    a wall of two triangles needs vertices in between.
    """
    origin = np.arange(len(faces), dtype=np.int32)
    while True:
        edges, of_face = face_edges(faces)
        length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
        cut = length > longest
        if not cut.any() or len(faces) + 2 * int(cut.sum()) > most_faces:
            return vertices, faces, corner_uvs, origin
        middle = np.full(len(edges), -1, np.int32)
        middle[cut] = len(vertices) + np.arange(int(cut.sum()), dtype=np.int32)
        vertices = np.concatenate([vertices, (vertices[edges[cut, 0]] + vertices[edges[cut, 1]]) / 2])
        faces, corner_uvs, origin = _split_faces(faces, corner_uvs, origin, middle[of_face])


# Corners 0..2 are the face's own, 3..5 the middles of its edges 0-1, 1-2, 2-0. By which edges are cut (bits).
_PATTERNS: dict[int, tuple[tuple[int, int, int], ...]] = {
    0: ((0, 1, 2),),
    1: ((0, 3, 2), (3, 1, 2)),
    2: ((0, 1, 4), (0, 4, 2)),
    4: ((0, 1, 5), (5, 1, 2)),
    3: ((3, 1, 4), (0, 3, 4), (0, 4, 2)),
    6: ((4, 2, 5), (0, 1, 4), (0, 4, 5)),
    5: ((0, 3, 5), (3, 1, 2), (3, 2, 5)),
    7: ((0, 3, 5), (3, 1, 4), (4, 2, 5), (3, 4, 5)),
}


def _split_faces(faces: I32, uvs: F32, origin: I32, middle: I32) -> tuple[I32, F32, I32]:
    code = ((middle >= 0) * np.array([1, 2, 4])).sum(1)
    out: list[tuple[I32, F32, I32]] = []
    for bits, triangles in _PATTERNS.items():
        pick = np.nonzero(code == bits)[0]
        six = np.concatenate([faces[pick], middle[pick]], 1)
        uv_six = np.concatenate([uvs[pick], (uvs[pick] + np.roll(uvs[pick], -1, 1)) / 2], 1)
        for triangle in triangles:
            out.append((six[:, triangle], uv_six[:, triangle], origin[pick]))
    joined = [np.concatenate(column) for column in zip(*out, strict=True)]
    order = np.argsort(joined[2], kind="stable")
    return joined[0][order], joined[1][order], joined[2][order]
