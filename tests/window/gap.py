"""Measures how long Blender's main thread was held: a timer that should come every 10 ms writes down when it comes late.

What it sees is everything that holds the main thread: Maquette, Blender's own drawing, other programs that want the processor.
`own` counts what lies inside Maquette's calls alone: by the clock, and in time that the main thread really computed, which a busy
machine's neighbours don't lengthen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import bpy

EVERY = 0.01


class GapMeter:
    """`mark` names what goes on; `worst` gives the longest hold in ms by that name, `own` the longest of Maquette's calls."""

    def __init__(self) -> None:
        self.worst: dict[str, float] = {}
        self.own: dict[str, dict[str, float]] = {}  # by name, then by call
        self._name = "start"
        self._last = time.perf_counter()
        bpy.app.timers.register(self._tick, persistent=True)

    def mark(self, name: str) -> None:
        self._name = name
        self._last = time.perf_counter()

    def watch(self, owner: Any, method: str) -> None:
        """Times each call of `owner.method`, which is Maquette's."""
        plain: Callable[..., Any] = getattr(owner, method)

        def timed(*args: Any, **named: Any) -> Any:
            began, computed = time.perf_counter(), time.thread_time()
            try:
                return plain(*args, **named)
            finally:
                found = self.own.setdefault(self._name, {})
                for kind, spent in (("", time.perf_counter() - began), (" cpu", time.thread_time() - computed)):
                    key = f"{method}{kind}"
                    found[key] = max(found.get(key, 0.0), round(1000 * spent, 1))

        setattr(owner, method, timed)

    def stop(self) -> None:
        bpy.app.timers.unregister(self._tick)

    def _tick(self) -> float:
        now = time.perf_counter()
        held = 1000 * (now - self._last - EVERY)
        self.worst[self._name] = max(self.worst.get(self._name, 0.0), round(held, 1))
        self._last = now
        return EVERY
