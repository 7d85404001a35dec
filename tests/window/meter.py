"""How long Blender's main thread is held: by anything at all, and by Maquette's own code."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from types import FrameType
from typing import Any

import bpy

BEAT = 0.01  # seconds between two looks at the clock


@dataclass
class Held:
    """The worst of a stretch of time, in milliseconds."""

    gap: float = 0.0  # between two beats of a timer: includes Blender's own drawing, in software here
    own: float = 0.0  # one call of Maquette's from Blender, until it returned
    own_cpu: float = 0.0  # the same in CPU time, which a busy machine does not stretch
    what: str = ""  # which call that was
    drawn: float = 0.0  # CPU time of one drawing into the view: here the processor stands in for the graphics card

    def as_json(self) -> dict[str, Any]:
        figures = {"worst_gap_ms": self.gap, "worst_own_ms": self.own, "worst_own_cpu_ms": self.own_cpu}
        figures |= {"worst_drawing_cpu_ms": self.drawn}
        return {name: round(value) for name, value in figures.items()} | {"own": self.what}


class Meter:
    """Beats as long as it is on. Only calls that Blender makes into `package` are timed: operators, drawing, handlers, timers."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.held = Held()
        self._last = 0.0
        self._top: FrameType | None = None
        self._entered = self._entered_cpu = 0.0

    def start(self) -> None:
        self._last = time.perf_counter()
        bpy.app.timers.register(self._beat, first_interval=BEAT, persistent=True)
        sys.setprofile(self._profile)

    def stop(self) -> None:
        sys.setprofile(None)
        if bpy.app.timers.is_registered(self._beat):
            bpy.app.timers.unregister(self._beat)

    def take(self) -> Held:
        """The worst since the last call; a new stretch begins."""
        done, self.held = self.held, Held()
        self._last = time.perf_counter()
        return done

    def _beat(self) -> float:
        now = time.perf_counter()
        self.held.gap = max(self.held.gap, (now - self._last - BEAT) * 1000)
        self._last = now
        return BEAT

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            if self._top is None and str(frame.f_globals.get("__name__", "")).startswith(self.package):
                self._top, self._entered, self._entered_cpu = frame, time.perf_counter(), time.thread_time()
        elif event == "return" and frame is self._top:
            self._top = None
            if frame.f_code.co_name == "_draw":  # Maquette's drawing handlers are called so
                self.held.drawn = max(self.held.drawn, (time.thread_time() - self._entered_cpu) * 1000)
                return
            self.held.own_cpu = max(self.held.own_cpu, (time.thread_time() - self._entered_cpu) * 1000)
            spent = (time.perf_counter() - self._entered) * 1000
            if spent > self.held.own:
                module = frame.f_globals["__name__"].removeprefix(self.package + ".")
                self.held.own, self.held.what = spent, f"{module}.{frame.f_code.co_qualname}"
