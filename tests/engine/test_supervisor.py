"""The process around the engine: cancel in time, die with the parent, say in plain words how the worker ended.

A tiny stand-in for the recipe is put before the real one on the worker's import path, so that each ending can be staged at will.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stages its endings with POSIX signals")

# What the worker runs instead of engine.recipes.model, by the photo's name.
ENDINGS = """
import os, signal, sys, time
from engine.errors import EngineError, Exit
from engine.protocol import ProgressEvent, ResultEvent, StageEvent
from engine.errors import Cancelled

def run(job, emit, stop):
    what = job.photos[0].name
    emit(StageEvent(name="depth", index=2, of=6))
    print("a library's chatter")
    if what == "polls":
        while not stop.wait(0.05):
            pass
        raise Cancelled()
    if what == "deaf":  # a library that holds the interpreter and hears nothing
        import ctypes
        ctypes.PyDLL(None).sleep(30)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "memory":
        raise MemoryError()
    if what == "defect":
        raise KeyError("x")
    if what == "input":
        raise EngineError("no_photos", "There are no photos.", file="there", advice="Add some.")
    if what == "lost" and job.settings.device.value != "cpu":
        raise RuntimeError("[cuda_driver.h:operator()@92] CUDA Error CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure")
    if what == "prints":
        os.write(1, b"noise on the real standard output\\n")
    return ResultEvent(files={}, summary={"seconds": 1})
"""

LAUNCH = """
import sys, types
sys.path.insert(0, {root!r})
import engine.recipes
module = types.ModuleType("engine.recipes.model")
exec({endings!r}, module.__dict__)
sys.modules["engine.recipes.model"] = engine.recipes.model = module
from engine.worker import main
sys.exit(main())
"""


@pytest.fixture
def start(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Starts the command line with the stand-in behind it."""
    launch = tmp_path / "launch.py"
    launch.write_text(LAUNCH.format(root=str(ROOT), endings=ENDINGS))
    driver = tmp_path / "driver.py"
    driver.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import subprocess, engine.supervisor as s\n"
        "real = subprocess.Popen\n"
        f"def popen(command, **more): return real([command[0], {str(launch)!r}], **more)\n"
        "s.subprocess.Popen = popen\n"
        "from engine.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    started: list[subprocess.Popen[str]] = []

    def begin(what: str, *words: str, **more: Any) -> subprocess.Popen[str]:
        command = [sys.executable, str(driver), "model", what, "-o", str(tmp_path / "out"), "--json", *words]
        process = subprocess.Popen(
            command, stdin=more.pop("stdin", subprocess.PIPE), stdout=subprocess.PIPE, text=True, **more
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def events(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    assert process.stdout is not None
    return [json.loads(line) for line in process.stdout]


def wait_for_stage(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "stage"


@pytest.mark.parametrize("what", ["polls", "deaf"])
@pytest.mark.parametrize("way", ["input", "SIGINT", "SIGTERM"])
def test_cancel_takes_less_than_two_seconds(start: Any, what: str, way: str) -> None:
    process = start(what)
    wait_for_stage(process)
    began = time.monotonic()
    if way == "input":
        process.stdin.close()
    else:
        process.send_signal(getattr(signal, way))
    rest = events(process)
    assert process.wait(5) == 130
    assert time.monotonic() - began < 2.0
    assert [e["event"] for e in rest] == ["error"] and rest[0]["code"] == "cancelled"


@pytest.mark.parametrize(
    ("what", "exit_code", "code"),
    [
        ("killed", 4, "out_of_memory"),
        ("segfault", 5, "crashed"),
        ("memory", 4, "out_of_memory"),
        ("defect", 5, "defect"),
        ("input", 2, "no_photos"),
    ],
)
def test_every_end_is_said(start: Any, what: str, exit_code: int, code: str) -> None:
    process = start(what)
    last = events(process)[-1]
    assert process.wait(5) == exit_code
    assert (last["event"], last["code"], last["exit_code"]) == ("error", code, exit_code)
    assert last["sentence"].endswith((".", "'x'")) and last["advice"]


def test_a_result_ends_well_and_chatter_stays_out(start: Any, tmp_path: Path) -> None:
    process = start("prints")
    assert [e["event"] for e in events(process)] == ["stage", "result"]
    assert process.wait(5) == 0
    log = (tmp_path / "out" / ".maquette" / "worker.log").read_text()
    assert "chatter" in log and "noise" in log


def test_where_the_graphics_card_is_lost_the_processor_goes_on(start: Any) -> None:
    process = start("lost")
    told = events(process)
    assert process.wait(5) == 0
    assert [e["event"] for e in told] == ["stage", "warning", "stage", "result"]
    assert told[1]["code"] == "device_cpu" and "processor goes on" in told[1]["sentence"]


def test_a_device_that_was_asked_for_is_not_replaced(start: Any) -> None:
    process = start("lost", "--device", "cuda")
    told = events(process)
    assert process.wait(5) == 3
    assert [e["event"] for e in told] == ["stage", "error"] and told[1]["code"] == "device_lost" and told[1]["advice"]


def test_an_empty_input_is_no_cancel(start: Any) -> None:
    process = start("prints", stdin=subprocess.DEVNULL)
    assert [e["event"] for e in events(process)] == ["stage", "result"]


@pytest.mark.parametrize("what", ["polls", "deaf"])
def test_the_worker_dies_with_its_parent(start: Any, what: str) -> None:
    process = start(what)
    wait_for_stage(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("needs /proc to find the worker")
    worker = int(children.read_text().split()[0])
    process.kill()
    process.wait()
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline and _runs(worker):
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
