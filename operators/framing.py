"""Brings what is selected into view: a new model may lie small in the middle of a large scene."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence

import bpy
import numpy as np
from bpy.types import Area, Context, Object
from mathutils import Vector


def frame_selected(context: Context) -> None:
    """In every 3D view of the window that isn't looking through a camera; without a window nothing happens."""
    window = context.window
    if bpy.app.background or window is None:
        return
    for area in window.screen.areas:
        if area.type != "VIEW_3D" or area.spaces.active.region_3d.view_perspective == "CAMERA":
            continue
        # Each camera hangs on the mesh: a dashed line for every photo, all across the model, is nothing to look at.
        area.spaces.active.overlay.show_relationship_lines = False
        region = next(region for region in area.regions if region.type == "WINDOW")
        with context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_selected()


def show_texture(context: Context) -> None:
    """Where solid shading shows the materials' plain colours, as it does at first, it shows their textures from now on."""
    for area in _views(context):
        shading = area.spaces.active.shading
        if shading.type == "SOLID" and shading.color_type == "MATERIAL":
            shading.color_type = "TEXTURE"


def show_photo(context: Context) -> None:
    """Solid shading shows the photo as it is from now on: its light is in it already, and a lamp on top would darken it."""
    for area in _views(context):
        shading = area.spaces.active.shading
        if shading.type == "SOLID" and shading.color_type in ("MATERIAL", "TEXTURE"):
            shading.color_type, shading.light = "TEXTURE", "FLAT"
            shading.show_object_outline = False  # a line around each layer, across the picture


def look_through_camera(context: Context) -> None:
    """The largest 3D view of the window looks through the scene's camera."""
    window = context.window
    areas = [area for area in window.screen.areas if area.type == "VIEW_3D"] if window is not None else []
    if bpy.app.background or not areas:
        return
    space = max(areas, key=lambda area: area.width * area.height).spaces.active
    space.region_3d.view_perspective = "CAMERA"
    space.overlay.show_relationship_lines = False


def show_alone(context: Context, things: Sequence[Object]) -> None:
    """The 3D views show these alone until the artist presses the key for local view; the selection stays as it is."""
    window = context.window
    if bpy.app.background or window is None:
        return
    selected = list(context.selected_objects)
    for thing in things:
        thing.select_set(True)
    for area in window.screen.areas:
        if area.type == "VIEW_3D" and area.spaces.active.local_view is None:
            region = next(region for region in area.regions if region.type == "WINDOW")
            with context.temp_override(window=window, area=area, region=region):
                bpy.ops.view3d.localview(frame_selected=False)
    for thing in things:
        thing.select_set(thing in selected)


def show_everything(context: Context) -> None:
    """The 3D views leave their local view."""
    window = context.window
    for area in window.screen.areas if window is not None and not bpy.app.background else ():
        if area.type == "VIEW_3D" and area.spaces.active.local_view is not None:
            region = next(region for region in area.regions if region.type == "WINDOW")
            with context.temp_override(window=window, area=area, region=region):
                bpy.ops.view3d.localview(frame_selected=False)


class Viewpoints:
    """From where each 3D view looked at some moment: one that an artist has turned since is left to them."""

    def __init__(self, context: Context) -> None:
        self._matrices = {area.as_pointer(): _view_of(area) for area in _views(context)}

    def is_unmoved(self, area: Area) -> bool:
        return self._matrices.get(area.as_pointer()) == _view_of(area)


def frame_box(context: Context, low: np.ndarray, high: np.ndarray, since: Viewpoints) -> None:
    """Turns to what is not part of the scene: every 3D view that nobody has moved and that isn't looking through a camera."""
    for area in _views(context):
        space, region = area.spaces.active, area.spaces.active.region_3d
        if region.view_perspective == "CAMERA" or not since.is_unmoved(area):
            continue
        radius = float(np.linalg.norm(high - low)) / 2
        region.view_location = Vector((low + high) / 2)
        region.view_distance = radius / math.sin(math.atan(36 / space.lens)) if radius > 0 else region.view_distance


def _views(context: Context) -> Iterator[Area]:
    for window in context.window_manager.windows:
        yield from (area for area in window.screen.areas if area.type == "VIEW_3D")


def _view_of(area: Area) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, area.spaces.active.region_3d.view_matrix))


def show_sidebar(context: Context) -> None:
    """Opens our tab in the 3D view that an operator was called from, so that the artist sees what came of it."""
    area = context.area
    if bpy.app.background or area is None or area.type != "VIEW_3D":
        return
    area.spaces.active.show_region_ui = True
    sidebar = next(region for region in area.regions if region.type == "UI")
    with contextlib.suppress(TypeError, AttributeError):  # before its first drawing a sidebar has no tabs
        sidebar.active_panel_category = "Maquette"
