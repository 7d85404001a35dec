"""The model's surface under a ray, as it is shown: with its modifiers and its shape keys."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
import numpy as np
from bpy.types import Object
from mathutils import Vector

from .errors import ModelError

PATCH = 0.02  # of the model's diagonal: how far around a place its side is looked at; one triangle of a scan is rough
SAMPLES = 48
SAME_SIDE = 0.8  # cosine: what leans further from the place's own face belongs to another side


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A place on the surface, in Blender's world."""

    point: Vector
    normal: Vector  # outwards
    face: int  # of the mesh as it is shown


def cast(mesh: Object, origin: Vector, direction: Vector) -> Hit | None:
    """Where a ray of Blender's world first meets the mesh."""
    shown, back = _shown(mesh)
    try:
        hit, place, normal, face = shown.ray_cast(back @ origin, back.to_3x3() @ direction)
    except RuntimeError as error:  # Blender has nothing to cast onto
        raise ModelError("The model is hidden or has no faces: show it first.") from error
    return _hit(shown, place, normal, face) if hit else None


def nearest(mesh: Object, point: Vector) -> Hit | None:
    """The place on the mesh that is nearest to a point of Blender's world."""
    shown, back = _shown(mesh)
    hit, place, normal, face = shown.closest_point_on_mesh(back @ point)
    return _hit(shown, place, normal, face) if hit else None


def side_of(mesh: Object, hit: Hit) -> tuple[Vector, Vector]:
    """(point, outward normal) of the flat that fits the surface around a place best."""
    radius = PATCH * diagonal(mesh)
    across = hit.normal.orthogonal().normalized()
    along = hit.normal.cross(across)
    found = [hit]
    for i in range(1, SAMPLES):  # a sunflower's seeds: evenly over the disc
        reach, angle = radius * (i / SAMPLES) ** 0.5, i * 2.399963
        beside = nearest(mesh, hit.point + reach * (math.cos(angle) * across + math.sin(angle) * along))
        if beside is not None and beside.normal.dot(hit.normal) > SAME_SIDE:
            found.append(beside)
    places = np.array([one.point for one in found], np.float64)
    middle = places.mean(axis=0)
    _, spread, axes = np.linalg.svd(places - middle, full_matrices=False)
    if len(found) < 6 or spread[1] < 1e-3 * radius:
        return hit.point, hit.normal
    normal = Vector(axes[2])
    return Vector(middle), normal if normal.dot(hit.normal) > 0 else -normal


def corners(mesh: Object) -> np.ndarray:
    """(V, 3) vertices in Blender's world, as they are shown."""
    shown = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    data = shown.to_mesh()
    try:
        places = np.empty(3 * len(data.vertices), np.float32)
        data.vertices.foreach_get("co", places)
    finally:
        shown.to_mesh_clear()
    if not len(places):
        raise ModelError("The model has no vertices left.")
    world = np.array(mesh.matrix_world, np.float64)
    return places.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def diagonal(mesh: Object) -> float:
    """From corner to corner of its bounding box."""
    return float(mesh.dimensions.length)


def _shown(mesh: Object):
    """The mesh as it is shown, and the way into its own space."""
    shown = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return shown, shown.matrix_world.inverted_safe()


def _hit(shown: Object, place: Vector, normal: Vector, face: int) -> Hit:
    world = shown.matrix_world
    outwards = (world.to_3x3().inverted_safe().transposed() @ normal).normalized()
    return Hit(point=world @ place, normal=outwards, face=face)
