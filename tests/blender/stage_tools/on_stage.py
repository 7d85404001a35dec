"""What the tests of a stage's tools share: the engine's own camera path, a small rendering, the made-up photo."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np


def engine_path(folder: Path, **settings):
    """(N, 4, 4) world_from_cam in the engine's world, and the zooms, straight from the engine."""
    from engine.relief.moves import path
    from engine.settings import Move, MoveSettings
    from engine.single_storage import read_stage

    settings["move"] = Move(settings["move"])
    frames = path(read_stage(folder / ".maquette" / "stage.npz"), MoveSettings(**settings))
    return [np.linalg.inv(np.vstack([cam, [0, 0, 0, 1]])) for cam, _ in frames], [zoom for _, zoom in frames]


def centre(frame: int, camera: bpy.types.Object) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    return np.array(camera.matrix_world.translation)


def render(path: Path, *, samples: int = 4, percentage: int = 100) -> np.ndarray:
    """(H, W, 4) as displayed, the first row on top."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", samples, False
    scene.cycles.pixel_filter_type = "BOX"
    scene.render.resolution_percentage = percentage
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], 4)[::-1]
    bpy.data.images.remove(image)
    return pixels


def photo() -> np.ndarray:
    from tests.staged import truth

    return truth()[0].astype(np.float32) / 255
