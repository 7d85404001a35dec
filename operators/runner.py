"""The engine's child process: started, listened to, cancelled. No bpy, no user interface."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from ..engine import protocol
from ..engine.errors import EngineError, Exit
from ..engine.protocol import ErrorEvent, Event, ResultEvent

ENGINE = Path(__file__).resolve().parents[1] / "engine" / "__main__.py"
GRACE = 3.0  # seconds until an engine that was asked to stop is ended; it promises two
NEEDED = ("numpy", "pycolmap", "cv2", "PIL", "quadrants", "fast_simplification")


class Closable(Protocol):
    """What can be at work."""

    def close(self) -> None: ...


_live: weakref.WeakSet[Closable] = weakref.WeakSet()  # a flag in the file would outlive its engine; this can't


def is_busy() -> bool:
    """Whether an engine is at work, or its result on its way into the scene."""
    return bool(_live)


def keep(work: Closable) -> None:
    """It is at work; it is ended when the extension is disabled."""
    _live.add(work)


def let_go(work: Closable) -> None:
    """It has ended."""
    _live.discard(work)


def missing_libraries() -> list[str]:
    """What the engine needs and this Blender lacks: the zip has wheels for Blender's own Pythons only."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def engine_command(words: Sequence[str], more: Sequence[Path] = ()) -> list[str]:
    """The engine on Blender's own Python. That runs isolated (-I), so the wheels' folder goes along as an argument.

    `more` are folders to import from after all others: the PyTorch pack.
    """
    missing = missing_libraries()
    if missing:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise EngineError(
            "libraries_missing",
            f"Maquette's libraries are not there for this Blender's Python {python}: {', '.join(missing)}.",
            exit_code=Exit.ENVIRONMENT,
            advice="Use a Blender from blender.org, and install the zip that was made for this system.",
        )
    spec = importlib.util.find_spec("pycolmap")
    assert spec is not None and spec.origin is not None
    libraries = Path(spec.origin).parents[1]
    return [sys.executable, "-I", str(ENGINE), *words, "--json", "--libraries", str(libraries), *map(str, more)]


class EngineRun:
    """One engine at work. `outcome` is set when it has ended, whatever happened to it."""

    def __init__(self, command: Sequence[str], surroundings: Mapping[str, str] | None = None) -> None:
        self.outcome: ResultEvent | ErrorEvent | None = None
        self._said: ResultEvent | ErrorEvent | None = None
        self._end_by: float | None = None
        self._cancelled = self._silent = False  # asked to stop; its output has ended
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._last_words: deque[str] = deque(maxlen=20)
        window = {"creationflags": subprocess.CREATE_NO_WINDOW} if sys.platform == "win32" else {}
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=None if not surroundings else os.environ | surroundings,
            **window,
        )
        # The threads get plain objects, never bpy's: Blender would crash.
        for target, stream, sink in (
            (_read_lines, self._process.stdout, self._lines),
            (_read_last_words, self._process.stderr, self._last_words),
        ):
            threading.Thread(target=target, args=(stream, sink), daemon=True).start()
        keep(self)

    def events(self) -> list[Event]:
        """What it told since the last call; never waits."""
        found: list[Event] = []
        if self._end_by is not None and time.monotonic() > self._end_by:
            self._process.kill()
        while not self._silent:
            try:
                line = self._lines.get_nowait()
            except queue.Empty:
                break
            if line is None:
                self._silent = True
                self._end_by = self._end_by or time.monotonic() + GRACE
                break
            with contextlib.suppress(ValueError, TypeError):  # some library printed
                event = protocol.decode(line)
                found.append(event)
                if isinstance(event, (ResultEvent, ErrorEvent)):
                    self._said = event
        if self._silent and self.outcome is None and self._process.poll() is not None:
            self._conclude(self._process.returncode)
            if self.outcome is not self._said:
                found.append(self.outcome)
        return found

    def _conclude(self, code: int) -> None:
        if isinstance(self._said, ErrorEvent) or (isinstance(self._said, ResultEvent) and code == Exit.DONE):
            self.outcome = self._said
        elif self._cancelled:
            self.outcome = ErrorEvent(code="cancelled", sentence="Cancelled.", exit_code=int(Exit.CANCELLED))
        else:
            words = self._last_words[-1].strip().rstrip(".") if self._last_words else ""
            self.outcome = ErrorEvent(
                code="crashed",
                sentence=f"The engine ended unexpectedly (code {code})" + (f": {words}." if words else "."),
                exit_code=int(Exit.DEFECT),
                advice="Run again: what is finished is kept.",
            )
        self.close()

    def cancel(self) -> None:
        """Asks it to stop; `events` ends it when it does not in time."""
        if not self._cancelled:
            self._cancelled, self._end_by = True, time.monotonic() + GRACE
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def wait(self, on_event: Callable[[Event], None]) -> ResultEvent | ErrorEvent:
        """Blocks until it has ended. Ctrl-C cancels it."""
        while self.outcome is None:
            try:
                for event in self.events():
                    on_event(event)
                time.sleep(0.05)
            except KeyboardInterrupt:
                self.cancel()
        return self.outcome

    def close(self) -> None:
        """Lets go of the process; a live one hears it and stops."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        let_go(self)

    def __del__(self) -> None:
        if hasattr(self, "_process"):  # it may not have started
            self.close()


def end_all() -> None:
    """Ends all that is still at work."""
    for work in list(_live):
        work.close()


def _read_lines(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in stream:
            lines.put(line)
    lines.put(None)


def _read_last_words(stream: IO[str], words: deque[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        words.extend(line for line in stream if line.strip())
