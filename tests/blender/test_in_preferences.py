"""The preferences' page: how much there is, emptying it, the log, the self-test and what is copied from it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import bpy
import pytest

from engine import cache
from tests.engine.test_cache import run_folder


@pytest.fixture
def models(maquette, part, tmp_path) -> Path:
    """The folder for models, with a finished run, one that the open file uses, and one that broke off."""
    root = tmp_path / "models"
    for name, finished in (("done", True), ("used", True), ("broken off", False)):
        run_folder(root, name, finished=finished)
    collection = bpy.data.collections.new("used")
    collection[part("scene.model").FOLDER] = str(root / "used")
    page = part("preferences").of(bpy.context)
    page.folder = str(root)
    yield root
    page.folder = ""


def test_emptying_frees_what_it_says_and_spares_the_open_file(models, part):
    kept = cache.survey(models)
    size, *_ = cache.freed_by(kept, part("scene.in_use").paths_in_use(), False)
    assert bpy.ops.maquette.empty_cache() == {"FINISHED"}
    assert sum(run.all_bytes for run in kept) - sum(run.all_bytes for run in cache.survey(models)) == size == 3072
    assert (models / "done" / "model.glb").exists() and (models / "used" / ".maquette" / "cloud.npz").exists()
    assert bpy.ops.maquette.empty_cache(everything=True) == {"FINISHED"}
    assert not (models / "done" / "model.glb").exists() and (models / "done" / "notes.txt").exists()
    assert (models / "used" / "model.glb").exists()


def test_a_picture_that_the_file_shows_protects_its_folder(models, part):
    bpy.data.images.new("a", 4, 4).filepath = str(models / "done" / "undistorted" / "a.jpg")
    bpy.ops.maquette.empty_cache(everything=True)
    assert (models / "done" / ".maquette" / "cloud.npz").exists()


def test_counting_never_waits_and_counts_anew_after_emptying(models, part, monkeypatch):
    cache_size = part("operators.cache_size")
    survey = part("engine.cache").survey
    monkeypatch.setattr(part("engine.cache"), "survey", lambda root: time.sleep(0.3) or survey(root))
    started = time.monotonic()
    assert cache_size.latest(models) is None
    assert time.monotonic() - started < 0.1
    bpy.app.timers.unregister(cache_size._redraw_when_counted)  # they don't run in the module
    before = _counted(cache_size, models)
    assert len(before) == 3
    bpy.ops.maquette.empty_cache()
    assert cache_size.latest(models) is None
    assert sum(run.all_bytes for run in _counted(cache_size, models)) < sum(run.all_bytes for run in before)
    cache_size.unregister()
    assert not bpy.app.timers.is_registered(cache_size._redraw_when_counted)


def _counted(cache_size, folder):
    ends = time.monotonic() + 5
    while (found := cache_size.latest(folder)) is None:
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found


def test_the_log_is_the_newest_one(models, part):
    open_log = part("operators.open_log")
    assert open_log.last_log(bpy.context) is None
    for age, name in ((50, "done"), (10, "used"), (90, "broken off")):
        log = models / name / ".maquette" / "worker.log"
        log.write_text("said", encoding="utf-8")
        past = time.time() - age
        os.utime(log, (past, past))
    assert open_log.last_log(bpy.context) == models / "used" / ".maquette" / "worker.log"


def test_the_self_test_says_in_the_panel_what_the_engine_found(maquette, part):
    """A real engine, on the processor."""
    state = bpy.context.window_manager.maquette_machine
    state.lines.clear()
    assert bpy.ops.maquette.selftest() == {"FINISHED"}
    folder = Path(bpy.utils.extension_path_user(maquette.__name__, path="selftest"))
    found = json.loads((folder / "selftest.json").read_text(encoding="utf-8"))
    assert [[line.kind, line.text] for line in state.lines] == found["lines"]
    assert any("Processor: works" in line.text for line in state.lines)
    head, rest = state.text.split("\n", 1)
    assert head == f"Maquette 0.1.0, Blender {bpy.app.version_string}"
    assert json.loads(rest[rest.index("{") :])["machine"]["libraries"]["pycolmap"]
    assert bpy.ops.maquette.copy_machine() == {"FINISHED"}


def test_without_its_wheels_the_self_test_says_what_is_missing(maquette, part, monkeypatch):
    monkeypatch.setattr(part("operators.runner"), "NEEDED", ("numpy", "no_such_library"))
    monkeypatch.setitem(part("engine.machine").LIBRARIES, "no_such_library", "no-such-library")
    assert bpy.ops.maquette.selftest() == {"FINISHED"}
    line = bpy.context.window_manager.maquette_machine.lines[0]
    assert (
        line.kind == "ERROR" and "Missing for this Blender's Python 3." in line.text and "no-such-library" in line.text
    )


def test_command_tests_the_machine(maquette, part, capsys):
    assert part("operators.command").main(["selftest"]) == 0
    assert "Processor: works" in capsys.readouterr().err
    assert part("operators.command").main(["selftest", "what"]) == 2
