"""Draws what the photo's mask leaves out as a red veil, in every 3D view that looks through the photo's camera."""

from __future__ import annotations

import bpy
import gpu
import numpy as np
from bpy.types import Image, Object
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

from ..scene import mask_shown
from .progress import redraw_views
from .wipe_drawing import frame_in, looked_through

VEIL = (0.85, 0.05, 0.1, 0.6)

_handles: list[object] = []
_shaders: list[gpu.types.GPUShader] = []  # one, made when it is first needed


def _draw() -> None:
    context = bpy.context
    settings = context.scene.maquette
    camera = looked_through(context) if settings.trust.show_masks and settings.masks else None
    if camera is None:
        return
    image = mask_shown.ready(context.scene, camera)
    if image is None:  # nothing may be made while Blender draws
        if not bpy.app.timers.is_registered(_read):
            bpy.app.timers.register(_read, first_interval=0.0)
        return
    frame = frame_in(context, context.region, context.region_data, camera)
    if frame is not None and not mask_shown.is_empty(image):
        _draw_veil(image, camera, *frame)


def _read() -> None:
    """Called by a timer, once."""
    context = bpy.context
    camera = context.scene.camera
    if looks_masked(camera):
        mask_shown.read(context.scene, camera)
        redraw_views(context)


def looks_masked(camera: Object | None) -> bool:
    """Whether its mask is to be seen: it may be another camera by now, or another file."""
    return camera is not None and mask_shown.PHOTO in camera.data and bool(bpy.context.scene.maquette.masks)


def _draw_veil(image: Image, camera: Object, low: Vector, high: Vector) -> None:
    places = mask_shown.places_in_mask(camera)
    side = places.shape[0]
    across, up = np.meshgrid(np.linspace(low.x, high.x, side), np.linspace(low.y, high.y, side))
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    cells = np.concatenate(
        [np.stack([corner, corner + 1, corner + side], 1), np.stack([corner + 1, corner + side + 1, corner + side], 1)]
    )
    data = {
        "pos": np.stack([across.ravel(), up.ravel()], 1).astype(np.float32),
        "place": places.reshape(-1, 2).astype(np.float32),
    }
    shader = _shader()
    batch = batch_for_shader(shader, "TRIS", data, indices=cells.astype(np.int32))
    shader.uniform_sampler("mask", gpu.texture.from_image(image))
    shader.uniform_float("veil", VEIL)
    gpu.state.blend_set("ALPHA")
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _shader() -> gpu.types.GPUShader:
    if not _shaders:
        between = gpu.types.GPUStageInterfaceInfo("maquette_mask")
        between.smooth("VEC2", "at")
        info = gpu.types.GPUShaderCreateInfo()
        info.push_constant("MAT4", "ModelViewProjectionMatrix")
        info.push_constant("VEC4", "veil")
        info.sampler(0, "FLOAT_2D", "mask")
        info.vertex_in(0, "VEC2", "pos")
        info.vertex_in(1, "VEC2", "place")
        info.vertex_out(between)
        info.fragment_out(0, "VEC4", "shown")
        info.vertex_source("void main() { at = place; gl_Position = ModelViewProjectionMatrix * vec4(pos, 0.0, 1.0); }")
        info.fragment_source("void main() { shown = vec4(veil.rgb, veil.a * (1.0 - texture(mask, at).r)); }")
        _shaders.append(gpu.shader.create_from_info(info))
    return _shaders[0]


def register() -> None:
    if not bpy.app.background:  # nothing is ever drawn there
        _handles.append(bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    while _handles:
        bpy.types.SpaceView3D.draw_handler_remove(_handles.pop(), "WINDOW")
    if bpy.app.timers.is_registered(_read):
        bpy.app.timers.unregister(_read)
    _shaders.clear()
    mask_shown.forget()
