"""The pack into a folder: pip as a child of this interpreter, into a folder aside that is renamed when all of it is there and works.

What an interrupted run left behind: the packages that were loaded are used by the next one, everything half-made is removed first.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..errors import Cancelled, EngineError, Exit
from ..report import Report, Step
from . import pieces
from .pieces import Found, look

CACHE, NEW, OLD, SCRATCH = ".loaded", ".new", ".old", ".scratch"
LEAVINGS = (NEW, OLD, SCRATCH, CACHE)
POLL = 0.1  # seconds
WEIGH = 2.0  # seconds between two looks at how much is there
TRIED_IN = 300.0  # seconds that the first import may take: a virus scanner reads all of it
_TRY = """
import json, sys
sys.path.append(sys.argv[1])
import torch, transformers
mps = getattr(getattr(torch, "backends", None), "mps", None)
device = "cuda" if torch.cuda.is_available() else "mps" if mps and mps.is_available() else "cpu"
print(json.dumps({"torch": str(torch.__version__), "device": device}))
"""


def place_in(home: Path) -> Path:
    """Where the pack lies, below the folder that is its own: another Python wants other files."""
    return home / f"python{sys.version_info.major}.{sys.version_info.minor}"


def install(home: Path, wheels: Path | None, index: str, report: Report) -> tuple[Found, str]:
    """The pack, in `place_in(home)`, and what it computes on. From a folder of wheels, or from pip's index and one more."""
    tidy(home, cache=False)
    check_space(home, pieces.size_here() if wheels is None else _size_of(wheels))
    new, scratch = home / NEW, home / SCRATCH
    scratch.mkdir(parents=True)
    source = (
        ["--isolated", "--no-index", "--find-links", str(wheels)]
        if wheels is not None
        else ["--cache-dir", str(home / CACHE)]
    )
    source += ["--extra-index-url", index] if index and wheels is None else []
    try:
        with report.step("loading", 1000, share=0.9) as step:
            _pip([*source, *pieces.FULL], new, scratch, step, pieces.size_here().disk if wheels is None else 1)
            _pip([*source, "--no-deps", "--ignore-requires-python", *pieces.BARE], new, scratch, step, 0)
        with report.step("trying", share=0.1):
            found = look(new)
            device = _try(new, scratch, report)
        if found.problem:
            raise EngineError("pack_broken", found.problem, exit_code=Exit.ENVIRONMENT, advice="Try again.")
        _put(new, place_in(home))
    except (Cancelled, KeyboardInterrupt):
        tidy(home)
        raise
    except BaseException:
        tidy(home, cache=False)
        raise
    tidy(home)
    return look(place_in(home)), device


