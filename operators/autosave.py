"""Blender's automatic saving, which it leaves out as long as a modal operator runs: ours may run for hours, so we do it instead.

The same setting, the same place and the same file name, so that File > Recover > Auto Save finds it.
"""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from bpy.types import Context


class Autosave:
    """`now` is any clock in seconds that only goes forward."""

    def __init__(self, context: Context, now: float) -> None:
        self._next = now + _interval(context)

    def tick(self, context: Context, now: float) -> bool:
        """Saves a copy where it is time; True if it did. In the middle of another operator's work it waits."""
        if now < self._next or not context.preferences.filepaths.use_auto_save_temporary_files:
            return False
        if any(len(window.modal_operators) > 1 for window in context.window_manager.windows):
            return False
        self._next = now + _interval(context)
        if not bpy.data.is_dirty:
            return False
        bpy.ops.wm.save_as_mainfile(filepath=str(place()), copy=True, check_existing=False)
        return True


def place() -> Path:
    """Where Blender itself would put it."""
    name = f"{Path(bpy.data.filepath).stem}_" if bpy.data.filepath else ""
    return Path(bpy.app.tempdir).parent / f"{name}{os.getpid()}_autosave.blend"


def _interval(context: Context) -> float:
    return 60.0 * max(context.preferences.filepaths.auto_save_time, 1)
