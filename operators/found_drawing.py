"""Draws the points that were found before there is a model in their colours: Blender alone shows them as black dots."""

from __future__ import annotations

from typing import Any

import bpy
import gpu
import numpy as np
from bpy.types import Mesh

from ..scene.found import found_in, points_of
from ..scene.preview_data import Layer
from ..scene.previews import batch_of, shader_for

SIZE = 6.0  # pixels: over Blender's own dots

_handles: list[object] = []
_batches: dict[int, Any] = {}  # what the graphics card holds, by the mesh's number in this session


def _draw() -> None:
    found = found_in(bpy.context.scene) if bpy.context.scene is not None else []
    if not found:
        _batches.clear()
        return
    gpu.state.point_size_set(SIZE)
    gpu.state.depth_test_set("LESS_EQUAL")
    try:
        for points in filter(None, map(points_of, found)):
            if points.visible_get():
                with gpu.matrix.push_pop():
                    gpu.matrix.multiply_matrix(points.matrix_world)
                    _batch(points.data).draw(shader_for("POINTS"))
    finally:
        gpu.state.depth_test_set("NONE")
        gpu.state.point_size_set(1.0)


def _batch(mesh: Mesh) -> Any:
    if mesh.session_uid not in _batches:
        places = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", places)
        colours = np.ones(4 * len(mesh.vertices), np.float32)
        if mesh.color_attributes:
            mesh.color_attributes[0].data.foreach_get("color_srgb", colours)
        layer = Layer(shape="POINTS", positions=places.reshape(-1, 3), colours=colours.reshape(-1, 4))
        _batches[mesh.session_uid] = batch_of(layer)
    return _batches[mesh.session_uid]


def register() -> None:
    if not bpy.app.background:  # nothing is ever drawn there
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW"))


def unregister() -> None:
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")
    _batches.clear()
