"""Peak memory of this process, per stage where the system can reset it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Starts a new peak (Linux; elsewhere the peak is the process's so far)."""
    if _CLEAR.exists():
        with contextlib.suppress(OSError):
            _CLEAR.write_text("5")


def peak_mb() -> float:
    """The highest resident memory since `reset_peak`, in MB."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        return _windows_peak_mb()
    import resource

    return _mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def helpers_peak_mb() -> float:
    """The highest memory of any one helper process that has ended so far, in MB; Windows doesn't tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    return _mb(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _mb(maxrss: int) -> float:
    return maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _windows_peak_mb() -> float:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = [("cb", wintypes.DWORD), ("faults", wintypes.DWORD)] + [
            (name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "pagefile", "peak_pagefile")
        ]

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    windll = ctypes.windll  # type: ignore[attr-defined]
    windll.psapi.GetProcessMemoryInfo(windll.kernel32.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return float(counters.peak) / 2**20
