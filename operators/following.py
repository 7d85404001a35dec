"""A view that follows a model that changes its size: the artist goes on looking at the same thing."""

from __future__ import annotations

import bpy
from bpy.types import Context
from mathutils import Vector


def follow(context: Context, pivot: Vector, factor: float) -> None:
    """Every 3D view moves with what grew about `pivot`; without a window nothing happens."""
    if bpy.app.background or context.window is None:
        return
    for area in context.window.screen.areas:
        if area.type == "VIEW_3D":
            space = area.spaces.active
            view = space.region_3d
            view.view_location = pivot + (view.view_location - pivot) * factor
            view.view_distance *= factor
            space.clip_start = min(space.clip_start, 0.01 * view.view_distance)
            space.clip_end = max(space.clip_end, 100 * view.view_distance)
