"""A real window watches a run: previews, remaining time, a large result coming in; how long the main thread was held meanwhile.

    blender --factory-startup -P tests/window/watch.py -- ZIP PHOTOS STORY LARGE FOLDER

STORY and LARGE come from make_story.py. FOLDER receives checks.json with the gaps in ms and, with ImageMagick, pictures.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))
from meter import Meter

MODULE = "bl_ext.user_default.maquette"
ZIP, PHOTOS, STORY, LARGE, FOLDER = (Path(word).absolute() for word in sys.argv[sys.argv.index("--") + 1 :])
FAKE = Path(__file__).resolve().parents[1] / "blender" / "fake_engine.py"
checks: dict[str, object] = {"blender": bpy.app.version_string}


def part(name: str):
    return importlib.import_module(f"{MODULE}.{name}")


def view() -> dict[str, object]:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    return {"window": window, "area": area, "region": next(r for r in area.regions if r.type == "WINDOW")}


def start(folder: Path, seconds: float) -> None:
    runner = part("operators.runner")
    runner.ENGINE, runner.NEEDED = FAKE, ("numpy",)
    if runner.importlib.util.find_spec("pycolmap") is None:
        sys.modules[f"{MODULE}.operators.engine_operator"].engine_command = lambda words: [
            sys.executable, "-I", str(FAKE), *words
        ]  # fmt: skip
    os.environ["MAQUETTE_FAKE"], os.environ["MAQUETTE_STORY"] = str(folder), str(seconds)
    with bpy.context.temp_override(**view()):
        bpy.ops.maquette.build_model("INVOKE_DEFAULT", True)


def picture(name: str) -> None:
    if shutil.which("import"):
        subprocess.Popen(["import", "-window", "root", str(FOLDER / f"{name}.png")])


def until(condition, seconds: float) -> Iterator[float]:
    """Waits; then it went wrong."""
    for _ in range(int(seconds * 10)):
        if condition():
            return
        yield 0.1
    raise AssertionError("it took too long")


def steps() -> Iterator[float]:
    """The story; each yield gives Blender that many seconds."""
    with bpy.context.temp_override(**view()):
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
    area = view()["area"]
    area.spaces.active.show_region_ui = True
    yield 2
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Maquette"
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    settings = bpy.context.scene.maquette
    with bpy.context.temp_override(**view()):
        bpy.ops.maquette.add_photo_folder(directory=str(PHOTOS))
    yield 4
    gap = Meter(MODULE)
    gap.start()
    held = {}
    for _ in range(20):
        area.tag_redraw()
        yield 0.1
    held["idle, redrawing"] = gap.take().as_json()
    busy = part("operators.runner").is_busy
    state = bpy.context.window_manager.maquette
    for name, folder, seconds in (("story", STORY, 36), ("large", LARGE, 24)):
        settings.output = str(FOLDER / f"out-{name}")
        start(folder, seconds)
        for tenth, shot in ((0.42, "sparse"), (0.55, "dense"), (0.78, "mesh")):
            yield from until(lambda share=tenth: state.progress >= share, seconds)
            yield 1.0
            picture(f"{name}-{shot}")
            checks[f"{name}: it says how long"] = state.remaining
        yield from until(lambda: state.stage.startswith("Bringing") or not busy(), 60)
        held[f"{name}: engine"] = gap.take().as_json()
        yield from until(lambda: not busy(), 60)
        held[f"{name}: coming in"] = gap.take().as_json()
        yield 6
        picture(f"{name}-built")
        yield 3
        held[f"{name}: first drawing"] = gap.take().as_json()
        checks[f"{name}: built"] = bool(bpy.context.view_layer.objects.active) and not part("scene.previews")._handles
    before = len(bpy.data.objects)
    with bpy.context.temp_override(**view()):
        bpy.ops.ed.undo()
    yield 1
    checks["undo takes the large one away in one step"] = 0 < len(bpy.data.objects) < before
    settings = bpy.context.scene.maquette
    settings.output = str(FOLDER / "out-cancelled")
    start(STORY, 30)
    yield from until(lambda: state.progress > 0.45, 30)
    bpy.ops.maquette.cancel()
    asked = time.perf_counter()
    yield from until(lambda: not busy(), 20)
    checks["seconds to cancel"] = round(time.perf_counter() - asked, 1)
    yield 1
    checks["cancelled, nothing drawn"] = not part("scene.previews")._handles
    picture("cancelled")
    yield 3
    held["cancel"] = gap.take().as_json()
    os.environ["MAQUETTE_FAKE"] = "crash-late"
    with bpy.context.temp_override(**view()):
        bpy.ops.maquette.build_model("INVOKE_DEFAULT", True)
    yield from until(lambda: not busy(), 20)
    yield 2
    picture("crashed")
    yield 3
    checks["a crash offers to go on"] = bool(bpy.context.scene.maquette.unfinished.folder)
    gap.stop()
    checks["held"] = held
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
