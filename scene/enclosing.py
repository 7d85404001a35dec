"""What hides a new model from sight: a scan is often smaller than the cube that every new scene begins with, and stands inside it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from bpy.types import Context, Object


def enclosing(context: Context, low: np.ndarray, high: np.ndarray, besides: Collection[Object] = ()) -> Object | None:
    """A visible mesh around the box from `low` to `high`, in world."""
    for thing in context.view_layer.objects:
        if thing.type != "MESH" or thing in besides or not thing.visible_get(view_layer=context.view_layer):
            continue
        if thing.display_type in {"BOUNDS", "WIRE"}:  # one looks through it
            continue
        corners = np.array(thing.bound_box) @ np.array(thing.matrix_world)[:3, :3].T + thing.matrix_world.translation
        if (corners.min(0) <= low).all() and (corners.max(0) >= high).all():
            return thing
    return None
