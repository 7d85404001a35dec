"""From the artist's settings to the engine's words, from its answers and failures to the scene, and the same by command."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from .looks import misfit, pixels_by_uv, points_of, seen_at

SAMPLE = Path(__file__).resolve().parents[3] / "sample" / "photos"


def test_the_engine_is_told_what_the_artist_set(play, part, settings, stage_folder, tmp_path):
    words = play("done")
    settings.focal, settings.distance, settings.faces, settings.tear = 35.0, 2.5, 4321, 0.5
    settings.back, settings.thickness, settings.sky, settings.layers = "plate", 0.1, "cut", 2
    settings.smooth, settings.far, settings.filler = 0.25, 40.0, "smooth"
    bpy.ops.maquette.build_stage()
    cli, jobs = part("engine.cli"), part("engine.settings")
    job = cli.job_of(cli.parse(words()))
    assert job.photo == stage_folder.parent / "made-up.png" and job.out == tmp_path / "out" / "made-up-stage"
    asked = job.settings
    assert (asked.mono.focal_35mm, asked.mono.distance, asked.mono.provider) == (35.0, 2.5, "embedded")
    relief = asked.relief
    assert (relief.faces, relief.tear, relief.smooth, relief.far) == (4321, 0.5, 0.25, 40.0)
    assert (relief.back, relief.thickness, relief.sky) == (jobs.Back.PLATE, 0.1, jobs.Sky.CUT)
    assert (asked.layers.count, asked.layers.filler, asked.move.height) == (2, jobs.Filler.SMOOTH, 0)


def test_settings_left_alone_are_the_engine_s_own(play, part, settings):
    words = play("done")
    bpy.ops.maquette.build_stage()
    cli, jobs = part("engine.cli"), part("engine.settings")
    asked, own = cli.job_of(cli.parse(words())).settings, jobs.StageSettings()
    assert (asked.mono, asked.relief, asked.layers) == (own.mono, own.relief, own.layers)


def test_another_photo_forgets_what_was_known_of_the_last(settings, tmp_path):
    settings.focal, settings.distance = 35.0, 2.0
    settings.photo = str(tmp_path / "other.jpg")
    assert (settings.focal, settings.distance) == (0.0, 0.0)


def test_the_single_photo_of_the_list_will_do(play, maquette, stage_folder, tmp_path):
    words = play("done")
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    photo = stage_folder.parent / "made-up.png"
    bpy.ops.maquette.add_photos(directory=str(photo.parent), files=[{"name": photo.name}])
    assert bpy.ops.maquette.build_stage(listed=True) == {"FINISHED"}
    assert words()[:2] == ["stage", str(photo)] and bpy.context.scene.maquette.stage.photo == str(photo)


def test_a_dropped_or_chosen_photo_is_the_stage_s(maquette, stage_folder):
    folder, settings = str(stage_folder.parent), bpy.context.scene.maquette.stage
    assert bpy.ops.maquette.stage_photo(directory=folder, files=[{"name": "made-up.png"}]) == {"FINISHED"}
    assert Path(settings.photo) == stage_folder.parent / "made-up.png"
    assert bpy.ops.maquette.stage_photo(directory=folder, files=[{"name": "a.png"}, {"name": "b.png"}]) == {"CANCELLED"}
    assert Path(settings.photo).name == "made-up.png"
    handler = bpy.types.FileHandler.bl_rna_get_subclass_py("MAQUETTE_FH_stage")
    assert handler.bl_import_operator == "maquette.stage_photo" and ".jpg" in handler.bl_file_extensions


def test_what_goes_wrong_comes_with_the_button_that_helps(play, part, maquette, tmp_path):
    words, remedies = play("done"), part("operators.remedies").REMEDIES
    with pytest.raises(RuntimeError, match="No photo is chosen yet"):
        bpy.ops.maquette.build_stage()
    state = bpy.context.window_manager.maquette
    assert [remedy.operator for remedy in remedies[state.messages[0].code]] == ["maquette.stage_photo"]
    assert state.shown_in == part("operators.progress").STAGE
    bpy.context.scene.maquette.stage.photo = str(tmp_path / "gone.jpg")
    with pytest.raises(RuntimeError, match=r"gone\.jpg is not where it was"):
        bpy.ops.maquette.build_stage()
    with pytest.raises(FileNotFoundError):
        words()
    assert "maquette.build_stage" in [remedy.operator for remedy in remedies["one_photo"]]


@pytest.mark.parametrize(("role", "said"), [("error", "There are no photos"), ("crash", "ended unexpectedly")])
def test_failures_leave_the_scene_alone(play, settings, role, said):
    play(role)
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.maquette.build_stage()
    assert len(bpy.data.objects) == 0 and bpy.context.scene.camera is None
    play("done")
    assert bpy.ops.maquette.build_stage() == {"FINISHED"}


def test_a_folder_that_is_no_stage_is_refused_in_words(maquette, part, stage_folder, tmp_path):
    with pytest.raises(RuntimeError, match="holds no finished stage"):
        bpy.ops.maquette.import_stage(directory=str(tmp_path))
    broken = tmp_path / "broken"
    (broken / ".maquette").mkdir(parents=True)
    (broken / "report.json").write_text("{}", encoding="utf-8")
    (broken / ".maquette" / "stage.npz").write_bytes(b"no archive")
    with pytest.raises(RuntimeError, match="can't be read"):
        bpy.ops.maquette.import_stage(directory=str(broken))
    assert len(bpy.data.objects) == 0


def test_a_real_run_from_the_photo_to_the_scene(maquette, part, tmp_path):
    """The engine itself, with the network that comes along."""
    if not part("engine.mono.embedded").FILE.is_file():
        pytest.skip("this checkout has no network yet")
    from PIL import Image

    Image.open(SAMPLE / "shoe_01.jpg").resize((480, 360)).save(tmp_path / "shoe.jpg", quality=95)
    settings = bpy.context.scene.maquette.stage
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    settings.photo, settings.faces, settings.layers = str(tmp_path / "shoe.jpg"), 20_000, 2
    assert bpy.ops.maquette.build_stage() == {"FINISHED"}
    found = part("scene.stage.find").active_stage(bpy.context)
    assert 1000 < len(found.relief.data.polygons) <= 20_000 and len(found.layers) >= 2
    render = bpy.context.scene.render
    assert (render.resolution_x, render.resolution_y) == (480, 360)
    off = np.abs(seen_at(found.camera, points_of(found.relief), (480, 360)) - pixels_by_uv(found.relief, (480, 360)))
    assert np.median(off) < 0.05 and off.max() < 6  # at a tear's rim the colour is taken from a little further inside


@pytest.mark.parametrize("out", ["made.blend", "made"])
def test_the_command_writes_a_blend(play, part, stage_folder, tmp_path, out):
    words = play("done")
    photo = stage_folder.parent / "made-up.png"
    assert part("operators.command").main(["stage", str(photo), "--layers", "2", "-o", str(tmp_path / out)]) == 0
    assert words()[:4] == ["stage", str(photo), "--layers", "2"]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / ("made.blend" if out == "made.blend" else "made/made.blend")))
    found = part("scene.stage.find").active_stage(bpy.context)
    assert len(found.layers) == 2 and found.photo.packed_file is not None and bpy.context.scene.camera == found.camera
    assert misfit(found) < 0.02


def test_the_command_passes_depth_on(play, part, tmp_path):
    words = play("error")
    assert part("operators.command").main(["depth", "a.jpg", "-o", str(tmp_path / "x"), "--format", "exr"]) == 2
    assert words()[:6] == ["depth", "a.jpg", "-o", str(tmp_path / "x"), "--format", "exr"]
