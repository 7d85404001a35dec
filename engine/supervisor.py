"""The parent process: starts the worker, passes its events on, cancels it in time, and says in plain words how it died.

The stages run in a child, so that a crash, an exhausted memory or a library that will not be interrupted never reaches the
caller: the worker is asked to stop, and ended if it does not within GRACE.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

from . import jobs, protocol
from .errors import Exit
from .jobs import Job
from .protocol import DEVICE_LOST, ErrorEvent, Event, ResultEvent, StageEvent, WarningEvent
from .settings import DeviceChoice
from .terminal import STAGE_TITLES, Terminal

GRACE = 1.2  # seconds from the ask to stop until the worker is ended; the promise to the user is two


def run(job: Job, *, as_json: bool) -> int:
    """Runs the job in a worker; gives the exit code."""
    show = _print_json if as_json else Terminal().show
    # Closing our input cancels. Only a pipe says so: a terminal, a file or /dev/null at its end is no such wish.
    lifeline = as_json and _is_pipe(sys.stdin)
    return Supervision(replace(job, watched=as_json), show).run(lifeline)


def _print_json(event: Event) -> None:
    with contextlib.suppress(BrokenPipeError):  # the reader is gone: the closed input will cancel
        print(protocol.encode(event), flush=True)


def _is_pipe(stream: object) -> bool:
    try:
        mode = os.fstat(stream.fileno()).st_mode  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


class Supervision:
    """One worker's life."""

    def __init__(self, job: Job, show: Callable[[Event], None]) -> None:
        self.job = job
        self.show = show
        self.stop = threading.Event()
        self.stage = ""
        self.last: Event | None = None

    def run(self, lifeline: bool) -> int:
        """From start to exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        if lifeline:
            threading.Thread(target=self._watch_input, daemon=True).start()
        code = self._run_worker()
        if self._fall_back():
            code = self._run_worker()
        return self._verdict(code)

    def _run_worker(self) -> int:
        worker = self._start()
        reader = threading.Thread(target=self._read, args=(worker,), daemon=True)
        reader.start()
        while worker.poll() is None:
            if self.stop.wait(0.1):
                self._end(worker)
        reader.join(5.0)
        return worker.returncode

    def _fall_back(self) -> bool:
        """A graphics card that fails in the middle: where the device is ours to choose, the processor goes on from what is finished."""
        lost, settings = self.last, getattr(self.job, "settings", None)
        if not (isinstance(lost, ErrorEvent) and lost.code == DEVICE_LOST):
            return False
        if self.stop.is_set() or getattr(settings, "device", None) is not DeviceChoice.AUTO:
            self.show(lost)
            return False
        self.show(WarningEvent(code="device_cpu", sentence=f"{lost.sentence} The processor goes on."))
        self.job = replace(self.job, settings=replace(settings, device=DeviceChoice.CPU))  # type: ignore[call-arg,type-var]
        self.last = None
        return True

    def _start(self) -> subprocess.Popen[str]:
        flags = ["-I"] if sys.flags.isolated else []
        # (Windows: its own process group and no console window.) The worker must not get the terminal's Ctrl-C itself: we hear it and give it time to clean up.
        apart = {"creationflags": 0x08000200} if sys.platform == "win32" else {"start_new_session": True}
        worker = subprocess.Popen(
            [sys.executable, *flags, str(Path(__file__).parent / "__main__.py"), "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # The stages share work among threads themselves; a BLAS that does so too waits in circles, for twice the time.
            env={"OPENBLAS_NUM_THREADS": "1"} | os.environ,
            **apart,
        )
        with contextlib.suppress(BrokenPipeError):  # it died at once: the verdict will say so
            assert worker.stdin is not None
            worker.stdin.write(jobs.encode(self.job) + "\n")
            worker.stdin.flush()
        return worker

    def _read(self, worker: subprocess.Popen[str]) -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            try:
                event = protocol.decode(line)
            except (ValueError, TypeError):
                continue  # some library printed before its output was redirected
            if isinstance(event, StageEvent):
                self.stage = event.name
            self.last = event
            if not (isinstance(event, ErrorEvent) and event.code == DEVICE_LOST):  # that may not be the end
                self.show(event)

    def _end(self, worker: subprocess.Popen[str]) -> None:
        assert worker.stdin is not None
        with contextlib.suppress(OSError):
            worker.stdin.close()
        deadline = time.monotonic() + GRACE
        while worker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if worker.poll() is None:
            worker.kill()
            worker.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop.set()

    def _watch_input(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while sys.stdin.read(1):
                pass
        self.stop.set()

    def _verdict(self, code: int) -> int:
        """The exit code; where the worker could not say what happened, we do."""
        if isinstance(self.last, ResultEvent) and code == 0:
            return int(Exit.DONE)
        if isinstance(self.last, ErrorEvent):
            return self.last.exit_code
        if self.stop.is_set():
            self.show(_cancelled())
            return int(Exit.CANCELLED)
        title = STAGE_TITLES.get(self.stage, "starting").lower()
        if code == -getattr(signal, "SIGKILL", 9):
            event = ErrorEvent(
                code="out_of_memory",
                sentence=f"The system ended the engine while {title}; the memory was probably exhausted.",
                exit_code=int(Exit.RESOURCES),
                advice="Close other programs or choose a lower quality, then run again: what is finished is kept.",
            )
        else:
            event = ErrorEvent(
                code="crashed",
                sentence=f"The engine crashed while {title} (code {code}).",
                exit_code=int(Exit.DEFECT),
                file=str(self.job.workspace / "worker.log"),
                advice="Run again: what is finished is kept. If it crashes again, please send us the log file.",
            )
        self.show(event)
        return event.exit_code


def _cancelled() -> ErrorEvent:
    return ErrorEvent(
        code="cancelled",
        sentence="Cancelled.",
        exit_code=int(Exit.CANCELLED),
        advice="Run again to go on: what is finished is kept.",
    )
