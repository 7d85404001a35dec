"""Files and folders ─► the photos in them, before anything is decoded: what an artist's list shows, in the order that a run takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..report import Report
from . import formats
from .gather import gather


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One file. `fault` is empty where it may be a photo; else it goes on from the file's name ("is a HEIC photo")."""

    path: Path
    fault: str = ""
    advice: str = ""


def list_photos(paths: Sequence[Path]) -> list[Listed]:
    """EngineError where a path leads nowhere. Only files whose names don't say what they are get opened."""
    found = []
    for file in gather(paths, None, Report()):
        if formats.claims_photo(file.path):
            found.append(Listed(path=file.path))
            continue
        kind = _kind(file.path)
        if kind.usable:
            found.append(Listed(path=file.path))
        elif kind.is_picture or file.named:
            found.append(Listed(path=file.path, fault=f"is {kind.what}", advice=kind.advice))
    return found


def _kind(path: Path) -> formats.Kind:
    try:
        with open(path, "rb") as handle:
            return formats.kind_of(handle.read(formats.HEAD_BYTES), path)
    except OSError:
        return formats.UNKNOWN
