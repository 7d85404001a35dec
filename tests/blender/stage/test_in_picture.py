"""A stage in the scene shows its photo: relief, layers, sky and camera; the artist's scene comes back."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from .looks import SIZE, misfit, points_of, psnr, render


def test_the_operator_builds_what_the_engine_gave(play, part, settings, stage_folder):
    play("done")
    assert bpy.ops.maquette.build_stage() == {"FINISHED"}
    found = part("scene.stage.find").active_stage(bpy.context)
    assert found.relief == bpy.context.view_layer.objects.active and found.name == "made-up"
    assert [layer.name.split()[-1] for layer in found.layers] == ["Back", "Front"]
    from tests.staged import make_stage

    truth = make_stage(stage_folder.parent)
    assert np.array_equal(points_of(found.relief), truth.relief.mesh.vertices)
    assert len(found.relief.data.polygons) == len(truth.relief.mesh.faces)
    assert all(thing.parent == found.relief for thing in (*found.layers, found.camera))
    marks = np.empty(len(found.layers[0].data.polygons), bool)
    found.layers[0].data.attributes["filled"].data.foreach_get("value", marks)
    assert marks.sum() == truth.layers[0].surface.mesh.filled.sum() > 0
    assert found.relief.data.attributes["part"].domain == "FACE"
    state = bpy.context.window_manager.maquette
    assert [line.text for line in state.facts][-2:] == ["34 mm lens, a guess: drag it", "0:02 min"]


def test_the_relief_lies_on_the_photo_behind_it(stage):
    assert misfit(stage()) < 0.02
    background = stage().camera.data.background_images[0]
    assert background.image == stage().photo and background.frame_method == "STRETCH"
    render = bpy.context.scene.render
    assert (render.resolution_x, render.resolution_y) == SIZE and bpy.context.scene.camera == stage().camera


@pytest.mark.parametrize("shown", ["RELIEF", "LAYERS"])
def test_a_render_through_the_camera_is_the_photo(stage, settings, tmp_path, shown):
    """At the photo's size, with Cycles. What the sheets don't reach (half a pixel at tears, the sky) is not asked for."""
    from tests.staged import truth

    settings.shown = shown
    photo, depth, what = truth()
    inner, near = what != 0, np.minimum(depth, 1e6)
    for axis in (0, 1):
        for step in (-1, 1):
            inner &= np.abs(np.roll(near, step, axis) - near) < 0.5  # where the made-up relief is whole
    inner[[0, -1]] = False
    inner[:, [0, -1]] = False
    assert inner.mean() > 0.6
    figure = psnr(render(tmp_path / "shown.png"), photo, inner)
    print(f"{shown}: {figure:.1f} dB")
    assert figure >= 35


def test_another_view_transform_would_not_show_the_photo(stage, tmp_path):
    """So that the test above can fail: without what the stage sets up, the photo's colours are others."""
    from tests.staged import truth

    photo, _, what = truth()
    bpy.ops.maquette.leave_camera()
    bpy.context.scene.camera = stage().camera
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = SIZE
    bpy.context.scene.view_settings.view_transform = "AgX"
    assert psnr(render(tmp_path / "agx.png"), photo, what == 3) < 25


def test_the_artist_s_scene_comes_back(maquette, part, stage_folder):
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 1234, 567
    scene.view_settings.view_transform, scene.view_settings.exposure = "Filmic", 0.5
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    assert scene.view_settings.view_transform == "Standard" and scene.render.resolution_x == SIZE[0]
    bpy.ops.maquette.leave_camera()
    assert (scene.render.resolution_x, scene.render.resolution_y, scene.camera) == (1234, 567, None)
    assert (scene.view_settings.view_transform, scene.view_settings.exposure) == ("Filmic", 0.5)
    bpy.ops.maquette.match_stage()
    assert scene.render.resolution_x == SIZE[0] and scene.camera is not None


def test_without_set_up_the_scene_stays_as_it_is(maquette, stage_folder):
    scene = bpy.context.scene
    scene.maquette.stage.match = False
    before = scene.render.resolution_x, scene.view_settings.view_transform
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    assert (scene.render.resolution_x, scene.view_settings.view_transform) == before and scene.camera is None


def test_a_photo_that_lies_on_its_side_is_shown_upright(maquette, part, stage_folder, tmp_path):
    """Blender shows a file as it is stored: the run keeps another one for it."""
    from dataclasses import replace

    from PIL import Image

    from engine.single_storage import write_stage
    from tests.staged import make_stage

    staged = make_stage(tmp_path)
    upright = Image.open(tmp_path / "made-up.png")
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png")
    photo = replace(staged.mono.photo, path=tmp_path / "turned.png", orientation=6)
    folder = tmp_path / "turned"
    (folder / ".maquette").mkdir(parents=True)
    write_stage(folder / ".maquette" / "stage.npz", replace(staged, mono=replace(staged.mono, photo=photo)))
    upright.save(folder / ".maquette" / "photo.png")
    (folder / "report.json").write_text("{}", encoding="utf-8")
    bpy.ops.maquette.import_stage(directory=str(folder))
    image = part("scene.stage.find").active_stage(bpy.context).photo
    assert tuple(image.size) == SIZE and image.packed_file is not None
    shown = (np.array(image.pixels[:]).reshape(72, 96, 4)[::-1, :, :3] * 255).round()
    from tests.staged import truth

    assert np.abs(shown - truth()[0]).max() <= 1
