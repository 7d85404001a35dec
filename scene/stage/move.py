"""An animated camera move over a stage: a camera of its own, whose keys are how far it is from where the photo was taken.

It is a child of the matched camera. So zero is the photo, the keys are easy to read and to change, and moving, turning or scaling the
stage takes the move along.
"""

from __future__ import annotations

import bpy
import numpy as np
from bpy.types import Context, Object
from mathutils import Matrix

from ...engine.relief.moves import path
from ...engine.settings import Move, MoveSettings
from ...engine.single import Staged
from ..cameras import match_render
from ..model import ROLE
from .find import FIRST_FOCAL, FOCAL, MOVING, UNIT, StageInScene, active_stage
from .focus import focus_of
from .keys import Keys, clear
from .layers import show_layers
from .outline import outline_of
from .rays import matched

_AXES = np.diag([1.0, -1.0, -1.0, 1.0])  # a camera of Blender's and one of COLMAP's, each seen from the other
FINE = 0.004  # of the reach: so exactly do the keys hold the path
RANGE = "maquette_frames_before"  # on the moving camera: the scene's frame range as it was
OF = "maquette_move"  # on the moving camera: what moves it
START = 1


def make_move(context: Context, stage: StageInScene, settings: MoveSettings, *, layers: bool = True) -> Object:
    """Films the stage with this move, in the place of an earlier one. `layers`: those are shown, since they have no holes."""
    staged = outline_of(stage)
    fixed = matched(stage)
    camera = stage.moving if stage.moving is not None else _make_camera(context, stage, fixed)
    camera.data.lens = fixed.data.lens
    camera.matrix_parent_inverse = Matrix()  # what an earlier change of size left there
    frames = path(staged, settings)
    placed = offsets(stage, staged, [cam_from_world for cam_from_world, _ in frames])
    turns = np.array([_euler(one) for one in placed])
    reach = max(staged.sway, staged.push) * stage.relief.data[UNIT] * max(settings.amplitude, 1e-3)
    keys = Keys(camera, f"{stage.name} {label(settings.move)}")
    for axis in range(3):
        keys.curve("location", axis, placed[:, axis, 3], START, settings.loop, FINE * reach)
    for axis in range(3):
        keys.curve("rotation_euler", axis, turns[:, axis], START, settings.loop, FINE * reach / staged.pivot)
    zooms = np.array([zoom for _, zoom in frames])
    clear(camera.data)
    if np.ptp(zooms) > 1e-6:
        lens = Keys(camera.data, f"{stage.name} {label(settings.move)} Lens")
        lens.curve("lens", 0, fixed.data.lens * zooms, START, settings.loop, 1e-3 * fixed.data.lens)
    camera[OF] = settings.move.value
    scene = context.scene
    scene.frame_start, scene.frame_end = START, START + len(frames) - 1
    scene.render.fps, scene.render.fps_base = settings.fps, 1.0
    if layers and stage.layers:
        show_layers(stage, True)
    match_render(scene, camera)
    _show(context, fixed, False)
    scene.frame_set(START)
    return camera


def rest(context: Context, stage: StageInScene) -> None:
    """The moving camera goes; the scene looks through the photo's camera again, with the frames that it had."""
    camera = stage.moving
    if camera is not None:
        scene, before = context.scene, camera.get(RANGE)
        if before is not None:
            scene.frame_start, scene.frame_end = before[0], before[1]
        clear(camera)
        data = camera.data
        clear(data)
        bpy.data.objects.remove(camera)
        if data.users == 0:
            bpy.data.cameras.remove(data)
    stage = active_stage(context)
    _show(context, matched(stage), True)
    match_render(context.scene, matched(stage))


def _show(context: Context, fixed: Object, shown: bool) -> None:
    """The photo's camera stands so near to the moving one that its wires lie across the picture."""
    if fixed.name in context.view_layer.objects:
        fixed.hide_set(not shown, view_layer=context.view_layer)


def offsets(stage: StageInScene, staged: Staged, cameras: list[np.ndarray]) -> np.ndarray:
    """(N, 4, 4) where cameras of the engine's world stand, seen from the matched camera as it is in Blender."""
    rest_from_world = np.vstack([staged.cam_from_world, [0, 0, 0, 1]])
    wider = stage.relief.data[FIRST_FOCAL] / stage.relief.data[FOCAL]
    size = np.array([wider, wider, 1.0]) * stage.relief.data[UNIT]
    found = []
    for cam_from_world in cameras:
        rest_from_cam = rest_from_world @ np.linalg.inv(np.vstack([cam_from_world, [0, 0, 0, 1]]))
        rest_from_cam[:3, 3] *= size
        found.append(_AXES @ rest_from_cam @ _AXES)
    return np.array(found)


def label(move: Move) -> str:
    """As an artist reads it."""
    return {Move.KEN_BURNS: "Ken Burns"}.get(move, move.value.capitalize())


def _euler(placed: np.ndarray) -> tuple[float, ...]:
    return tuple(Matrix(placed[:3, :3].tolist()).to_euler("XYZ"))


def _make_camera(context: Context, stage: StageInScene, fixed: Object) -> Object:
    data = fixed.data.copy()
    data.name = f"{stage.name} Camera"
    data.show_background_images = False  # the photo fits from one place only
    data.background_images.clear()
    camera = bpy.data.objects.new(data.name, data)
    camera[ROLE] = MOVING
    camera[RANGE] = [context.scene.frame_start, context.scene.frame_end]
    stage.collection.objects.link(camera)
    camera.parent = fixed
    camera.rotation_mode = "XYZ"
    empty = focus_of(stage)
    if empty is not None:
        data.dof.focus_object = empty
    return camera