def tidy(home: Path, *, cache: bool = True) -> None:
    """Takes away what is not the pack itself; with `cache`, also what was loaded for a run that did not finish."""
    for name in LEAVINGS:
        if cache or name != CACHE:
            shutil.rmtree(home / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        home.rmdir()  # only where nothing is in it


def leavings(home: Path) -> bool:
    """Whether a run was broken off there."""
    return any((home / name).exists() for name in LEAVINGS)


def remove(home: Path) -> None:
    """All of it."""
    shutil.rmtree(home, ignore_errors=True)


def check_space(home: Path, size: pieces.Size) -> None:
    """Says before anything is loaded that the disk is too small."""
    there = home
    while not there.exists() and there != there.parent:
        there = there.parent
    free = shutil.disk_usage(there).free // 1_000_000
    needed = size.disk + size.download
    if free < needed:
        raise EngineError(
            "disk_full",
            f"The disk has {free / 1000:.1f} GB free; the pack needs {needed / 1000:.1f} GB while it is added.",
            exit_code=Exit.RESOURCES,
            file=home,
            advice="Free some space, or point at a folder that has PyTorch already.",
        )


def _size_of(wheels: Path) -> pieces.Size:
    """Unpacked, a wheel takes about three times its size."""
    return pieces.Size(
        download=0, disk=1 + 3 * sum(wheel.stat().st_size for wheel in wheels.glob("*.whl")) // 1_000_000
    )


def pip_command() -> list[str]:
    """This interpreter's pip; where it has none, the one that every Python carries to install itself from, run as it lies there."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-I", "-m", "pip"]
    for folder in _bundles():
        for wheel in sorted(folder.glob("pip-*.whl")):
            return [sys.executable, "-I", str(wheel / "pip")]
    raise EngineError(
        "no_pip",
        "This Blender's Python has no pip, which loads the pack.",
        exit_code=Exit.ENVIRONMENT,
        advice="Use a Blender from blender.org, or point at a folder that has PyTorch.",
    )


def _bundles() -> list[Path]:
    spec = importlib.util.find_spec("ensurepip")
    if spec is None or spec.origin is None:
        return []
    folders = [Path(spec.origin).parent / "_bundled"]
    with contextlib.suppress(ImportError):
        import ensurepip

        elsewhere = getattr(ensurepip, "_WHEEL_PKG_DIR", None)  # Linux distributions keep it apart
        folders += [Path(elsewhere)] if elsewhere else []
    return folders


def _pip(words: Sequence[str], new: Path, scratch: Path, step: Step, expected_mb: int) -> None:
    """One run of pip, told about by how much is there."""
    usual = ["install", "--target", str(new), "--only-binary=:all:", "--no-input", "--no-compile", "--no-color"]
    usual += ["--disable-pip-version-check", "--no-warn-script-location", "--upgrade"]
    child = _start([*pip_command(), *usual, *words], scratch)
    last: deque[str] = deque(maxlen=40)
    reader = threading.Thread(target=_listen, args=(child.stdout, last), daemon=True)
    reader.start()
    weighed = time.monotonic()
    try:
        while child.poll() is None:
            step.check()
            time.sleep(POLL)
            if expected_mb and time.monotonic() - weighed > WEIGH:
                share = min(weight_of(new.parent) / 1e6 / (1.6 * expected_mb), 0.99)  # loaded, then unpacked beside
                step.advance(max(int(1000 * share) - step.done, 0))
                weighed = time.monotonic()
    finally:
        _end(child)
    reader.join(5.0)
    if child.returncode != 0:
        raise _said_by_pip(list(last))


def _start(command: Sequence[str], scratch: Path) -> subprocess.Popen[str]:
    """A child whose scraps land in a folder of ours, and which dies with us where the system knows how."""
    from ..worker import die_with_parent

    surroundings = os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)}
    surroundings.pop("PIP_TARGET", None)
    apart = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
    child: subprocess.Popen[str] = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=surroundings,
        preexec_fn=die_with_parent if sys.platform == "linux" else None,
        **apart,  # type: ignore[call-overload]
    )
    return child


def _listen(stream: IO[str] | None, last: deque[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for line in stream or ():
            print(line.rstrip(), flush=True)  # into the run's log
            if line.strip():
                last.append(line.strip())


def _end(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        child.kill()
        child.wait()


def _said_by_pip(lines: list[str]) -> EngineError:
    """Why pip stopped, as far as its words say so."""
    said = "\n".join(lines)
    if re.search(r"No space left|Errno 28|not enough space", said, re.IGNORECASE):
        return EngineError(
            "disk_full", "The disk is full.", exit_code=Exit.RESOURCES, advice="Free some space and try again."
        )
    unreachable = r"Temporary failure in name|Name or service not known|getaddrinfo|ConnectionError|NewConnectionError|timed out|ProxyError|SSLError|CERTIFICATE|Connection refused|NetworkConnection"
    if re.search(unreachable, said, re.IGNORECASE):
        return EngineError(
            "pack_network",
            "The pack could not be loaded: the network can't be reached, or a firewall is in the way.",
            exit_code=Exit.ENVIRONMENT,
            advice="Check the connection and try again: what was loaded already is kept.",
        )
    if "No matching distribution" in said or "not a supported wheel" in said:
        wanted = re.search(r"No matching distribution found for (\S+)", said)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return EngineError(
            "pack_unfit",
            f"There is no {wanted.group(1) if wanted else 'build'} for this system and Python {python}.",
            exit_code=Exit.ENVIRONMENT,
            advice="Use a Blender from blender.org, or point at a folder that has PyTorch.",
        )
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["it said nothing"]
    return EngineError(
        "pack_failed",
        f"The pack could not be added: {errors[0].removeprefix('ERROR:').strip()[:200].rstrip('.')}.",
        exit_code=Exit.ENVIRONMENT,
        advice="The log says more. Try again, or point at a folder that has PyTorch.",
    )


def _try(new: Path, scratch: Path, report: Report) -> str:
    """Imports it once, in a process of its own: what fails here fails with a sentence and not in the middle of a photo."""
    child = _start([sys.executable, "-I", "-c", _TRY, str(new)], scratch)
    last: deque[str] = deque(maxlen=40)
    reader = threading.Thread(target=_listen, args=(child.stdout, last), daemon=True)
    reader.start()
    ends = time.monotonic() + TRIED_IN
    try:
        while child.poll() is None and time.monotonic() < ends:
            report.check()
            time.sleep(POLL)
    finally:
        _end(child)
    reader.join(5.0)
    for line in reversed(last):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return str(json.loads(line)["device"])
    raise EngineError(
        "pack_broken",
        f"The pack was loaded but does not work here: {(last[-1] if last else 'no answer')[:200].rstrip('.')}.",
        exit_code=Exit.ENVIRONMENT,
        advice="Point at a folder whose PyTorch works on this machine.",
    )


def _put(new: Path, place: Path) -> None:
    """Into its place, whatever was there before out of it."""
    old = place.parent / OLD
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise


def weight_of(folder: Path) -> int:
    """Bytes of all files below."""
    total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(here, name)).st_size
    return total
