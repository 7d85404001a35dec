"""Brings what is selected into view: a new model may lie small in the middle of a large scene."""

from __future__ import annotations

import bpy
from bpy.types import Context


def frame_selected(context: Context) -> None:
    """In every 3D view of the window that isn't looking through a camera; without a window nothing happens."""
    window = context.window
    if bpy.app.background or window is None:
        return
    for area in window.screen.areas:
        if area.type != "VIEW_3D" or area.spaces.active.region_3d.view_perspective == "CAMERA":
            continue
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_selected()
