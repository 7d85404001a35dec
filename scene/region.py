"""The region box: an empty in the shape of a cube around what to keep, which the artist moves, turns and scales like any object.

The engine gets it together with the cameras as they stand in the scene: so it finds the same place in a run that solves its
cameras anew, and wherever the model was moved meanwhile.
"""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Collection, Context, Object
from mathutils import Matrix, Vector

from ..engine.datatypes import F64
from ..engine.settings import Box, PlacedCamera, to_json
from .axes import BLENDER_FROM_COLMAP
from .cameras import is_ghost, is_ours
from .errors import ModelError
from .found import found_in, points_of
from .model import ROLE, active_model, models_in, photo_of

BOX = "box"  # its role
NEAR = 0.55  # of the cameras' distance: the subject's points lie closer to where the cameras look
ROOM = 1.15  # how much larger than what is in it
DIGITS = 7


def box_in(context: Context) -> Object | None:
    """The box that the artist drew, if it is still in the scene."""
    box = context.scene.maquette.region_masks.box
    return box if box is not None and box.name in context.scene.objects else None


def show_box(context: Context, on: bool) -> None:
    """A box that is switched off would only stand around the model."""
    box = box_in(context)
    if box is not None and box.name in context.view_layer.objects:
        box.hide_set(not on, view_layer=context.view_layer)


def can_fit(context: Context) -> bool:
    """Whether there is something to put a box around."""
    return bool(found_in(context.scene) or models_in(context.scene))


def fit_box(context: Context) -> Object:
    """A box around the active model, or around what the found cameras look at; the one that was there is fitted anew."""
    if found_in(context.scene):
        collection = found_in(context.scene)[-1]
        anchor = points_of(collection)
        if anchor is None:
            raise ModelError("The points of the found cameras are gone: find the cameras again.")
        low, high = _around_subject(collection, anchor)
    else:
        model = active_model(context)
        collection, anchor = model.collection, model.mesh
        corners = np.array([model.mesh.matrix_world @ Vector(corner) for corner in model.mesh.bound_box])
        low, high = corners.min(0), corners.max(0)
    box = box_in(context) or bpy.data.objects.new("Region Box", None)
    box.empty_display_type, box.empty_display_size, box[ROLE] = "CUBE", 1.0, BOX
    box.show_in_front = True
    for other in box.users_collection:
        other.objects.unlink(box)
    collection.objects.link(box)
    half = np.maximum((high - low) / 2 * ROOM, 1e-4 * np.linalg.norm(high - low))
    box.parent = anchor
    box.matrix_parent_inverse = anchor.matrix_world.inverted_safe()
    box.matrix_basis = Matrix.LocRotScale(Vector((low + high) / 2), None, Vector(half))
    settings = context.scene.maquette.region_masks
    settings.box, settings.use_box = box, True
    for other in context.view_layer.objects:
        other.select_set(other == box)
    context.view_layer.objects.active = box
    context.view_layer.update()
    return box


def engine_box(context: Context) -> Box:
    """The box as the engine takes it."""
    box = box_in(context)
    if box is None:
        raise ModelError("There is no region box in this scene: fit one, or switch it off.")
    context.view_layer.update()
    cameras = [thing for thing in _home(context, box).all_objects if is_ours(thing) and not is_ghost(thing)]
    placed = {photo_of(camera): np.array(camera.matrix_world) @ BLENDER_FROM_COLMAP for camera in cameras}
    if not placed:
        raise ModelError("The cameras that the region box was drawn among are gone: fit it anew.")
    place = np.array(box.matrix_world @ Matrix.Scale(box.empty_display_size, 4))
    if abs(np.linalg.det(place[:3, :3])) < 1e-18:
        raise ModelError("The region box is flat: give it some size on every axis.")
    return Box(
        place=_rounded(place),
        cameras=tuple(PlacedCamera(photo=name, place=_rounded(where)) for name, where in sorted(placed.items())),
    )


def write_box(box: Box, path: Path) -> None:
    """For the engine's command line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(to_json(box)), encoding="utf-8")


def _home(context: Context, box: Object) -> Collection:
    """The model, or the found cameras, that the box was drawn in."""
    homes = [*found_in(context.scene), *(model.collection for model in models_in(context.scene))]
    for collection in homes:
        if box in collection.all_objects[:] or (box.parent is not None and box.parent in collection.all_objects[:]):
            return collection
    if len(homes) == 1:
        return homes[0]
    raise ModelError("The region box belongs to no model in this scene: fit it anew.")


def _around_subject(collection: Collection, points: Object) -> tuple[F64, F64]:
    """What stands where the cameras look: the box of the points near there, without the stray ones."""
    own = np.empty(3 * len(points.data.vertices), np.float32)
    points.data.vertices.foreach_get("co", own)
    place = np.array(points.matrix_world)
    world = own.reshape(-1, 3).astype(np.float64) @ place[:3, :3].T + place[:3, 3]
    views = np.array([thing.matrix_world for thing in collection.all_objects if is_ours(thing)])
    if len(world) < 20 or len(views) < 2:
        raise ModelError("Too few points were found to put a box around anything.")
    eyes, axes = views[:, :3, 3], -views[:, :3, 2] / np.linalg.norm(views[:, :3, 2], axis=1, keepdims=True)
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    normal = across.sum(0) + 1e-6 * np.eye(3)
    target = np.linalg.solve(normal, np.einsum("nij,nj->i", across, eyes) + 1e-6 * np.median(world, axis=0))
    reach = NEAR * float(np.median(np.linalg.norm(eyes - target, axis=1)))
    near = world[np.linalg.norm(world - target, axis=1) < reach]
    near = near if len(near) >= 20 else world
    low, high = np.quantile(near, [0.03, 0.97], axis=0)
    return low, high


def _rounded(matrix: F64) -> tuple[float, ...]:
    """Without float32's last digits: the same box must be the same to the engine, which redoes nothing then."""
    return tuple(float(f"{value:.{DIGITS}g}") for value in matrix.ravel())
