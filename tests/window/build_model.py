"""A real Blender with a real window builds, cancels, undoes. Needs a screen (Xvfb serves) and xdotool:

    blender --factory-startup -P tests/window/build_model.py -- ZIP RESULT FOLDER

RESULT is a finished run's folder, which the played engine gives. FOLDER receives checks.json and, with ImageMagick, pictures.
Blender's exit code says nothing here: every check in checks.json must be true, and "end" must be there.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import addon_utils
import bpy

MODULE = "bl_ext.user_default.maquette"
ZIP, RESULT, FOLDER = (Path(word).absolute() for word in sys.argv[sys.argv.index("--") + 1 :])
FAKE = Path(__file__).resolve().parents[1] / "blender" / "fake_engine.py"
checks: dict[str, object] = {"blender": bpy.app.version_string, "python": sys.version.split()[0]}


def runner():
    return importlib.import_module(f"{MODULE}.operators.runner")


def texts() -> list[str]:
    return [line.text for line in bpy.context.window_manager.maquette.messages]


def view() -> dict[str, object]:
    """The 3D view, to call operators in."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    return {"window": window, "area": area, "region": next(r for r in area.regions if r.type == "WINDOW")}


def add_photos() -> None:
    """Two files that the played engine does not look at."""
    names = ("a.jpg", "b.jpg")
    for name in names:
        (FOLDER / name).write_bytes(name.encode())
    bpy.ops.maquette.add_photos(directory=str(FOLDER), files=[{"name": name} for name in names])


def start(role: str) -> None:
    """Presses Build Model with an engine that plays `role`."""
    runner().ENGINE, runner().NEEDED = FAKE, ("numpy",)
    if runner().importlib.util.find_spec("pycolmap") is None:  # a Blender with a Python that the zip has no wheels for
        runner().engine_command = sys.modules[f"{MODULE}.operators.build_model"].engine_command = lambda words: [
            sys.executable, "-I", str(FAKE), *words
        ]  # fmt: skip
    os.environ["MAQUETTE_FAKE"] = role
    with bpy.context.temp_override(**view()):
        bpy.ops.maquette.build_model("INVOKE_DEFAULT", True)


def picture(name: str) -> None:
    if shutil.which("import"):
        subprocess.Popen(["import", "-window", "root", str(FOLDER / f"{name}.png")])


def steps() -> Iterator[float]:
    """The story; each yield gives Blender that many seconds."""
    with bpy.context.temp_override(**view()):
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
    area = view()["area"]
    area.spaces.active.show_region_ui = True
    yield 2
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Maquette"
    add_photos()
    bpy.context.scene.maquette.output = str(FOLDER / "out")
    yield 2
    picture("1-start")
    yield 3
    state = bpy.context.window_manager.maquette
    start("slow")
    yield 3
    picture("2-running")
    checks["it tells how far it is"] = runner().is_busy() and state.stage == "Measuring depth" and state.progress > 0.2
    yield 3
    subprocess.Popen(["xdotool", "mousemove", "600", "450", "key", "Escape"])
    yield 2.5
    checks["Escape cancels"] = not runner().is_busy() and texts() == ["Cancelled."]
    start("slow")
    yield 2
    bpy.ops.maquette.cancel()
    yield 2.5
    checks["the button cancels"] = not runner().is_busy() and texts() == ["Cancelled."]
    with bpy.context.temp_override(**view()):
        bpy.ops.ed.undo_push(message="before")
    before = {thing.name for thing in bpy.data.objects}
    start(str(RESULT))
    yield 4
    picture("3-built")
    checks["the model is there"] = len(bpy.data.objects) > len(before) + 2 and len(state.facts) > 2
    yield 3
    with bpy.context.temp_override(**view()):
        bpy.ops.ed.undo()
    yield 1
    checks["undo takes it away in one step"] = {thing.name for thing in bpy.data.objects} == before
    start("crash")
    yield 3
    picture("4-crashed")
    checks["a crash is said"] = not runner().is_busy() and "ended unexpectedly" in "".join(texts())
    yield 3
    start("slow")
    yield 2
    process = next(iter(runner()._live))._process
    addon_utils.disable(MODULE)
    yield 2.5
    checks["disabling ends the engine"] = process.poll() is not None and not hasattr(bpy.types.Scene, "maquette")
    addon_utils.enable(MODULE)
    yield 1
    add_photos()
    start("slow")
    yield 2
    process = next(iter(runner()._live))._process
    with bpy.context.temp_override(**view()):
        bpy.ops.wm.read_homefile()
    yield 2.5
    checks["loading another file ends the engine"] = process.poll() is not None and not runner().is_busy()
    checks["end"] = True


def tick() -> float | None:
    try:
        return next(story)
    except StopIteration:
        pass
    except Exception:
        checks["error"] = traceback.format_exc()
    (FOLDER / "checks.json").write_text(json.dumps(checks, indent=1) + "\n", encoding="utf-8")
    bpy.ops.wm.quit_blender()
    return None


os.environ["MAQUETTE_WORDS"] = str(FOLDER / "words.json")
bpy.context.preferences.view.show_splash = False
bpy.context.preferences.use_preferences_save = False
story = steps()
bpy.app.timers.register(tick, first_interval=12, persistent=True)
