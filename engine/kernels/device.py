"""Opens the compute device once for the process: the one that was asked for, or the best that passes a small self-test."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from typing import Any

from ..errors import EngineError, Exit
from ..settings import DeviceChoice

os.environ["ENABLE_QUADRANTS_HEADER_PRINT"] = "0"  # standard output belongs to the engine's events
import quadrants as qd

from . import selftest

_ARCHS: dict[DeviceChoice, Any] = {
    DeviceChoice.CPU: qd.cpu,
    DeviceChoice.CUDA: qd.cuda,
    DeviceChoice.METAL: qd.metal,
    DeviceChoice.VULKAN: qd.vulkan,
    DeviceChoice.AMDGPU: qd.amdgpu,
}
RIGHT_SHARE = 0.85  # of the self-test's pixels; 0.96 on a CPU
_AUTO = (DeviceChoice.CUDA, DeviceChoice.METAL, DeviceChoice.AMDGPU)


@dataclass(frozen=True, kw_only=True)
class Device:
    """What was opened, and why nothing better was."""

    choice: DeviceChoice
    note: str = ""

    @property
    def is_gpu(self) -> bool:
        return self.choice is not DeviceChoice.CPU


_open: Device | None = None


def open_device(choice: DeviceChoice = DeviceChoice.AUTO) -> Device:
    """Starts the framework. Called again, it gives what is open already; kernels need no handle."""
    global _open
    if _open is not None and choice in (DeviceChoice.AUTO, _open.choice):
        return _open
    _open = None  # trying another device, even in vain, closes the one that is open
    notes: list[str] = []
    wanted = (*_AUTO, DeviceChoice.CPU) if choice is DeviceChoice.AUTO else (choice,)
    for candidate in wanted:
        reason = _try(candidate)
        if reason is None:
            _open = Device(choice=candidate, note="; ".join(notes))
            return _open
        notes.append(f"{candidate.value}: {reason}")
    raise EngineError(
        "device_missing",
        f"The device “{choice.value}” can't be used here: {notes[-1]}.",
        exit_code=Exit.ENVIRONMENT,
        advice="Choose “auto” or “cpu”.",
    )


def _try(candidate: DeviceChoice) -> str | None:
    """None if the device works, else the reason."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints which device it starts on
            qd.init(arch=_ARCHS[candidate], log_level=qd.ERROR, offline_cache=True, enable_fallback=False)
        # A processor is trusted: its share is held by the tests, and a GPU has to earn it on every start.
        if candidate is not DeviceChoice.CPU and selftest.share_right() < RIGHT_SHARE:
            return "it computes wrong numbers"
        return None
    except Exception as error:  # the framework raises many kinds
        return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def warm(choice: DeviceChoice = DeviceChoice.AUTO) -> Device:
    """Opens the device and compiles what the depth stage needs (seconds the first time, then cached on disk).

    May run in a thread while nothing else uses the device: join it before the first stage that does.
    """
    device = open_device(choice)
    selftest.share_right()
    return device
