"""Where a stage's parts are seen in its photo, and a rendering of it: what the tests of a stage share."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix

SIZE = (96, 72)


def points_of(thing) -> np.ndarray:
    """Its vertices in Blender's world."""
    flat = np.empty(3 * len(thing.data.vertices), np.float32)
    thing.data.attributes["position"].data.foreach_get("vector", flat)
    bpy.context.view_layer.update()
    above = thing.parent.matrix_world @ thing.matrix_parent_inverse if thing.parent else Matrix()
    place = np.array(above @ thing.matrix_basis)  # Blender's own figure is an old one where a collection is hidden
    return flat.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3]


def seen_at(camera, points: np.ndarray, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Pixels of the photo, as Blender's own projection has them."""
    bpy.context.view_layer.update()
    way = np.array(
        camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=size[0], y=size[1])
        @ Matrix.LocRotScale(*camera.matrix_world.decompose()[:2], None).inverted()
    )
    clip = np.c_[points, np.ones(len(points))] @ way.T
    flat = clip[:, :2] / clip[:, 3:]
    return np.stack([(flat[:, 0] + 1) / 2 * size[0], (1 - flat[:, 1]) / 2 * size[1]], 1)


def pixels_by_uv(thing, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Where the UVs say that each vertex is in the photo."""
    mesh = thing.data
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", uv)
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.attributes[".corner_vert"].data.foreach_get("value", corner)
    found = np.empty((len(mesh.vertices), 2))
    found[corner] = uv.reshape(-1, 2)
    return np.stack([found[:, 0] * size[0], (1 - found[:, 1]) * size[1]], 1)


def misfit(stage) -> float:
    """How many pixels apart the photo on the relief and the photo behind it are, at worst."""
    return max(
        float(np.abs(seen_at(stage.camera, points_of(thing)) - pixels_by_uv(thing)).max())
        for thing in (stage.relief, *stage.layers)
    )


def render(path: Path, *, samples: int = 4) -> np.ndarray:
    """The scene through its camera by Cycles, (H, W, 3) in 8-bit values."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.pixel_filter_type = samples, False, "BOX"
    scene.cycles.filter_width, scene.render.threads_mode, scene.render.threads = 0.01, "FIXED", 1
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    error = (a.astype(np.float64) - b.astype(np.float64))[where]
    return float(10 * np.log10(255**2 / max((error**2).mean(), 1e-9)))
