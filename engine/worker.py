"""The child process: takes a job from its input, runs the recipe, prints events; ends when its input closes."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

from . import jobs, protocol
from .errors import Cancelled, EngineError, Exit
from .jobs import Job
from .protocol import DEVICE_LOST, ErrorEvent, Event

_GPU_FAULT = re.compile(r"(CUDA|HIP|AMDGPU|Metal|Vulkan) error|VK_ERROR_|CUDA_ERROR_", re.IGNORECASE)
HARD_STOP = 1.0  # seconds from the ask to stop until the process ends itself, whatever a library is doing


def main() -> int:
    """Runs the one job that comes on standard input."""
    die_with_parent()
    line = sys.stdin.readline()
    if not line:
        return int(Exit.CANCELLED)
    job = jobs.decode(line)
    sys.path[1:1] = [str(path) for path in job.libraries[:1]]
    sys.path.extend(str(path) for path in job.libraries[1:])  # the pack brings a NumPy of its own: ours goes before it
    emit = _claim_output()
    stop = threading.Event()
    threading.Thread(target=_watch_input, args=(stop,), daemon=True).start()
    try:
        code = _run(job, emit, stop)
    finally:
        sys.stderr.flush()
    # Libraries' threads and destructors have nothing left to do that we need, and some of them hang at exit.
    os._exit(code)


def _run(job: Job, emit: Callable[[Event], None], stop: threading.Event) -> int:
    with contextlib.suppress(OSError):  # the recipe will say why the folder can't be written to
        job.workspace.mkdir(parents=True, exist_ok=True)
        _send_prints_to(job.workspace / "worker.log")
    try:
        # Heavy imports happen here, where their failure can be said.
        recipe = importlib.import_module(f"{__package__}.recipes.{job.recipe}")
        emit(recipe.run(job, emit, stop))
        return int(Exit.DONE)
    except BaseException as error:
        event = error_event(error, job)
        if event.exit_code == Exit.DEFECT:
            traceback.print_exc()
        emit(event)
        return event.exit_code


def error_event(error: BaseException, job: Job) -> ErrorEvent:
    """Any failure in plain words, with its exit code."""
    if isinstance(error, EngineError):
        return ErrorEvent(
            code=error.code,
            sentence=error.sentence,
            exit_code=int(error.exit_code),
            file=error.file,
            advice=error.advice,
        )
    if isinstance(error, (Cancelled, KeyboardInterrupt)):
        return ErrorEvent(
            code="cancelled",
            sentence="Cancelled.",
            exit_code=int(Exit.CANCELLED),
            advice="Run again to go on: what is finished is kept.",
        )
    if isinstance(error, MemoryError):
        return ErrorEvent(
            code="out_of_memory",
            sentence="There is not enough memory for this job.",
            exit_code=int(Exit.RESOURCES),
            advice="Close other programs or choose a lower quality, then run again: what is finished is kept.",
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return ErrorEvent(
            code="disk_full",
            sentence="The disk is full.",
            exit_code=int(Exit.RESOURCES),
            file=error.filename,
            advice="Free some space and run again: what is finished is kept.",
        )
    if isinstance(error, RuntimeError) and _GPU_FAULT.search(str(error)):
        return ErrorEvent(
            code=DEVICE_LOST,
            sentence="The graphics card stopped working in the middle, or has no memory left.",
            exit_code=int(Exit.ENVIRONMENT),
            advice="Close other programs that use it, or choose the processor, then run again: what is finished is kept.",
        )
    if isinstance(error, ImportError):
        return ErrorEvent(
            code="library_missing",
            sentence=f"A library of the engine is missing or broken: {error}.",
            exit_code=int(Exit.ENVIRONMENT),
            advice="Install Maquette again.",
        )
    return ErrorEvent(
        code="defect",
        sentence=f"Something went wrong that is our fault: {type(error).__name__}: {error}",
        exit_code=int(Exit.DEFECT),
        file=str(job.workspace / "worker.log"),
        advice="Please send us the log file.",
    )


def _claim_output() -> Callable[[Event], None]:
    """Keeps the real standard output for events; whatever else prints goes to standard error."""
    events: IO[str] = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    lock = threading.Lock()

    def emit(event: Event) -> None:
        with lock, contextlib.suppress(BrokenPipeError):
            events.write(protocol.encode(event) + "\n")
            events.flush()

    return emit


def _send_prints_to(log: Path) -> None:
    """From here on libraries' prints and tracebacks go into a file."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _watch_input(stop: threading.Event) -> None:
    """The parent closes our input to cancel, or by dying. All writes are made aside, so a hard end leaves nothing half."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    stop.set()
    time.sleep(HARD_STOP)
    os._exit(int(Exit.CANCELLED))


def die_with_parent() -> None:
    """On Linux the kernel ends us with our parent, even inside a library's call that holds the interpreter."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
