"""What this machine can do: each device tried and timed, memory, disk, libraries; and said in plain words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import machine
from ..errors import Cancelled
from ..jobs import SelftestJob
from ..machine import Machine
from ..protocol import Event, ResultEvent
from ..report import Report, RunReport
from ..settings import DeviceChoice, Quality
from . import estimate

STAGES = ("selftest",)
PATIENCE = 90.0  # seconds for one device; compiling for a card that was never used takes the most of it
TRIED = {
    "linux": (DeviceChoice.CUDA, DeviceChoice.AMDGPU, DeviceChoice.VULKAN, DeviceChoice.CPU),
    "win32": (DeviceChoice.CUDA, DeviceChoice.VULKAN, DeviceChoice.CPU),
    "darwin": (DeviceChoice.METAL, DeviceChoice.CPU),
}
NAMES = {
    DeviceChoice.CPU.value: "Processor",
    DeviceChoice.CUDA.value: "NVIDIA card (CUDA)",
    DeviceChoice.METAL.value: "Apple graphics (Metal)",
    DeviceChoice.VULKAN.value: "Vulkan",
    DeviceChoice.AMDGPU.value: "AMD card (ROCm)",
}
Line = tuple[str, str]  # INFO, WARNING or ERROR; a sentence


def run(
    job: SelftestJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None
) -> ResultEvent:
    """Tries all; what it found is in OUT/selftest.json and in the result's summary."""
    report = RunReport(STAGES, emit, stop)
    with report.stage("selftest") as stage:
        here = machine.look(job.disk or job.out)
        devices = {} if here.missing else _try_all(_wanted(job), stage)
        slowness = estimate.cpu_slowness() if not here.missing else 1.0
    found: dict[str, Any] = {"machine": here.as_json(), "devices": devices, "slowness": round(slowness, 2)}
    minutes = estimates(here, devices, slowness)
    lines = [*_about_devices(devices), *_about_time(minutes), *_about_others(here, devices), *about_machine(here)]
    found |= {"minutes": minutes, "lines": [list(line) for line in lines], "seconds": report.records[0].seconds}
    job.out.mkdir(parents=True, exist_ok=True)
    target = job.out / "selftest.json"
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return ResultEvent(files={"report": str(target)}, summary=found)


def _wanted(job: SelftestJob) -> tuple[DeviceChoice, ...]:
    return TRIED.get(sys.platform, (DeviceChoice.CPU,)) if job.device is DeviceChoice.AUTO else (job.device,)


def _try_all(wanted: tuple[DeviceChoice, ...], stage: Report) -> dict[str, dict[str, Any]]:
    found = {}
    with stage.step("devices", len(wanted), share=1.0) as step:
        for device in wanted:
            found[device.value] = _try(device, step.check)
            step.advance()
    return found


def _try(device: DeviceChoice, check: Callable[[], None]) -> dict[str, Any]:
    """What `kernels/trial.py` says of it; a process that dies or hangs says enough, too."""
    trial = Path(__file__).resolve().parents[1] / "kernels" / "trial.py"
    flags = ["-I"] if sys.flags.isolated else []
    no_window: dict[str, Any] = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
    child = subprocess.Popen(
        [sys.executable, *flags, str(trial), device.value, *sys.path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={"OPENBLAS_NUM_THREADS": "1"} | os.environ,
        **no_window,
    )
    ends = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                said = child.communicate(timeout=0.2)[0]
                break
            except subprocess.TimeoutExpired:
                check()
                if time.monotonic() > ends:
                    return {"works": False, "reason": f"it did not answer within {PATIENCE:.0f} seconds"}
    except Cancelled:
        raise
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    try:
        found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
        return found
    except (ValueError, IndexError):
        return {"works": False, "reason": f"its driver crashed (code {child.returncode})"}


def estimates(here: Machine, devices: dict[str, dict[str, Any]], slowness: float) -> dict[str, float]:
    """Minutes for the usual job in each quality, on the device that “auto” would take."""
    rates = [found["megapixels_per_second"] for found in devices.values() if found.get("works")]
    cards = [
        devices[name]["megapixels_per_second"]
        for name in ("cuda", "metal", "amdgpu")
        if devices.get(name, {}).get("works")
    ]
    if not rates:
        return {}
    rate = cards[0] if cards else rates[-1]
    return {q.value: round(estimate.minutes(q, rate, here.cores, slowness), 1) for q in Quality}


def _about_devices(devices: dict[str, dict[str, Any]]) -> list[Line]:
    lines: list[Line] = []
    for name, found in devices.items():
        if found.get("works"):
            lines.append(
                ("INFO", f"{NAMES[name]}: works, {found['megapixels_per_second']:.2g} megapixels of depth a second")
            )
    lost = [NAMES[name] for name, found in devices.items() if not found.get("works") and name != "cpu"]
    if lost:
        lines.append(("INFO", "Not usable here: " + ", ".join(lost)))
    if "cpu" in devices and not devices["cpu"].get("works"):
        lines.append(("ERROR", f"The processor can't compute: {devices['cpu'].get('reason')}"))
    if devices and not any(found.get("works") for found in devices.values()):
        lines.append(("ERROR", "No device works: models can't be built here. Please copy this and report it."))
    return lines


def _about_time(minutes: dict[str, float]) -> list[Line]:
    if not minutes:
        return []
    draft, standard, high = (_about(minutes[q.value]) for q in (Quality.DRAFT, Quality.STANDARD, Quality.HIGH))
    return [("INFO", f"36 photos of 2 megapixels take about {standard} (draft {draft}, high {high})")]


def _about_others(here: Machine, devices: dict[str, dict[str, Any]]) -> list[Line]:
    """The processor was measured as it is now; it may have had to share."""
    got = devices.get("cpu", {}).get("cores_got")
    if got is None or got > 0.6 * here.cores:
        return []
    return [("INFO", "Other programs kept this machine busy meanwhile: without them it is quicker")]


def _about(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes >= 1.5 else f"{max(minutes * 60, 5):.0f} s"


def about_machine(here: Machine) -> list[Line]:
    """Memory, disk and libraries in words."""
    lines: list[Line] = []
    if here.missing:
        python = ".".join(here.python.split(".")[:2])
        sentence = f"Missing for this Blender's Python {python}: {', '.join(here.missing)}. "
        lines.append(("ERROR", sentence + "Use a Blender from blender.org and the zip made for this system."))
    if here.memory_gb is not None:
        free = f", {here.memory_free_gb:.0f} GB free" if here.memory_free_gb is not None else ""
        lines.append(("INFO", f"{here.cores} processor cores, {here.memory_gb:.0f} GB of memory{free}"))
        if (here.memory_free_gb or here.memory_gb) < 3:
            lines.append(("WARNING", "There is little free memory: close other programs, or choose the quality Draft."))
    if here.disk_free_gb is not None:
        low = here.disk_free_gb < 5
        lines.append(("WARNING" if low else "INFO", f"{here.disk_free_gb:.0f} GB free on the disk for models"))
    if not here.missing:
        lines.append(("INFO", "All libraries are there"))
    return lines
