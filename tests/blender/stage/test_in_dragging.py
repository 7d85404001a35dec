"""What an artist drags and switches on a stage: lens, distance, relief or layers, light; and what stays when it is built again."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from .looks import misfit, pixels_by_uv, points_of, render


def test_dragging_the_lens_is_reading_the_photo_with_that_lens(stage, settings):
    """Against depth unprojected anew, whatever the artist did with the stage; the photo still fits."""
    from tests.staged import CAM_FROM_WORLD, FOCAL, HEIGHT, WIDTH

    found = stage()
    assert settings.lens == pytest.approx(FOCAL / WIDTH * 36, rel=1e-5)
    before = points_of(found.relief)
    settings.lens = 50.0
    focal = 50 / 36 * WIDTH
    pixels = pixels_by_uv(found.relief)
    depth = before[:, 1]  # the camera looks along +Y
    anew = np.stack(
        [(pixels[:, 0] - WIDTH / 2) / focal * depth, depth, -(pixels[:, 1] - HEIGHT / 2) / focal * depth], 1
    )
    assert np.abs(points_of(found.relief) - anew).max() < 1e-4 * depth.max()
    assert misfit(found) < 0.02 and settings.lens == pytest.approx(50) and settings.focal == pytest.approx(50)
    found.relief.location, found.relief.rotation_euler, found.relief.scale = (3, -1, 2), (0.2, 0.5, 1.0), (2, 2, 2)
    bpy.context.view_layer.update()
    assert misfit(found) < 0.02
    settings.lens = 24.0
    assert misfit(found) < 0.02
    staged = found.staged()
    way = np.array(found.world_from_stage(staged))
    first = staged.relief.mesh.vertices @ way[:3, :3].T + way[:3, 3]
    assert np.abs(first - points_of(found.relief)).max() < 1e-3
    assert np.array_equal(staged.cam_from_world, CAM_FROM_WORLD)


def test_the_distance_scales_all_around_the_camera(stage, settings):
    found = stage()
    assert settings.reach == pytest.approx(3.0, rel=0.01)  # the box
    before = points_of(found.relief)
    settings.reach = 6.0
    assert np.allclose(points_of(found.relief), before * 2, atol=1e-4) and found.relief.scale[0] == 1
    assert misfit(found) < 0.02 and settings.distance == pytest.approx(6) and settings.reach == pytest.approx(6)
    staged = found.staged()
    way = np.array(found.world_from_stage(staged))
    assert np.allclose(staged.relief.mesh.vertices @ way[:3, :3].T, points_of(found.relief), atol=1e-4)


def test_relief_and_layers_take_turns(stage, settings):
    found = stage()
    home = found.layers[0].users_collection[0]
    assert settings.shown == "RELIEF" and home.hide_render and not found.relief.hide_render
    settings.shown = "LAYERS"
    assert not home.hide_render and not home.hide_viewport and found.relief.hide_render
    assert not found.camera.hide_viewport
    settings.shown = "RELIEF"
    assert home.hide_render and not found.relief.hide_render


def test_relight_lets_the_scene_s_lights_act(stage, settings, tmp_path):
    from tests.staged import truth

    box = truth()[2] == 3
    assert settings.lit == 0
    settings.lit = 1.0
    dark = render(tmp_path / "dark.png")[box].mean()
    light = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    light.data.energy, light.rotation_euler = 3.0, (1.2, 0, 0)
    bpy.context.scene.collection.objects.link(light)
    assert dark < 12 < 60 < render(tmp_path / "lit.png")[box].mean()


def test_what_is_invented_is_shown_and_hidden(stage, settings):
    settings.invented = True
    assert settings.invented and all(len(layer.modifiers) == 1 for layer in stage().layers)
    settings.invented = False
    assert not settings.invented and not any(len(layer.modifiers) for layer in stage().layers)


def test_built_again_the_stage_is_renewed_and_what_the_artist_did_stays(stage, settings, stage_folder):
    found = stage()
    found.relief.location = (1, 2, 3)
    own = bpy.data.materials.new("Own")
    found.relief.data.materials.append(own)
    lamp = bpy.data.objects.new("Lamp", None)
    bpy.context.scene.collection.objects.link(lamp)
    lamp.parent = found.relief
    settings.shown = "LAYERS"
    counts = [
        len(kind) for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.materials, bpy.data.images)
    ]
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    again = stage_of = stage()
    assert again.relief == found.relief and tuple(again.relief.location) == (1, 2, 3) and lamp.parent == again.relief
    assert own.name in again.relief.data.materials and settings.shown == "LAYERS" and len(stage_of.layers) == 2
    assert counts == [
        len(kind) for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.materials, bpy.data.images)
    ]
    assert misfit(again) < 0.02


def test_the_relief_comes_first_and_what_was_dragged_meanwhile_holds(maquette, part, stage_folder, settings):
    from dataclasses import replace

    reader, builder = part("scene.stage.result"), part("scene.stage.build")
    whole = reader.prepare_stage(reader.stage_files(stage_folder))
    found = builder.build_stage(bpy.context, replace(whole, layers=(), report={}))
    assert found.layers == () and misfit(found) < 0.02
    settings.lens, settings.reach = 50.0, 12.0
    settings.shown = "LAYERS"  # there are none
    assert settings.shown == "RELIEF" and not found.relief.hide_render
    before = points_of(found.relief)
    again = builder.build_stage(bpy.context, whole)
    assert again.relief == found.relief and len(again.layers) == 2 and again.camera == found.camera
    assert np.allclose(points_of(again.relief), before, atol=1e-4) and misfit(again) < 0.02
    assert (settings.lens, settings.reach) == (pytest.approx(50), pytest.approx(12))


def test_undo_takes_a_stage_away_in_one_step(play, settings):
    play("done")
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.build_stage("EXEC_DEFAULT", True)
    assert len(bpy.data.objects) == 4 and bpy.context.scene.view_settings.view_transform == "Standard"
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0 and len(bpy.context.scene.collection.children) == 0
    assert bpy.context.scene.camera is None
