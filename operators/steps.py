"""Work on Blender's data in slices, so that the window stays alive: a thread for what needs no bpy, a generator for what does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import bpy

from ..engine.errors import EngineError, Exit
from . import runner

Steps = Generator[None, None, Any]


class Work:
    """First `fetch`, in a thread and without bpy, then the slices of `place(fetched)`. `outcome` is what that returned.

    An undo in between makes the slices' references into bpy.data stale: they are closed and begun anew.
    """

    def __init__(self, fetch: Callable[[], Any], place: Callable[[Any], Steps]) -> None:
        self.outcome: Any = None
        self.longest = 0.0  # seconds that a slice held the main thread
        self._place = place
        self._steps: Steps | None = None
        self._fetched: list[Any] = []
        self._failure: list[BaseException] = []
        self._disturbed = self._abandoned = False
        self._thread = threading.Thread(target=_run, args=(fetch, self._fetched, self._failure), daemon=True)
        self._thread.start()
        for handlers in _UNDO_HANDLERS:
            handlers.append(self._on_undo)
        runner.keep(self)

    def go_on(self, seconds: float) -> bool:
        """As many slices as fit the time, at least one; True when all is done. Raises what the work raised."""
        if self._abandoned:
            raise EngineError("cancelled", "Cancelled.", exit_code=Exit.CANCELLED)
        if self._thread.is_alive():
            return False
        if self._failure:
            raise self._failure[0]
        if self._disturbed and self._steps is not None:
            self._steps.close()
            self._steps = None
        self._disturbed = False
        if self._steps is None:
            self._steps = self._place(self._fetched[0])
        until = time.perf_counter() + seconds
        while True:
            began = time.perf_counter()
            try:
                next(self._steps)
            except StopIteration as done:
                self.outcome = done.value
                return True
            now = time.perf_counter()
            self.longest = max(self.longest, now - began)
            if now >= until:
                return False

    def wait(self) -> bool:
        """All of it at once."""
        self._thread.join()
        while not self.go_on(1.0):
            pass
        return True

    def abandon(self) -> None:
        """The next `go_on` raises that it was cancelled."""
        self._abandoned = True

    def close(self) -> None:
        """Ends it, done or not; what is half-made goes."""
        runner.let_go(self)
        for handlers in _UNDO_HANDLERS:
            if self._on_undo in handlers:
                handlers.remove(self._on_undo)
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _on_undo(self, *_: Any) -> None:
        self._disturbed = True


_UNDO_HANDLERS = (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post)


def _run(fetch: Callable[[], Any], fetched: list[Any], failure: list[BaseException]) -> None:
    try:
        fetched.append(fetch())
    except BaseException as error:  # raised again where it is waited for
        failure.append(error)
