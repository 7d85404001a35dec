"""How much the folder for models holds: counted in a thread, since a page of the preferences must never wait for a disk."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import bpy

from ..engine import cache
from . import progress

FRESH = 20.0  # seconds for which a count serves
TICK = 0.2
LAST_WAIT = 2.0


class _Count:
    """One folder, being counted or counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: list[cache.Kept] | None = None
        self.at = 0.0
        self.thread = threading.Thread(target=self._work, daemon=True)  # plain objects only: bpy in a thread crashes
        self.thread.start()

    def _work(self) -> None:
        self.kept = cache.survey(self.folder)
        self.at = time.monotonic()


_count: _Count | None = None
_last: list[cache.Kept] | None = None


def latest(folder: Path) -> list[cache.Kept] | None:
    """What was counted last; None until the first count is there. Starts a new count where that is old."""
    global _count, _last
    if _count is not None and _count.folder != folder:
        _count = _last = None
    if _count is None or (_count.kept is not None and time.monotonic() - _count.at > FRESH):
        _count = _Count(folder)
        if not bpy.app.timers.is_registered(_redraw_when_counted):
            bpy.app.timers.register(_redraw_when_counted, first_interval=TICK)
    if _count.kept is not None:
        _last = _count.kept
    return _last


def forget() -> None:
    """The folder has changed: it is counted anew when it is looked at."""
    global _count, _last
    _count = _last = None


def unregister() -> None:
    if _count is not None:
        _count.thread.join(LAST_WAIT)  # else it would work on for an extension that is gone
    forget()
    if bpy.app.timers.is_registered(_redraw_when_counted):
        bpy.app.timers.unregister(_redraw_when_counted)


def _redraw_when_counted() -> float | None:
    if _count is not None and _count.kept is None:
        return TICK
    progress.redraw(bpy.context)
    return None
