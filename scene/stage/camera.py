"""The camera of the photo: in its place, with its lens, the photo behind; and what changes when the artist knows its lens better.

Another focal length stretches what was seen across the camera's axis and leaves depth as it is: exactly what reading the photo
with that lens gives. So the whole stage follows a drag at once.
"""

from __future__ import annotations

import bpy
from bpy.types import Image, Object
from mathutils import Matrix

from ...engine.datatypes import Camera, CameraModel
from ..axes import SENSOR_MM, lens_of, world_from_camera
from ..cameras import PHOTO_SIZE, set_lens, show_behind
from ..draft import mark
from ..moving import move_as_one, world_of
from .find import CAMERA, FIRST_FOCAL, FOCAL, MIDDLE, ROLE, UNIT, StageInScene
from .layers_for_light import follow_relief
from .result import PreparedStage


def make_camera(prepared: PreparedStage, photo: Image) -> Object:
    """Matched to the photo, unlinked. It can't be moved by mistake: another one films."""
    data = mark(bpy.data.cameras.new(f"{prepared.name} Photo"))
    camera = mark(bpy.data.objects.new(data.name, data))
    camera[ROLE] = CAMERA
    fit_camera(camera, prepared)
    show_behind(data, photo)
    data.show_passepartout, data.passepartout_alpha = True, 0.9
    camera.lock_location = camera.lock_rotation = camera.lock_scale = (True, True, True)
    return camera


def fit_camera(camera: Object, prepared: PreparedStage) -> None:
    """Its place and its lens."""
    data = camera.data
    set_lens(data, lens_of(_pinhole(prepared)))
    data.display_size = prepared.middle * 0.1
    data.clip_start, data.clip_end = prepared.middle * 0.01, max(prepared.middle * 1000, data.clip_end)
    data.dof.focus_distance = prepared.pivot
    camera.matrix_basis = Matrix(world_from_camera(prepared.cam_from_world).tolist())


def note_shape(relief: Object, prepared: PreparedStage) -> None:
    """What its mesh stands for, kept with it."""
    data = relief.data
    data[FOCAL] = data[FIRST_FOCAL] = focal_35mm(prepared)
    data[UNIT], data[MIDDLE] = 1.0, prepared.middle


def focal_35mm(prepared: PreparedStage) -> float:
    """The lens as the run found it."""
    camera = _pinhole(prepared)
    return camera.params[0] / max(camera.width, camera.height) * SENSOR_MM


def set_focal(stage: StageInScene, millimetres: float) -> None:
    """The whole stage as that lens would have seen it: the matched camera still shows the photo exactly."""
    data = stage.relief.data
    ratio = data[FOCAL] / millimetres
    if stage.camera is None or abs(ratio - 1) < 1e-7:
        return
    place = world_of(stage.camera)
    change = place @ Matrix.Diagonal((ratio, ratio, 1.0, 1.0)) @ place.inverted_safe()
    done = set()
    for thing in stage.meshes:
        if thing.data not in done:
            done.add(thing.data)
            here = world_of(thing)
            thing.data.transform(here.inverted_safe() @ change @ here, shape_keys=True)
            thing.data.update()
    data[FOCAL] = millimetres
    for camera in (stage.camera, stage.moving):
        if camera is not None:
            camera.data.lens /= ratio
    follow_relief(stage)


def distance_of(stage: StageInScene) -> float:
    """How far away the middle of the picture is, in Blender's units."""
    data = stage.relief.data
    place = world_of(stage.camera if stage.camera is not None else stage.relief)
    return float(data[MIDDLE] * data[UNIT] * place.median_scale)


def set_distance(stage: StageInScene, distance: float) -> None:
    """The stage grows or shrinks around the place where the photo was taken: the picture stays as it is."""
    factor = distance / distance_of(stage)
    if distance <= 0 or abs(factor - 1) < 1e-7:
        return
    centre = world_of(stage.camera if stage.camera is not None else stage.relief).translation
    change = Matrix.Translation(centre) @ Matrix.Scale(factor, 4) @ Matrix.Translation(-centre)
    move_as_one(stage.meshes, [stage.camera] if stage.camera is not None else [], change)
    stage.relief.data[UNIT] *= factor
    follow_relief(stage)


def _pinhole(prepared: PreparedStage) -> Camera:
    """At the photo's full size."""
    K, photo = prepared.mono.K, prepared.photo
    height, width = prepared.mono.inverse_depth.shape
    across, down = photo.width / width, photo.height / height
    return Camera(
        model=CameraModel.PINHOLE,
        width=photo.width,
        height=photo.height,
        params=(K[0, 0] * across, K[1, 1] * down, K[0, 2] * across, K[1, 2] * down),
    )


def photo_size(stage: StageInScene) -> tuple[int, int]:
    """In pixels, upright; nothing where the matched camera is gone."""
    return tuple(stage.camera.data[PHOTO_SIZE]) if stage.camera is not None else (0, 0)
