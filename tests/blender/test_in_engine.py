"""The operator, the command and the runner, against an engine that plays what goes well and what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import bpy
import numpy as np
import pytest

from .made_up import box

FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def play(maquette, part, monkeypatch, tmp_path, result_folder):
    """play(role): the next engine plays it. Gives a function that reads the words that the engine was given."""
    runner = part("operators.runner")
    monkeypatch.setattr(runner, "ENGINE", FAKE)
    words = tmp_path / "words.json"
    monkeypatch.setenv("MAQUETTE_WORDS", str(words))

    def start(role: str):
        monkeypatch.setenv("MAQUETTE_FAKE", str(result_folder) if role == "done" else role)
        return lambda: json.loads(words.read_text(encoding="utf-8"))

    return start


@pytest.fixture
def photos(tmp_path) -> Path:
    """A folder with a hard name and two photos, which are in the list."""
    folder = tmp_path / "my 'photos' ünd %s"
    folder.mkdir()
    for name in ("a b.jpg", "c.jpg"):
        (folder / name).write_bytes(name.encode())
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    return folder


def test_operator_builds_what_the_engine_gave(play, photos):
    play("done")
    assert bpy.ops.maquette.build_model() == {"FINISHED"}
    model = bpy.context.view_layer.objects.active
    assert model.name == photos.name
    vertices = np.empty(24, np.float32)
    model.data.vertices.foreach_get("co", vertices)
    truth = np.unique(box().mesh.vertices, axis=0)
    assert np.array_equal(np.unique(vertices.reshape(-1, 3), axis=0), truth)
    state = bpy.context.window_manager.maquette
    assert [(line.kind, line.text) for line in state.messages] == [("WARNING", "One photo is blurred. (a.jpg)")]
    assert len(state.facts) == 4


def test_operator_says_to_the_engine_what_the_artist_set(play, photos, part, tmp_path):
    words = play("done")
    settings = bpy.context.scene.maquette
    settings.quality, settings.faces, settings.texture, settings.region = "draft", 1234, "2048", "all"
    settings.watertight, settings.masks = True, str(tmp_path)
    part("preferences").of(bpy.context).device = "cpu"
    bpy.ops.maquette.build_model()
    said = words()
    assert said[:5] == ["model", str(photos / "a b.jpg"), str(photos / "c.jpg"), "-o", str(tmp_path / "out")]
    # The engine's own parser understands it, and it means what the artist set.
    parser, jobs = part("engine.cli"), part("engine.settings")
    job = parser.job_of(parser.parse(said))
    assert job.settings.quality is jobs.Quality.DRAFT and job.settings.device is jobs.DeviceChoice.CPU
    assert (job.settings.surface.faces, job.settings.texture.size) == (1234, 2048)
    assert job.settings.surface.region is jobs.Region.ALL and job.settings.surface.watertight
    assert job.settings.photos.masks == tmp_path
    assert len(job.libraries) == 1 and (job.libraries[0] / "pycolmap").is_dir()
    part("preferences").of(bpy.context).device = "auto"


def test_settings_left_alone_are_the_quality_s(play, photos, part):
    words = play("done")
    bpy.ops.maquette.build_model()
    parser, settings = part("engine.cli"), part("engine.settings")
    job = parser.job_of(parser.parse(words()))
    assert job.settings == settings.preset(settings.Quality.STANDARD)


def test_without_an_output_folder_the_same_photos_meet_the_same_results(play, photos, part, tmp_path, monkeypatch):
    request = part("operators.request")
    bpy.context.scene.maquette.output = ""
    part("preferences").of(bpy.context).folder = str(tmp_path / "models")
    first = request.request_of(bpy.context).out
    assert first.parent == tmp_path / "models" and first.name.startswith(photos.name)
    assert request.request_of(bpy.context).out == first
    other = tmp_path / "else" / photos.name
    shutil.copytree(photos, other)
    bpy.ops.maquette.remove_photos(which="ALL")
    bpy.ops.maquette.add_photo_folder(directory=str(other))
    assert request.request_of(bpy.context).out != first
    part("preferences").of(bpy.context).folder = ""
    assert Path(bpy.utils.resource_path("USER")) in request.request_of(bpy.context).out.parents


@pytest.mark.parametrize(
    ("role", "said"),
    [("error", "There are no photos. Add some."), ("crash", "ended unexpectedly .code 11.: Segmentation fault")],
)
def test_failures_reach_the_artist_and_leave_the_scene_alone(play, photos, role, said):
    play(role)
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.maquette.build_model()
    state = bpy.context.window_manager.maquette
    assert [line.kind for line in state.messages] == ["ERROR"]
    assert len(bpy.data.objects) == 0
    play("done")
    assert bpy.ops.maquette.build_model() == {"FINISHED"}  # and the next run is not held up by it


def test_no_photos_chosen_starts_nothing(play):
    words = play("done")
    with pytest.raises(RuntimeError, match="no photos yet"):
        bpy.ops.maquette.build_model()
    with pytest.raises(FileNotFoundError):
        words()


def test_a_second_build_is_refused_while_one_runs(play, part):
    play("slow")
    runner = part("operators.runner")
    assert bpy.ops.maquette.build_model.poll() and not bpy.ops.maquette.cancel.poll()
    run = runner.EngineRun(runner.engine_command(["model"]))
    assert not bpy.ops.maquette.build_model.poll()
    bpy.ops.maquette.cancel()
    assert bpy.context.window_manager.maquette.cancel  # what the running operator looks for
    run.cancel()
    run.wait(lambda event: None)
    assert bpy.ops.maquette.build_model.poll()


def test_undo_takes_a_built_model_away_in_one_step(play, photos):
    play("done")
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.build_model("EXEC_DEFAULT", True)
    assert len(bpy.data.objects) == 7
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0 and len(bpy.context.scene.collection.children) == 0


def until(condition, seconds: float) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it took too long"
        time.sleep(0.02)
    return time.monotonic() - started


def until_it_speaks(run) -> None:
    until(lambda: bool(run.events()), 5)


@pytest.mark.parametrize(("role", "limit"), [("slow", 2.0), ("deaf", 4.5)])
def test_cancel_ends_the_engine_in_time(play, part, role, limit):
    """A well-behaved engine within two seconds, one that does not listen is ended."""
    words, runner = play(role), part("operators.runner")
    run = runner.EngineRun(runner.engine_command(["model"]))
    until(lambda: Path(os.environ["MAQUETTE_WORDS"]).exists(), 5)
    told = []
    until(lambda: told.extend(run.events()) or len(told) > 3 or role == "deaf", 5)
    assert run.outcome is None and words()[0] == "model"
    run.cancel()
    until(lambda: told.extend(run.events()) or run.outcome is not None, limit)
    assert run.outcome.code == "cancelled" and run.outcome.exit_code == 130
    assert [event for event in told if event.kind == "error"] == [run.outcome]
    assert run._process.returncode is not None


def test_an_engine_that_nobody_watches_stops(play, part):
    words, runner = play("slow"), part("operators.runner")
    run = runner.EngineRun(runner.engine_command(["model"]))
    process = run._process
    until_it_speaks(run)
    assert words()
    del run
    until(lambda: process.poll() is not None, 2)


def test_disabling_the_extension_ends_its_engine(play, part, maquette):
    runner = part("operators.runner")
    play("slow")
    run = runner.EngineRun(runner.engine_command(["model"]))
    until_it_speaks(run)
    maquette.unregister()
    try:
        until(lambda: run._process.poll() is not None, 2)
    finally:
        maquette.register()


def test_missing_libraries_are_said_in_words(maquette, part, photos, monkeypatch):
    monkeypatch.setattr(part("operators.runner"), "NEEDED", ("numpy", "no_such_library"))
    with pytest.raises(RuntimeError, match=r"not there for this Blender's Python 3\.[^:]*: no_such_library"):
        bpy.ops.maquette.build_model()


@pytest.mark.parametrize("out", ["made.blend", "made"])
def test_command_writes_a_blend(play, part, photos, tmp_path, out):
    words = play("done")
    code = part("operators.command").main(["model", str(photos), "--quality", "draft", "-o", str(tmp_path / out)])
    assert code == 0
    assert words()[:4] == ["model", str(photos), "--quality", "draft"]
    assert words()[words().index("-o") + 1] == str(tmp_path / "made")
    blend = tmp_path / ("made.blend" if out == "made.blend" else "made/made.blend")
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert len(bpy.data.objects) == 7 and bpy.data.objects["made"].active_material
    image = next(image for image in bpy.data.images if "Base Colour" in image.name)
    assert image.packed_file is not None
    photo = bpy.data.cameras[0].background_images[0].image
    assert photo.filepath.startswith("//") and Path(bpy.path.abspath(photo.filepath)).is_file()


def test_command_can_leave_the_texture_beside(play, part, photos, tmp_path):
    play("done")
    part("operators.command").main(["model", str(photos), "-o", str(tmp_path / "made.blend"), "--texture-beside"])
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "made.blend"))
    image = next(image for image in bpy.data.images if "Base Colour" in image.name)
    assert image.packed_file is None and image.filepath.startswith("//textures")
    assert Path(bpy.path.abspath(image.filepath)).is_file()


@pytest.mark.parametrize(("role", "code"), [("error", 2), ("crash", 5)])
def test_command_gives_the_engine_s_exit_code(play, part, photos, tmp_path, role, code, capsys):
    play(role)
    assert part("operators.command").main(["model", str(photos), "-o", str(tmp_path / "x.blend")]) == code
    assert not (tmp_path / "x.blend").exists()
    assert "Stopped: " in capsys.readouterr().err


def test_command_without_output_is_a_usage_error(maquette, part, capsys):
    assert part("operators.command").main(["model", "photos"]) == 2
    assert "-o" in capsys.readouterr().err


def test_command_lists_its_subcommands_and_knows_no_others(maquette, part, capsys):
    command = part("operators.command")
    assert command.main(["--help"]) == 0
    listed = capsys.readouterr().out
    assert {known.NAME for known in command.COMMANDS} <= set(listed.split())
    assert command.main(["no-such"]) == 2
