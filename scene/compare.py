"""A picture to judge a camera by: its photo, the model rendered from the same place, and how they differ. Works without a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object, Scene

from ..engine.datatypes import F32
from .cameras import PHOTO_SIZE, match_render, picture_of
from .errors import ModelError
from .model import Model

SIDE = 1600  # of each of the three pictures, in pixels
GREY = 0.18  # behind the model
AMPLIFIED = 2.0  # a difference of half the range is white already


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What was compared. Colours are sRGB, 0..1, the first row is the lowest, as Blender has it."""

    photo: F32  # (H, W, 3)
    render: F32  # (H, W, 4): the model alone
    difference: float  # 0..1: the mean where the model is
    covered: float  # 0..1 of the picture


def compare(model: Model, camera: Object, folder: Path, side: int = SIDE) -> Comparison:
    """Renders the model as it is now. `folder` is for a file in between."""
    picture = picture_of(camera)
    if picture is None or not Path(bpy.path.abspath(picture.filepath)).is_file():
        raise ModelError(f"The photo of {camera.name} is not where it was, so there is nothing to compare with.")
    width, height = camera.data[PHOTO_SIZE]
    scale = min(1.0, side / max(width, height))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    photo = _pixels(picture.filepath, size)[..., :3]
    render = _render(model, camera, size, folder / "maquette-compare.png")
    there = render[..., 3] > 0.99
    apart = np.abs(photo - render[..., :3]).mean(-1)[there]
    return Comparison(
        photo=photo,
        render=render,
        difference=float(apart.mean()) if len(apart) else 0.0,
        covered=float(there.mean()),
    )


def write(comparison: Comparison, path: Path) -> None:
    """One PNG: photo, render, difference, side by side."""
    alpha = comparison.render[..., 3:]
    render = comparison.render[..., :3] * alpha + GREY * (1 - alpha)
    difference = np.abs(comparison.photo - comparison.render[..., :3]) * (alpha > 0.99) * AMPLIFIED
    joined = np.concatenate([comparison.photo, render, np.minimum(difference, 1)], axis=1)
    height, width = joined.shape[:2]
    out = np.ones((height, width, 4), np.float32)
    out[..., :3] = joined
    image = bpy.data.images.new("Maquette Comparison", width, height, alpha=False)
    try:
        image.pixels.foreach_set(out.ravel())
        path.parent.mkdir(parents=True, exist_ok=True)
        image.filepath_raw, image.file_format = str(path), "PNG"
        image.save()
    finally:
        bpy.data.images.remove(image)


def _render(model: Model, camera: Object, size: tuple[int, int], path: Path) -> F32:
    """The mesh alone in its photo texture, unlit, in a scene of its own."""
    with _scene(model, camera) as scene:
        scene.render.resolution_x, scene.render.resolution_y = size
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True, scene=scene.name)
    try:
        return _pixels(str(path), size)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _scene(model: Model, camera: Object) -> Iterator[Scene]:
    scene = bpy.data.scenes.new("Maquette Comparison")
    try:
        scene.collection.objects.link(model.mesh)
        scene.collection.objects.link(camera)
        match_render(scene, camera)
        render = scene.render
        render.engine, render.film_transparent, render.resolution_percentage = "BLENDER_WORKBENCH", True, 100
        render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
        scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
        shading = scene.display.shading
        shading.light, shading.color_type = "FLAT", "TEXTURE"
        scene.display.render_aa = "8"
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


def _pixels(path: str, size: tuple[int, int]) -> F32:
    """(H, W, 4) of a picture's file in that size."""
    image = bpy.data.images.load(bpy.path.abspath(path))
    try:
        image.colorspace_settings.name = "Non-Color"  # the file's own numbers
        if tuple(image.size) != size:
            image.scale(*size)
        values = np.empty(size[0] * size[1] * 4, np.float32)
        image.pixels.foreach_get(values)
    finally:
        bpy.data.images.remove(image)
    return values.reshape(size[1], size[0], 4)
