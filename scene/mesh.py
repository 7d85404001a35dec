"""The textured mesh as a Blender mesh: welded again along the UV seams, with its UV map and the marks of filled faces."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.types import Mesh

from ..engine.datatypes import F32, I32, TexturedMesh

FILLED = "filled"  # the face attribute that marks what no photo measured


def weld(textured: TexturedMesh) -> tuple[F32, I32]:
    """Vertices (V, 3) and faces (F, 3) without the UV seams' splits: an artist sculpts a closed surface."""
    _, first, index = np.unique(textured.source_vertex, return_index=True, return_inverse=True)
    return textured.mesh.vertices[first], index.reshape(-1)[textured.mesh.faces].astype(np.int32)


def make_mesh(textured: TexturedMesh, name: str) -> Mesh:
    """The mesh; its UVs lie on the corners."""
    vertices, faces = weld(textured)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(vertices, np.float32).ravel())
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    layer = mesh.uv_layers.new(name="UVMap", do_init=False)
    layer.uv.foreach_set("vector", np.ascontiguousarray(textured.uvs[textured.mesh.faces.ravel()], np.float32).ravel())
    marks = mesh.attributes.new(FILLED, "BOOLEAN", "FACE")
    marks.data.foreach_set("value", np.ascontiguousarray(textured.mesh.filled, np.bool_))
    mesh.shade_smooth()
    mesh.update(calc_edges=True)
    mesh.validate(clean_customdata=False)  # a face that welding made degenerate would crash Blender later
    return mesh
