"""From a pixel of the photo, or a ray of the view, to the place on the stage that it shows; and back."""

from __future__ import annotations

import numpy as np
from bpy.types import Object
from mathutils import Matrix, Vector

from .. import surface
from ..errors import ModelError
from ..moving import world_of
from ..photo_rays import pinhole
from .camera import photo_size
from .find import StageInScene


def matched(stage: StageInScene) -> Object:
    """The camera that stands where the photo was taken."""
    if stage.camera is None:
        raise ModelError("The camera of the stage's photo is gone: undo, or build the stage again.")
    return stage.camera


def under(stage: StageInScene, origin: Vector, direction: Vector) -> surface.Hit | None:
    """What a ray of Blender's world meets first; the sky only where there is nothing else."""
    hits = [hit for thing in stage.meshes if thing != stage.sky and (hit := _cast(thing, origin, direction))]
    if not hits and stage.sky is not None:
        hits = [hit for hit in [_cast(stage.sky, origin, direction)] if hit]
    return min(hits, key=lambda hit: (hit.point - origin).length_squared, default=None)


def ray_of(stage: StageInScene, pixel: tuple[float, float]) -> tuple[Vector, Vector]:
    """Where the photo was taken and which way this pixel looks; (0, 0) is the photo's upper left corner."""
    camera = matched(stage)
    width, height = photo_size(stage)
    if not (0 <= pixel[0] <= width and 0 <= pixel[1] <= height):
        raise ModelError(f"That place is outside the photo, which is {width} × {height} pixels.")
    fx, fy, cx, cy = pinhole(camera)
    place = world_of(camera).normalized()
    ray = Vector(((pixel[0] - cx) / fx, -(pixel[1] - cy) / fy, -1.0))
    return place.translation, (place.to_3x3() @ ray).normalized()


def seen_at(stage: StageInScene, pixel: tuple[float, float]) -> surface.Hit:
    """The place that a pixel of the photo shows."""
    hit = under(stage, *ray_of(stage, pixel))
    if hit is None:
        raise ModelError("There is nothing of the stage at that place of the photo.")
    return hit


def pixel_of(stage: StageInScene, point: Vector) -> tuple[float, float]:
    """Where the photo shows a place of Blender's world, in pixels from its upper left corner."""
    fx, fy, cx, cy = pinhole(matched(stage))
    x, y, z = world_of(matched(stage)).normalized().inverted_safe() @ point
    return cx + fx * x / -z, cy - fy * y / -z


def in_photo(stage: StageInScene, thing: Object) -> tuple[np.ndarray, np.ndarray]:
    """(V, 2) where the photo shows a mesh's vertices, as shares of its sides from the lower left; (V,) their depth."""
    places = np.empty(3 * len(thing.data.vertices), np.float32)
    thing.data.vertices.foreach_get("co", places)
    into = np.array(world_of(matched(stage)).normalized().inverted_safe() @ world_of(thing), np.float64)
    cam = places.reshape(-1, 3) @ into[:3, :3].T + into[:3, 3]
    fx, fy, cx, cy = pinhole(matched(stage))
    width, height = photo_size(stage)
    depth = np.maximum(-cam[:, 2], 1e-9)
    u = (cx + fx * cam[:, 0] / depth) / width
    v = 1 - (cy - fy * cam[:, 1] / depth) / height
    return np.stack([u, v], 1), depth


def depth_of(stage: StageInScene, point: Vector) -> float:
    """How far along the photo's camera's axis a place of Blender's world lies."""
    return float(-(world_of(matched(stage)).normalized().inverted_safe() @ point).z)


def _cast(thing: Object, origin: Vector, direction: Vector) -> surface.Hit | None:
    if not thing.visible_get():
        return None
    try:
        return surface.cast(thing, origin, direction)
    except ModelError:
        return None  # it is hidden in a way that Blender has no mesh for


def turned(change: Matrix, normal: Vector) -> Vector:
    """A plane's normal after a change that may stretch."""
    return (change.to_3x3().inverted_safe().transposed() @ normal).normalized()
