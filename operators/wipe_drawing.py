"""Draws the photo over the camera's frame, from the left as far as the slider says, in every 3D view that looks through it."""

from __future__ import annotations

import bpy
import gpu
from bpy.types import Context, Image, Object, Region, RegionView3D
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

from ..scene.cameras import is_photo, picture_of

LINE, SHADE = (1.0, 0.62, 0.1, 1.0), (0.0, 0.0, 0.0, 0.6)

_handles: list[object] = []


def frame_in(context: Context, region: Region, view: RegionView3D, camera: Object) -> tuple[Vector, Vector] | None:
    """The camera's frame in the region's pixels, lower left and upper right: it follows zoom, pan and shift."""
    corners = camera.data.view_frame(scene=context.scene)
    place = camera.matrix_world.normalized()
    flat = [location_3d_to_region_2d(region, view, place @ corner) for corner in corners]
    if None in flat:
        return None
    xs, ys = [point.x for point in flat], [point.y for point in flat]
    return Vector((min(xs), min(ys))), Vector((max(xs), max(ys)))


def looked_through(context: Context) -> Object | None:
    """Our camera, where this 3D view looks through it."""
    space = context.space_data
    if space is None or space.type != "VIEW_3D" or context.region_data is None:
        return None
    camera = (space.camera if space.use_local_camera else None) or context.scene.camera
    return camera if context.region_data.view_perspective == "CAMERA" and is_photo(camera) else None


def _draw() -> None:
    context = bpy.context
    wipe = context.scene.maquette.trust.wipe
    camera = looked_through(context) if wipe > 0 else None
    picture = picture_of(camera) if camera is not None else None
    if picture is None:
        return
    frame = frame_in(context, context.region, context.region_data, camera)
    if frame is not None:
        _draw_picture(picture, *frame, wipe)


def _draw_picture(picture: Image, low: Vector, high: Vector, wipe: float) -> None:
    edge = low.x + (high.x - low.x) * wipe
    shader = _shader()
    shader.uniform_sampler("image", gpu.texture.from_image(picture))
    places = ((low.x, low.y), (edge, low.y), (edge, high.y), (low.x, high.y))
    batch = batch_for_shader(shader, "TRI_FAN", {"pos": places, "texCoord": ((0, 0), (wipe, 0), (wipe, 1), (0, 1))})
    batch.draw(shader)
    if wipe < 1:
        _draw_edge(edge, low.y, high.y)


def _shader() -> gpu.types.GPUShader:
    """A picture's texture holds scene-linear colours. Up to Blender 4 the region itself makes screen colours of them."""
    try:
        return gpu.shader.from_builtin("IMAGE_SCENE_LINEAR_TO_REC709_SRGB")
    except ValueError:
        return gpu.shader.from_builtin("IMAGE")


def _draw_edge(x: float, low: float, high: float) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    gpu.state.blend_set("ALPHA")
    for half, colour in ((2.0, SHADE), (1.0, LINE)):
        shader.uniform_float("color", colour)
        places = ((x - half, low), (x + half, low), (x + half, high), (x - half, high))
        batch_for_shader(shader, "TRI_FAN", {"pos": places}).draw(shader)
    gpu.state.blend_set("NONE")


def register() -> None:
    if not bpy.app.background:  # nothing is ever drawn there
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")
