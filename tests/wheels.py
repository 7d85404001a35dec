"""Made-up wheels of the pack's libraries, a few hundred bytes each: names and versions are real, what is in them is not."""

from __future__ import annotations

import base64
import hashlib
import importlib.machinery
import zipfile
from pathlib import Path

from engine.pack.pieces import PIECES

TORCH = """
__version__ = "2.13.0+made.up"
class cuda:
    is_available = staticmethod(lambda: False)
"""


def make(folder: Path, *, leave_out: str = "", torch: str = TORCH, slow: bool = False) -> Path:
    """All of them in a folder. `slow`: there is a chain of wheels that pip needs a while for."""
    folder.mkdir(parents=True, exist_ok=True)
    for piece in PIECES:
        if piece.name == leave_out:
            continue
        files = {f"{piece.module}/__init__.py": torch if piece.name == "torch" else f"name = {piece.name!r}\n"}
        if piece.name == "torch":
            files[f"torch/_C{importlib.machinery.EXTENSION_SUFFIXES[0]}"] = ""
        needs = "Requires-Dist: nothing-that-there-is\n" if piece.bare else ""
        needs += "Requires-Dist: slow-part\n" if slow and piece.name == "torch" else ""
        _wheel(folder, piece.name, piece.version, files, needs)
    if slow:
        _wheel(folder, "slow-part", "1.0", {f"slow_part/{n:05}.py": "x = 1\n" for n in range(30_000)}, "")
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
