"""Depth of field: an empty where the lens is sharp, and how much is blurred far away."""

from __future__ import annotations

import bpy
from bpy.types import Camera, Object
from mathutils import Matrix, Vector

from ..errors import ModelError
from ..model import ROLE
from .find import StageInScene
from .rays import depth_of, matched

FOCUS = "focus"  # of ROLE: the empty that the cameras are focused on
MARK = 0.05  # of its distance: how large the empty is drawn


def focus_on(stage: StageInScene, point: Vector, blur: float) -> Object:
    """All the stage's cameras are sharp at a place of Blender's world, and blur what is infinitely far by `blur`, a share of the
    picture's width."""
    distance = depth_of(stage, point)
    if distance <= 0:
        raise ModelError("That place is behind the camera.")
    empty = focus_of(stage)
    if empty is None:
        empty = bpy.data.objects.new(f"{stage.name} Focus", None)
        empty[ROLE] = FOCUS
        empty.empty_display_type = "SPHERE"
        stage.collection.objects.link(empty)
        empty.parent = stage.relief
    empty.empty_display_size = MARK * distance
    bpy.context.view_layer.update()
    empty.matrix_world = Matrix.Translation(point)
    for camera in cameras_of(stage):
        dof = camera.dof
        dof.use_dof, dof.focus_object = True, empty
        dof.aperture_fstop = stop_for(camera, distance, blur)
    return empty


def unfocus(stage: StageInScene) -> None:
    """All is sharp again."""
    for camera in cameras_of(stage):
        camera.dof.use_dof, camera.dof.focus_object = False, None
    empty = focus_of(stage)
    if empty is not None:
        bpy.data.objects.remove(empty)


def focus_of(stage: StageInScene) -> Object | None:
    """The empty, if there is one."""
    return next((thing for thing in stage.collection.all_objects if thing.get(ROLE) == FOCUS), None)


def cameras_of(stage: StageInScene) -> list[Camera]:
    """The lens of the matched camera and of the one that films."""
    return [thing.data for thing in (matched(stage), stage.moving) if thing is not None]


def stop_for(camera: Camera, distance: float, blur: float) -> float:
    """The f-stop that blurs a point at infinity to a disc of that share of the picture's width; a Blender unit is a metre."""
    focal, sensor = camera.lens / 1000, camera.sensor_width / 1000
    disc = max(blur, 1e-5) * sensor
    return max(focal * focal / (max(distance - focal, focal) * disc), 0.01)
