"""The camera moves over a stage: as the engine says, in keys that can be edited, and away again."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from .on_stage import centre, engine_path


@pytest.mark.parametrize("move", ["orbit", "dolly", "ken-burns", "handheld"])
@pytest.mark.parametrize("loop", [True, False])
def test_the_camera_goes_where_the_engine_says(stage, tools, folder, move, loop):
    tools.move, tools.loop, tools.seconds, tools.fps = move, loop, 2.0, 12
    assert bpy.ops.maquette.stage_move() == {"FINISHED"}
    scene, camera = bpy.context.scene, stage().moving
    assert scene.camera == camera and (scene.frame_start, scene.frame_end) == (1, 24) and scene.render.fps == 12
    places, zooms = engine_path(folder, move=move, loop=loop, seconds=2.0, fps=12)
    reach = 0.3  # of the made-up stage
    turn = np.diag([1.0, -1.0, -1.0])
    for frame, (place, zoom) in enumerate(zip(places, zooms, strict=True), 1):
        assert np.abs(centre(frame, camera) - place[:3, 3]).max() < 0.02 * reach
        assert np.abs(np.array(camera.matrix_world.to_3x3()) - place[:3, :3] @ turn).max() < 0.01
        assert camera.data.lens == pytest.approx(stage().camera.data.lens * zoom, rel=2e-3)
    moved = max(np.linalg.norm(place[:3, 3]) for place in places)
    assert moved > 0.15  # it is a move
    assert np.abs(np.array(stage().camera.matrix_world.translation)).max() < 1e-6  # the photo's camera stays


def test_a_loop_comes_back_and_goes_on(stage, tools):
    tools.move, tools.loop, tools.seconds, tools.fps = "orbit", True, 2.0, 12
    bpy.ops.maquette.stage_move()
    camera = stage().moving
    assert np.allclose(centre(25, camera), centre(1, camera), atol=1e-5)
    assert np.allclose(centre(24 + 7, camera), centre(7, camera), atol=1e-4)  # the curves repeat
    tools.loop = False
    bpy.ops.maquette.stage_move()
    assert not np.allclose(centre(24, stage().moving), centre(1, stage().moving), atol=0.1)


def test_the_photo_s_camera_is_out_of_sight_while_another_one_films(stage, tools):
    bpy.ops.maquette.stage_move()
    assert stage().camera.hide_get() and not stage().moving.hide_get() and not stage().relief.hide_get()
    bpy.ops.maquette.stage_rest()
    assert not stage().camera.hide_get()


def test_the_keys_are_few_enough_to_edit(stage, tools, part):
    tools.move, tools.seconds, tools.fps = "orbit", 4.0, 24
    bpy.ops.maquette.stage_move()
    curves = part("scene.stage.keys").curves_of(stage().moving)
    assert len(curves) == 6 and all(len(curve.keyframe_points) <= 33 for curve in curves)


def test_more_is_said_to_be_too_much(stage, tools):
    tools.move, tools.seconds, tools.amplitude = "orbit", 1.0, 2.0
    bpy.ops.maquette.stage_move()
    far = max(np.linalg.norm(centre(frame, stage().moving)) for frame in range(1, 25))
    assert far == pytest.approx(0.6, rel=0.05)  # twice the sway


def test_again_replaces_and_rest_puts_back(stage, tools):
    scene = bpy.context.scene
    before = scene.frame_start, scene.frame_end
    tools.seconds = 1.0
    bpy.ops.maquette.stage_move()
    tools.move = "dolly"
    bpy.ops.maquette.stage_move()
    assert len([thing for thing in bpy.data.objects if thing.type == "CAMERA"]) == 2
    assert len(bpy.data.actions) == 1
    assert not stage().camera.animation_data
    assert bpy.ops.maquette.stage_rest() == {"FINISHED"}
    assert stage().moving is None and scene.camera == stage().camera
    assert (scene.frame_start, scene.frame_end) == before and not bpy.data.actions
    assert len(bpy.data.cameras) == 1


def test_the_move_follows_a_stage_that_is_moved_and_scaled(stage, tools):
    tools.move, tools.seconds = "orbit", 1.0
    bpy.ops.maquette.stage_move()
    one = centre(7, stage().moving)
    stage().relief.matrix_world = Matrix.Translation((5, 1, 2)) @ Matrix.Scale(3, 4)
    bpy.context.view_layer.update()
    assert np.allclose(centre(7, stage().moving), 3 * one + [5, 1, 2], atol=1e-3)
    bpy.ops.maquette.stage_move()
    assert np.allclose(centre(7, stage().moving), 3 * one + [5, 1, 2], atol=5e-3)


def test_another_distance_makes_the_move_as_much_larger(stage, tools, part):
    tools.move, tools.seconds = "orbit", 1.0
    bpy.ops.maquette.stage_move()
    one = centre(7, stage().moving)
    camera = part("scene.stage.camera")
    camera.set_distance(stage(), 2 * camera.distance_of(stage()))
    assert np.allclose(centre(7, stage().moving), 2 * one, atol=1e-3)
    bpy.ops.maquette.stage_move()
    assert np.allclose(centre(7, stage().moving), 2 * one, atol=1e-3)


def test_a_move_without_the_run_s_folder(stage, tools, folder):
    tools.seconds = 1.0
    bpy.ops.maquette.stage_move()
    one = centre(7, stage().moving)
    (folder / ".maquette" / "stage.npz").unlink()
    assert bpy.ops.maquette.stage_move() == {"FINISHED"}
    assert np.allclose(centre(7, stage().moving), one, atol=1e-4)
