"""The textured mesh as a Blender mesh: welded again along the UV seams, with its UV map and the marks of filled faces.

`arrange` does the thinking, in NumPy and without bpy, so that a thread may do it; `make_mesh` only copies arrays. Each copy
is one slice: the longest, `loop_start`, takes Blender about 40 ms for a million faces, and knows no quicker way.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import bpy
import numpy as np
from bpy.types import Mesh

from ..engine.datatypes import F32, I32, U8, Bool, TexturedMesh
from .draft import mark

FILLED = "filled"  # the face attribute that marks what no photo measured
PART = "part"  # the face attribute that says what a relief's face is: a value of `Part`


@dataclass(frozen=True, kw_only=True)
class MeshArrays:
    """A mesh as Blender keeps it. Every face is a triangle; no two are the same, none names a vertex twice."""

    vertices: F32  # (V, 3)
    edges: I32  # (E, 2)
    corner_vertex: I32  # (3F,)
    corner_edge: I32  # (3F,)
    corner_uv: F32  # (3F, 2)
    filled: Bool  # (F,)
    part: U8 | None = None  # (F,) of a relief

    @property
    def faces(self) -> int:
        return len(self.filled)


def arrange(textured: TexturedMesh) -> MeshArrays:
    """The mesh without the UV seams' splits (an artist sculpts a closed surface), its edges found, what Blender can't hold left out."""
    _, first, index = np.unique(textured.source_vertex, return_index=True, return_inverse=True)
    faces = index.reshape(-1)[textured.mesh.faces].astype(np.int32)
    uvs = textured.uvs[textured.mesh.faces]
    return arrange_faces(textured.mesh.vertices[first], faces, uvs, textured.mesh.filled)


def arrange_faces(vertices: F32, faces: I32, uvs: F32, filled: Bool, part: U8 | None = None) -> MeshArrays:
    """The same of faces (F, 3) with UVs (F, 3, 2) of their corners."""
    sound = _sound(faces)
    if not sound.all():
        faces, uvs, filled = faces[sound], uvs[sound], filled[sound]
        part = None if part is None else part[sound]
    edges, corner_edge = _edges(faces, len(vertices))
    return MeshArrays(
        vertices=np.ascontiguousarray(vertices, np.float32),
        edges=edges,
        corner_vertex=np.ascontiguousarray(faces.ravel()),
        corner_edge=corner_edge,
        corner_uv=np.ascontiguousarray(uvs.reshape(-1, 2), np.float32),
        filled=np.ascontiguousarray(filled, np.bool_),
        part=part,
    )


def _sound(faces: I32) -> Bool:
    """(F,) False where welding left a face two corners only, or a second face on the same three vertices: those would crash Blender.

    What `Mesh.validate` looks for, which takes half a second of the main thread for a million faces.
    """
    a, b, c = faces.T
    sound: Bool = (a != b) & (b != c) & (c != a)
    ordered = np.sort(faces, 1).astype(np.uint64)
    mixed = (ordered[:, 0] * np.uint64(0x9E3779B97F4A7C15)) ^ (ordered[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) + ordered[:, 2]
    order = np.argsort(mixed, kind="stable")
    alike = np.flatnonzero(mixed[order[1:]] == mixed[order[:-1]])
    seen: set[tuple[int, ...]] = set()
    for face in np.unique(order[np.concatenate([alike, alike + 1])]):  # few, if any
        corners = tuple(int(vertex) for vertex in ordered[face])
        if corners in seen:
            sound[face] = False
        seen.add(corners)
    return sound


def _edges(faces: I32, count: int) -> tuple[I32, I32]:
    """Each edge once (E, 2), and every corner's edge to the next corner (3F,)."""
    start, end = faces.ravel(), np.roll(faces, -1, 1).ravel()
    key = np.minimum(start, end).astype(np.int64) * count + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    new = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    corner_edge = np.empty(len(ordered), np.int32)
    corner_edge[order] = np.cumsum(new, dtype=np.int32) - 1
    edge = ordered[new]
    return np.stack([edge // max(count, 1), edge % max(count, 1)], 1).astype(np.int32), corner_edge


def make_mesh(arrays: MeshArrays, name: str) -> Generator[None, None, Mesh]:
    """The mesh, slice by slice; its UVs lie on the corners."""
    mesh = mark(bpy.data.meshes.new(name))
    mesh.vertices.add(len(arrays.vertices))
    mesh.edges.add(len(arrays.edges))
    mesh.loops.add(len(arrays.corner_vertex))
    mesh.polygons.add(arrays.faces)
    # By attribute: `vertices.foreach_set("co")` and its like go element by element, a hundred times slower.
    for attribute, kind, values in (
        ("position", "vector", arrays.vertices),
        (".edge_verts", "value", arrays.edges),
        (".corner_vert", "value", arrays.corner_vertex),
        (".corner_edge", "value", arrays.corner_edge),
    ):
        mesh.attributes[attribute].data.foreach_set(kind, values.ravel())
    yield
    mesh.polygons.foreach_set("loop_start", np.arange(0, 3 * arrays.faces, 3, dtype=np.int32))
    yield
    layer = mesh.uv_layers.new(name="UVMap", do_init=False)
    layer.uv.foreach_set("vector", arrays.corner_uv.ravel())
    marks = mesh.attributes.new(FILLED, "BOOLEAN", "FACE")
    marks.data.foreach_set("value", arrays.filled)
    if arrays.part is not None:
        parts = mesh.attributes.new(PART, "INT", "FACE")
        parts.data.foreach_set("value", arrays.part.astype(np.int32))
    mesh.shade_smooth()
    mesh.update()
    return mesh
