"""When a file has been opened: what the last one told is cleared, and what this one misses is said."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.types import Context

from ..scene.missing import missing_in
from ..scene.model import models_in
from . import progress

CODES = ("result_missing", "pictures_missing", "photos_missing")


def tell_missing(context: Context) -> None:
    """The panel's lines about it, as things are now."""
    progress.forget(context, *CODES)
    for code, sentence in missing_in(context.scene).sentences():
        progress.tell(context, "WARNING", sentence, code)


@persistent
def _after_load(*_: Any) -> None:
    context = bpy.context
    progress.begin(context)
    context.window_manager.maquette.folder = ""
    _show_facts(context)
    tell_missing(context)


def _show_facts(context: Context) -> None:
    """What the file's model is, if there is one and its result still lies where it was."""
    for model in models_in(context.scene)[:1]:
        with contextlib.suppress(OSError, ValueError):
            report = json.loads((model.folder / "report.json").read_text(encoding="utf-8"))
            progress.show_facts(context, str(model.folder), report if isinstance(report, dict) else {})


def register() -> None:
    bpy.app.handlers.load_post.append(_after_load)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_after_load)
