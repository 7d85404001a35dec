"""A real window watches a run: previews, remaining time, a large result coming in; how long the main thread was held meanwhile.

    blender --factory-startup -P tests/window/watch.py -- ZIP STORY LARGE FOLDER

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
from gap import GapMeter

MODULE = "bl_ext.user_default.maquette"
ZIP, STORY, LARGE, FOLDER = (Path(word).absolute() for word in sys.argv[sys.argv.index("--") + 1 :])
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
    settings.folder, settings.output = str(STORY), str(FOLDER / "out")
    yield 4
    gap = GapMeter()
    gap.watch(part("operators.engine_operator").EngineOperator, "_tick")  # Blender looks at `modal` itself too closely
    gap.watch(part("scene.previews").Previews, "_upload")
    gap.watch(part("scene.previews").Previews, "_draw_batches")
    gap.watch(part("operators.watch").Watch, "tick")
    gap.watch(part("operators.steps").Work, "go_on")
    gap.watch(part("operators.build_model"), "frame_selected")
    gap.mark("idle, redrawing")
    for _ in range(20):
        area.tag_redraw()
        yield 0.1
    busy = part("operators.runner").is_busy
    state = bpy.context.window_manager.maquette
    for name, folder, seconds in (("story", STORY, 36), ("large", LARGE, 24)):
        settings.output = str(FOLDER / f"out-{name}")
        gap.mark(f"{name}: engine")
        start(folder, seconds)
        for tenth, shot in ((0.42, "sparse"), (0.55, "dense"), (0.78, "mesh")):
            yield from until(lambda share=tenth: state.progress >= share, seconds)
            yield 1.0
            picture(f"{name}-{shot}")
            checks[f"{name}: it says how long"] = state.remaining
        yield from until(lambda: state.stage.startswith("Bringing") or not busy(), 60)
        gap.mark(f"{name}: coming in")
        yield from until(lambda: not busy(), 60)
        gap.mark(f"{name}: first drawing (Blender's own)")
        yield 6
        picture(f"{name}-built")
        yield 3
        checks[f"{name}: built"] = bool(bpy.context.view_layer.objects.active) and not part("scene.previews")._handles
    gap.mark("cancel")
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
    checks["worst gaps in ms"], checks["longest call of Maquette's in ms"] = gap.worst, gap.own
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
