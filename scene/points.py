"""The sparse points with their colours: a mesh of vertices alone."""

from __future__ import annotations

import bpy
import numpy as np
from bpy.types import Object

from ..engine.datatypes import Sparse


def make_points(sparse: Sparse, name: str) -> Object:
    """The points, unlinked. They never render."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(sparse.points_in_world))
    mesh.vertices.foreach_set("co", sparse.points_in_world.astype(np.float32).ravel())
    rgba = np.ones((len(sparse.point_colours), 4), np.float32)
    rgba[:, :3] = sparse.point_colours / np.float32(255)
    colours = mesh.color_attributes.new(name="Color", type="BYTE_COLOR", domain="POINT")
    colours.data.foreach_set("color_srgb", rgba.ravel())
    mesh.update()
    points = bpy.data.objects.new(name, mesh)
    points.hide_render = True
    return points
