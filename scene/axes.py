"""The one place that turns the engine's cameras (COLMAP's axes, pixels) into Blender's (looks along -Z, +Y up, millimetres).

World is the same in both: right-handed, +Z up. No bpy here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..engine.datatypes import F64, Camera
from ..engine.geometry import intrinsics

SENSOR_MM = 36.0  # full frame along the photo's longer side: the lens reads as its 35 mm equivalent
_BLENDER_FROM_COLMAP = np.diag([1.0, -1.0, -1.0])
BLENDER_FROM_COLMAP = np.diag([1.0, -1.0, -1.0, 1.0])  # of a placement, (4, 4); its own inverse


@dataclass(frozen=True, kw_only=True)
class Lens:
    """A camera's optics as Blender names them. The aspects are the render settings' pixel aspects, each at least 1."""

    lens: float
    sensor_fit: str
    sensor_width: float
    sensor_height: float
    shift_x: float
    shift_y: float
    width: int
    height: int
    aspect_x: float
    aspect_y: float


def lens_of(camera: Camera) -> Lens:
    """The pinhole part of a solved lens; the photo's own sides decide the fit, so that the render's don't change it."""
    (fx, _, cx), (_, fy, cy), _ = intrinsics(camera)
    width, height = camera.width, camera.height
    across = width >= height
    # Where fx and fy differ, pixels are not square: Blender measures in units of the fitted side.
    side, focal = (width, fx) if across else (height, fy)
    return Lens(
        lens=focal * SENSOR_MM / side,
        sensor_fit="HORIZONTAL" if across else "VERTICAL",
        sensor_width=SENSOR_MM if across else SENSOR_MM * width / height,
        sensor_height=SENSOR_MM * height / width if across else SENSOR_MM,
        shift_x=(width / 2 - cx) / fx * focal / side,
        shift_y=(cy - height / 2) / fy * focal / side,
        width=width,
        height=height,
        aspect_x=max(fy / fx, 1.0),
        aspect_y=max(fx / fy, 1.0),
    )


def world_from_camera(cam_from_world: F64) -> F64:
    """The (4, 4) placement of a Blender camera."""
    rotation = cam_from_world[:, :3]
    placed = np.eye(4)
    placed[:3, :3] = rotation.T @ _BLENDER_FROM_COLMAP
    placed[:3, 3] = -rotation.T @ cam_from_world[:, 3]
    return placed
