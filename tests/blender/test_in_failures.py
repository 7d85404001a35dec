"""What stops a run or is missing from a file: said, remembered, and mended by the button that comes with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest

FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def play(maquette, part, monkeypatch, tmp_path, result_folder):
    """play(role): the next engine plays it; words() reads what it was told."""
    monkeypatch.setattr(part("operators.runner"), "ENGINE", FAKE)
    monkeypatch.setenv("MAQUETTE_WORDS", str(tmp_path / "words.json"))

    def start(role: str):
        monkeypatch.setenv("MAQUETTE_FAKE", str(result_folder) if role == "done" else role)
        return lambda: json.loads((tmp_path / "words.json").read_text(encoding="utf-8"))

    return start


@pytest.fixture
def photos(result_folder, tmp_path) -> Path:
    """Five photos in the list, and an output folder."""
    folder = tmp_path / "shots"
    shutil.copytree(result_folder.parent / "photos", folder)
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    return folder


def codes() -> list[str]:
    return [line.code for line in bpy.context.window_manager.maquette.messages]


def fails(call) -> str:
    with pytest.raises(RuntimeError) as caught:
        call()
    return str(caught.value)


def test_every_button_that_is_offered_exists_and_takes_its_settings(maquette, part):
    remedies = part("operators.remedies").REMEDIES
    for code, offered in remedies.items():
        for remedy in offered:
            group, name = remedy.operator.split(".")
            properties = getattr(getattr(bpy.ops, group), name).get_rna_type().properties
            assert set(remedy.settings) <= set(properties.keys()), (code, remedy.operator)
            icons = bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys()
            assert remedy.icon in icons, remedy.icon
    for remedy in (remedies["out_of_memory"][0], remedies["not_saved"][1]):
        owner, setting = remedy.settings["data_path"].rsplit(".", 1)
        assert remedy.settings["value"] in bpy.context.scene.maquette.bl_rna.properties[setting].enum_items
        assert owner == "scene.maquette"


def test_the_table_knows_only_codes_that_are_raised(maquette, part):
    """A button for a code that nobody gives any more would never be seen."""
    root = Path(maquette.__file__).parent
    text = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("engine", "operators", "scene")
        for path in (root / folder).rglob("*.py")
        if path.name != "remedies.py"
    )
    assert [code for code in part("operators.remedies").REMEDIES if f'"{code}"' not in text] == []


def test_no_photo_ticked_offers_to_tick(play, photos):
    play("done")
    bpy.ops.maquette.tick_photos(action="NONE")
    assert "No photo is ticked" in fails(bpy.ops.maquette.build_model)
    assert codes() == ["none_ticked"]


@pytest.mark.parametrize(("role", "kept"), [("crash", False), ("crash-late", True), ("error", False)])
def test_a_run_that_dies_is_remembered_where_going_on_helps(play, photos, role, kept):
    play(role)
    fails(bpy.ops.maquette.build_model)
    assert codes() == ["no_photos" if role == "error" else "crashed"]
    assert bool(bpy.context.scene.maquette.unfinished.folder) == kept
    assert bpy.ops.maquette.resume.poll() == kept


def test_an_opened_file_goes_on_with_the_run_that_was_stopped(play, photos, tmp_path):
    """Saved while the engine worked, closed, opened again: the same command, though the settings have changed since."""
    words = play("crash-late")
    bpy.context.scene.maquette.quality = "draft"
    fails(bpy.ops.maquette.build_model)
    first = words()
    bpy.context.scene.maquette.quality = "high"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "work.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not bpy.ops.maquette.resume.poll()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "work.blend"))
    assert bpy.context.scene.maquette.unfinished.name == "shots"
    words = play("done")
    assert bpy.ops.maquette.resume() == {"FINISHED"}
    assert words() == first and "draft" in first
    assert bpy.context.view_layer.objects.active.name == "shots"
    assert not bpy.context.scene.maquette.unfinished.folder and not bpy.ops.maquette.resume.poll()


def test_an_unfinished_model_can_be_forgotten_and_that_undone(play, photos):
    play("crash-late")
    fails(bpy.ops.maquette.build_model)
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.forget("EXEC_DEFAULT", True)
    assert not bpy.context.scene.maquette.unfinished.folder
    bpy.ops.ed.undo()
    assert bpy.context.scene.maquette.unfinished.name == "shots"


def test_resuming_without_its_photos_says_so(play, photos):
    play("crash-late")
    fails(bpy.ops.maquette.build_model)
    shutil.rmtree(photos)
    assert "not where they were" in fails(bpy.ops.maquette.resume)
    assert codes() == ["photos_missing"]


def test_a_finished_run_leaves_nothing_unfinished(play, photos):
    play("done")
    assert bpy.ops.maquette.build_model() == {"FINISHED"}
    assert not bpy.context.scene.maquette.unfinished.folder


def test_the_cache_keeps_what_is_unfinished(play, photos, part, tmp_path):
    play("crash-late")
    fails(bpy.ops.maquette.build_model)
    assert (tmp_path / "out").resolve() in part("scene.in_use").paths_in_use()


def moved(result_folder: Path, tmp_path: Path) -> Path:
    """A .blend with a model, its result and photos then moved elsewhere; gives the place where they are now."""
    here = tmp_path / "first machine"
    shutil.copytree(result_folder, here / "Box")
    shutil.copytree(result_folder.parent / "photos", here / "photos")
    archive = here / "Box" / ".maquette" / "sparse.npz"
    values = dict(np.load(archive))
    notes = json.loads(str(values["notes"]))
    for posed in notes["posed"]:
        posed["photo"]["path"] = str(here / "photos" / Path(posed["photo"]["path"]).name)
    np.savez(archive, **{**values, "notes": np.array(json.dumps(notes))})
    bpy.ops.maquette.import_result(directory=str(here / "Box"))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "moved.blend"), relative_remap=False)
    bpy.ops.wm.read_homefile(use_empty=True)
    there = tmp_path / "second machine"
    (there / "deep").mkdir(parents=True)
    here.rename(there / "deep" / "er")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "moved.blend"))
    return there


def test_a_file_on_another_machine_says_what_is_missing_and_finds_it_again(maquette, result_folder, tmp_path):
    there = moved(result_folder, tmp_path)
    assert codes() == ["result_missing", "pictures_missing"]
    said = [line.text for line in bpy.context.window_manager.maquette.messages]
    assert "result folder of Box" in said[0] and "view_000.jpg and 4 more" in said[1]
    (there / "aaa").mkdir()
    (there / "aaa" / "view_000.jpg").write_bytes(b"another photo of the same name")
    assert bpy.ops.maquette.find_photos(directory=str(there)) == {"FINISHED"}
    assert codes() == ["result_missing"]
    assert bpy.context.scene.maquette.retexture.photos == str(there / "deep" / "er" / "photos")
    shown = [Path(bpy.path.abspath(c.background_images[0].image.filepath)) for c in bpy.data.cameras]
    assert all(path.is_file() and path.parent == there / "deep" / "er" / "photos" for path in shown)
    assert "holds no finished model" in fails(lambda: bpy.ops.maquette.find_result(directory=str(there)))
    assert bpy.ops.maquette.find_result(directory=str(there / "deep" / "er" / "Box")) == {"FINISHED"}
    assert codes() == []


def test_what_a_file_misses_is_no_concern_of_the_next(maquette, result_folder, tmp_path):
    moved(result_folder, tmp_path)
    assert codes()
    bpy.ops.wm.read_homefile(use_empty=True)
    assert codes() == []


def test_another_output_folder(maquette, tmp_path):
    assert bpy.ops.maquette.choose_output(directory=str(tmp_path)) == {"FINISHED"}
    assert bpy.context.scene.maquette.output == str(tmp_path)


def test_an_opened_file_tells_what_its_model_is(maquette, result_folder, tmp_path):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    state = bpy.context.window_manager.maquette
    assert not len(state.facts) and not state.folder
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    state = bpy.context.window_manager.maquette
    assert state.facts[0].text == "5 of 6 photos found their place" and Path(state.folder) == result_folder
