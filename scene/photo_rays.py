"""From a pixel of a photo, as its camera shows it, to the place on the model that it shows; and back."""

from __future__ import annotations

import numpy as np
from bpy.types import Object
from mathutils import Vector

from . import surface
from .cameras import PHOTO_SIZE, PIXEL_ASPECT
from .errors import ModelError
from .model import Model, photo_of
from .moving import world_of

NEAR = 12  # points of the cloud that stand in where the model has no surface
REACH = 0.12  # of the photo's longer side: how far from the pixel they may lie
FEWEST = 5


def camera_named(model: Model, name: str) -> Object:
    """One of the model's cameras, by its own name or its photo's; the first where none is named."""
    if not model.cameras:
        raise ModelError("None of the model's cameras is in the scene any more: import the finished model again.")
    for camera in model.cameras:
        if not name or name in (camera.name, photo_of(camera)):
            return camera
    raise ModelError(f"The model has no camera named {name}.")


def pixel_of(camera: Object, point: Vector) -> Vector:
    """Where a place of Blender's world is in the photo, in pixels from its upper left corner."""
    fx, fy, cx, cy = pinhole(camera)
    x, y, z = world_of(camera).normalized().inverted() @ point
    return Vector((cx + fx * x / -z, cy - fy * y / -z))


def place_at(model: Model, camera: Object, pixel: Vector) -> Vector:
    """The place that a pixel shows: on the model, else on the flat through the cloud's points around it."""
    fx, fy, cx, cy = pinhole(camera)
    world = world_of(camera).normalized()
    ray = world.to_3x3() @ Vector(((pixel.x - cx) / fx, -(pixel.y - cy) / fy, -1.0))
    hit = surface.cast(model.mesh, world.translation, ray)
    if hit is not None:
        return hit.point
    depth = _depth_from_points(model, camera, np.array(pixel))
    if depth is None:
        raise ModelError("There is neither surface nor points under that corner: pick where the model is.")
    return world.translation + depth * ray


def _depth_from_points(model: Model, camera: Object, pixel: np.ndarray) -> float | None:
    """How far along the camera's axis the surface is there, judged by the points that lie around it in the photo."""
    if model.points is None:
        return None
    mesh = model.points.data
    places = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", places)
    into = np.array(world_of(camera).normalized().inverted() @ world_of(model.points))
    cam = places.reshape(-1, 3) @ into[:3, :3].T + into[:3, 3]
    cam = cam[cam[:, 2] < 0]
    fx, fy, cx, cy = pinhole(camera)
    pixels = np.stack([cx - fx * cam[:, 0] / cam[:, 2], cy + fy * cam[:, 1] / cam[:, 2]], 1)
    off = np.linalg.norm(pixels - pixel, axis=1)
    near = np.argsort(off)[:NEAR]
    near = near[off[near] < REACH * max(camera.data[PHOTO_SIZE])]
    if len(near) < FEWEST:
        return None
    return _through_plane(pixels[near] - pixel, -cam[near, 2])


def _through_plane(offsets: np.ndarray, depth: np.ndarray) -> float:
    """A plane's inverse depth is linear over a photo: fitted there, without the points that lie on something else."""
    M = np.concatenate([offsets / np.abs(offsets).max(), np.ones((len(offsets), 1))], 1)
    keep = np.abs(depth / np.median(depth) - 1) < 0.1
    if keep.sum() < FEWEST:
        return float(np.median(depth))
    fitted = float(np.linalg.lstsq(M[keep], 1 / depth[keep], rcond=None)[0][2])
    low, high = depth[keep].min(), depth[keep].max()
    return float(np.clip(1 / fitted if fitted > 0 else high, 0.9 * low, 1.1 * high))


def pinhole(camera: Object) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy of the photo's full size: the inverse of `axes.lens_of`."""
    data = camera.data
    width, height = data[PHOTO_SIZE]
    aspect_x, aspect_y = data[PIXEL_ASPECT]
    across = data.sensor_fit == "HORIZONTAL"
    side, sensor = (width, data.sensor_width) if across else (height, data.sensor_height)
    focal = data.lens * side / sensor
    fx = focal if across else focal * aspect_y / aspect_x
    fy = focal * aspect_x / aspect_y if across else focal
    return fx, fy, width / 2 - data.shift_x * side * fx / focal, height / 2 + data.shift_y * side * fy / focal
