"""Made-up wheels of the pack's libraries, a few hundred bytes each: names and versions are real, what is in them is not."""

from __future__ import annotations

import base64
import hashlib
import importlib.machinery
import os
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.pack.pieces import PIECES

TORCH = """
__version__ = "2.13.0+made.up"
class cuda:
    is_available = staticmethod(lambda: False)
"""
STUCK = next(piece for piece in PIECES if piece.name == "torch")


def make(folder: Path, *, leave_out: str = "", torch: str = TORCH) -> Path:
    """All of them in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for piece in PIECES:
        if piece.name == leave_out:
            continue
        files = {f"{piece.module}/__init__.py": torch if piece.name == "torch" else f"name = {piece.name!r}\n"}
        if piece.name == "torch":
            files[f"torch/_C{importlib.machinery.EXTENSION_SUFFIXES[0]}"] = ""
        needs = "Requires-Dist: nothing-that-there-is\n" if piece.bare else ""
        _wheel(folder, piece.name, piece.version, files, needs)
    return folder


def make_stuck(folder: Path, when_pip_stands_still: Callable[[], None]) -> Path:
    """The same, but one wheel is a pipe that nobody writes to: pip stands still in the middle of its work, however fast the machine is.

    Twenty seconds after it was told, pip goes on to a broken wheel: a cancel that does nothing fails its test and does not hang it.
    """
    if not hasattr(os, "mkfifo"):
        pytest.skip("This system has no named pipes to stop pip with.")
    make(folder, leave_out=STUCK.name)
    pipe = folder / f"{STUCK.name.replace('-', '_')}-{STUCK.version}-py3-none-any.whl"
    os.mkfifo(pipe)

    def wait() -> None:
        writer = os.open(pipe, os.O_WRONLY)  # returns once pip has opened the other end
        when_pip_stands_still()
        time.sleep(20.0)
        os.close(writer)

    threading.Thread(target=wait, daemon=True).start()
    return folder


def _wheel(folder: Path, name: str, version: str, files: dict[str, str], needs: str) -> None:
    usual = name.replace("-", "_")
    notes = f"{usual}-{version}.dist-info"
    files = files | {
        f"{notes}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{notes}/WHEEL": "Wheel-Version: 1.0\nGenerator: made-up\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    listed = [f"{path},{_mark(text)},{len(text.encode())}" for path, text in files.items()]
    with zipfile.ZipFile(folder / f"{usual}-{version}-py3-none-any.whl", "w") as zipped:
        for path, text in files.items():
            zipped.writestr(path, text)
        zipped.writestr(f"{notes}/RECORD", "\n".join([*listed, f"{notes}/RECORD,,"]) + "\n")


def _mark(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
