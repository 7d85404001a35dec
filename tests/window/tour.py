"""The tour, inside Blender: installs the zip and plays the story. `run.py` starts it; see docs/window.md.

blender --factory-startup -P tests/window/tour.py -- '{"session": 0, "zip": …, "photos": …, "folder": …, "python": …, "only": []}'
blender FOLDER/afternoon.blend -P tests/window/tour.py -- '{"session": 1, …}'

The first session keeps its preferences, so that the later ones are a Blender which has the extension.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

from driver import Tour
from hands import MODULE, part, view
from story import Story

WORDS = json.loads(sys.argv[sys.argv.index("--") + 1])
SESSION, ONLY = int(WORDS["session"]), list(WORDS["only"])
ZIP, PHOTOS, FOLDER = (Path(WORDS[name]) for name in ("zip", "photos", "folder"))
PYTHON = [Path(WORDS["python"])] if WORDS["python"] else []


def prepare() -> None:
    """A quiet Blender: no splash, files in the same window, nothing kept."""
    preferences = bpy.context.preferences
    preferences.use_preferences_save = False
    preferences.view.filebrowser_display_type = "SCREEN"
    preferences.view.smooth_view = 0
    preferences.filepaths.use_auto_save_temporary_files = False


def install() -> None:
    """As an artist does."""
    with bpy.context.temp_override(**view()):
        bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
        bpy.ops.wm.save_userpref()


def open_panels() -> list[str]:
    """Those that come with a model and are closed at first are opened before Blender has drawn them, for the pictures' sake."""
    ours = [p for p in bpy.types.Panel.__subclasses__() if p.__name__.startswith("MAQUETTE_PT_")]
    panels = [p for p in ours if p.is_registered]  # in the order of their files, as they were registered
    closed = [p for p in panels if "DEFAULT_CLOSED" in getattr(p, "bl_options", ()) and not hasattr(p, "bl_parent_id")]
    children = [p for p in panels if getattr(p, "bl_parent_id", "") in {c.__name__ for c in closed}]
    for panel in (*children, *closed):
        bpy.utils.unregister_class(panel)
    for panel in (*closed, *children):
        panel.bl_options = set(getattr(panel, "bl_options", ())) - {"DEFAULT_CLOSED"}
        bpy.utils.register_class(panel)
    return [panel.__name__ for panel in closed]


def lend_python() -> bool:
    """Where Blender's own Python has no wheels, the engine runs on another one; all else is as it is."""
    runner = part("operators.runner")
    if not runner.missing_libraries() or not PYTHON:
        return False
    command = lambda words, *_: [str(PYTHON[0]), "-I", str(runner.ENGINE), *words, "--json"]  # noqa: E731
    for name, module in list(sys.modules.items()):
        if name.startswith(MODULE) and hasattr(module, "engine_command"):
            module.engine_command = command
        if name.startswith(MODULE) and hasattr(module, "missing_libraries"):
            module.missing_libraries = list
    return True


def begin() -> None:
    """Once: an exception here would leave a Blender that waits for nothing."""
    try:
        _begin()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _begin() -> None:
    if SESSION == 0:
        prepare()
        install()
    opened = open_panels()
    lent = lend_python()
    facts = {
        "blender": bpy.app.version_string,
        "python": sys.version.split()[0],
        "engine_python": str(PYTHON[0]) if lent else "Blender's own",
        "opened_for_pictures": opened,
    }
    story = Story(PHOTOS, FOLDER, str(PYTHON[0]) if lent else sys.executable)
    sessions = story.sessions(ONLY)
    Tour(sessions[SESSION], FOLDER, MODULE, facts, story.notes, len(sessions) - 1 == SESSION).start()


bpy.context.preferences.view.show_splash = False  # here already: it is drawn before the first timer
bpy.app.timers.register(begin, first_interval=2.0)
