"""What this machine is: system, memory, disk, libraries. Standard library alone, so that it can speak where those are missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LIBRARIES = {  # what is imported ─► the package that brings it
    "numpy": "numpy",
    "pycolmap": "pycolmap",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "quadrants": "quadrants",
    "fast_simplification": "fast-simplification",
}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Figures that a bug report needs too. Memory and disk in GB; None where the system does not say."""

    system: str
    python: str
    cores: int
    memory_gb: float | None
    memory_free_gb: float | None
    disk_free_gb: float | None
    libraries: dict[str, str]  # package ─► version; "" where it is missing

    @property
    def missing(self) -> list[str]:
        """The packages that are not there."""
        return [name for name, version in self.libraries.items() if not version]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def look(folder: Path) -> Machine:
    """This machine; `folder` says which disk is meant."""
    memory, free = _memory_gb()
    return Machine(
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        cores=usable_cores(),
        memory_gb=memory,
        memory_free_gb=free,
        disk_free_gb=_disk_free_gb(folder),
        libraries={package: _version(module, package) for module, package in LIBRARIES.items()},
    )


def usable_cores() -> int:
    """Those that this process may use: a container may have fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(module: str, package: str) -> str:
    if importlib.util.find_spec(module) is None:
        return ""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "there, version unknown"


def _disk_free_gb(folder: Path) -> float | None:
    for there in (folder, *folder.parents):  # the folder itself may not be made yet
        try:
            return round(shutil.disk_usage(there).free / 1e9, 1)
        except OSError:
            continue
    return None


def _memory_gb() -> tuple[float | None, float | None]:
    """All of it, and what is free."""
    if sys.platform == "win32":
        return _windows_memory_gb()
    try:
        page = os.sysconf("SC_PAGE_SIZE") / 1e9
        total = round(os.sysconf("SC_PHYS_PAGES") * page, 1)
    except (ValueError, OSError):
        return None, None
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        free = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return total, None
    return total, round(free / 1e6, 1)


def _windows_memory_gb() -> tuple[float | None, float | None]:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong)
            for name in ("total", "free", "pages", "pages_free", "space", "space_free", "more")
        ]

    status = Status()
    status.length = ctypes.sizeof(status)
    windll = ctypes.windll  # type: ignore[attr-defined]
    if not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None, None
    return round(status.total / 1e9, 1), round(status.free / 1e9, 1)
