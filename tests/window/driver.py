"""Drives a real Blender through a story, a step after the other, and looks after each: a picture, passed or not, how long it was held.

A step is a generator function: each `yield` gives Blender time. It yields seconds, or `Until(condition, limit)`, or `Shot(name)`.
What it finds wrong it says by `assert`; `Absent` skips it, where a feature is not there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from meter import Meter

TICK = 0.05  # seconds between looks at the step
ALLOWED = 100.0  # milliseconds that one call of ours may hold Blender while an engine runs
SETTLE = 0.8  # seconds for Blender to draw before a picture is taken


class Absent(Exception):
    """The step needs something that this build does not have."""


@dataclass(frozen=True)
class Until:
    """Wait for it, at most so many seconds."""

    condition: Callable[[], Any]
    limit: float


@dataclass(frozen=True)
class Shot:
    """A picture in the middle of a step."""

    name: str


Step = Callable[[], Iterator[Any]]


def while_running(step: Any) -> Any:
    """Marks a step in which an engine runs: Blender may not be held then."""
    step.while_running = True
    return step


class Tour:
    """One session of the story. `results` is written after every step, so that a crash tells how far it came.

    A session goes on where the last one ended: its steps' numbers, its results. `is_last` is what makes them whole.
    """

    def __init__(
        self, steps: list[Step], folder: Path, package: str, facts: dict[str, Any], notes: dict[str, Any], is_last: bool
    ) -> None:
        self.steps, self.folder, self.is_last = steps, folder, is_last
        self.meter = Meter(package)
        before = folder / "result.json"
        told = json.loads(before.read_text(encoding="utf-8"))["steps"] if before.is_file() else []
        self.results: dict[str, Any] = facts | {"steps": told, "notes": notes, "end": False}
        self._story = self._play()
        self._wait_until: Callable[[], Any] | None = None
        self._deadline = 0.0
        self._shots = 0

    def start(self) -> None:
        self.meter.start()
        bpy.app.timers.register(self._tick, first_interval=1.0, persistent=True)

    def _tick(self) -> float | None:
        """Called by Blender's timer."""
        try:
            if self._wait_until is not None and not self._wait_until():
                if time.monotonic() < self._deadline:
                    return TICK
                self._wait_until = None
                self._story.throw(AssertionError("it took too long"))
                return TICK
            self._wait_until = None
            wanted = next(self._story)
        except StopIteration:
            self._end()
            return None
        if isinstance(wanted, Until):
            self._wait_until, self._deadline = wanted.condition, time.monotonic() + wanted.limit
            return TICK
        return float(wanted)

    def _play(self) -> Iterator[Any]:
        for number, step in enumerate(self.steps, len(self.results["steps"]) + 1):
            name, started = step.__name__, time.monotonic()
            entry: dict[str, Any] = {"step": name, "what": (step.__doc__ or "").strip(), "state": "passed"}
            self.meter.take()
            try:
                yield from self._run(step, f"{number:02d}-{name}")
            except Absent as missing:
                entry |= {"state": "absent", "why": str(missing)}
            except Exception as error:
                entry |= {"state": "failed", "why": f"{type(error).__name__}: {error}"}
                traceback.print_exc()
            held = self.meter.take()
            entry |= {"seconds": round(time.monotonic() - started, 1)} | held.as_json()
            if getattr(step, "while_running", False) and held.own_cpu > ALLOWED and entry["state"] == "passed":
                entry |= {"state": "failed", "why": f"{held.what} held Blender for {held.own_cpu:.0f} ms"}
            if entry["state"] != "absent":
                yield from self._picture(f"{number:02d}-{name}")
            self.results["steps"].append(entry)
            self._write()
            print(f"{entry['state']:7s} {name} {entry.get('why', '')}", flush=True)

    def _run(self, step: Step, name: str) -> Iterator[Any]:
        """The step's own yields; a picture in its middle is taken on the way."""
        story = step()
        failure: BaseException | None = None
        while True:
            try:
                wanted = story.throw(failure) if failure else next(story)
            except StopIteration:
                return
            failure = None
            try:
                if isinstance(wanted, Shot):
                    yield from self._picture(f"{name}-{wanted.name}")
                else:
                    yield wanted
            except AssertionError as error:  # it took too long: the step hears it
                failure = error

    def _picture(self, name: str) -> Iterator[Any]:
        yield SETTLE
        if shutil.which("import") is None:
            return
        # Blender's own screenshot is black on a virtual screen: it is taken from outside.
        taking = subprocess.Popen(["import", "-window", "root", "-depth", "8", str(self.folder / f"{name}.png")])
        yield Until(lambda: taking.poll() is not None, 20)

    def _write(self) -> None:
        target = self.folder / "result.json"
        target.write_text(json.dumps(self.results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def _end(self) -> None:
        self.meter.stop()
        self.results["end"] = self.is_last
        self._write()
        sys.stdout.flush()
        bpy.ops.wm.quit_blender()
