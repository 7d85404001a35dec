"""What lies in a folder, looked up in a thread: a page of the preferences must never wait for a disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import bpy

from . import progress

FRESH = 10.0  # seconds for which an answer serves
TICK = 0.2
LAST_WAIT = 2.0
Answer = TypeVar("Answer")


class LookedUp(Generic[Answer]):
    """One thing that is asked of folders. `ask` runs in a thread and must know nothing of bpy."""

    def __init__(self, ask: Callable[[Path], Answer]) -> None:
        self._ask = ask
        self._thread: threading.Thread | None = None
        self._folder: Path | None = None
        self._answer: Answer | None = None
        self._at = 0.0

    def latest(self, folder: Path) -> Answer | None:
        """What was found last; None until the first answer is there. Asks again where that is old."""
        if self._folder != folder:
            self.forget()
            self._folder = folder
        working = self._thread is not None and self._thread.is_alive()
        if not working and (self._answer is None or time.monotonic() - self._at > FRESH):
            self._thread = threading.Thread(target=self._work, args=(folder,), daemon=True)
            self._thread.start()
            if not bpy.app.timers.is_registered(_redraw):
                bpy.app.timers.register(_redraw, first_interval=TICK)
        return self._answer

    def forget(self) -> None:
        """Something has changed there: it is asked anew when it is looked at."""
        self._answer, self._at = None, 0.0

    def wait(self, seconds: float) -> None:
        """Until the thread has ended, or so long."""
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def at_work(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _work(self, folder: Path) -> None:
        answer = self._ask(folder)
        if folder == self._folder:
            self._answer, self._at = answer, time.monotonic()


_all: list[LookedUp] = []


def watched(ask: Callable[[Path], Answer]) -> LookedUp[Answer]:
    """One that is drawn anew when its answer is there, and ends with the extension."""
    _all.append(LookedUp(ask))
    return _all[-1]


def unregister() -> None:
    for one in _all:
        one.wait(LAST_WAIT)  # else it would work on for an extension that is gone
        one.forget()
    if bpy.app.timers.is_registered(_redraw):
        bpy.app.timers.unregister(_redraw)


def _redraw() -> float | None:
    progress.redraw(bpy.context)
    return TICK if any(one.at_work for one in _all) else None
