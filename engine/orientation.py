"""How a photo lies in its file, and turning it upright. No imaging library: it must serve where they are missing too."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from .datatypes import U8
from .tiff import ORIENTATION, Directory, read_exif

MOST_SEGMENTS = 40  # of a JPEG's head; cameras write a few
UPRIGHT = 1


def orientation_of(tags: Directory) -> int:
    """1 to 8; what means nothing is 1."""
    value = tags.number(ORIENTATION)
    return int(value) if value in range(1, 9) else UPRIGHT


def orientation_in(path: Path) -> int:
    """Of a JPEG or a TIFF, by its EXIF; of all else, and where that is broken, 1."""
    try:
        with open(path, "rb") as handle:
            if handle.read(2) != b"\xff\xd8":
                return orientation_of(read_exif(handle, (ORIENTATION,)))
            for _ in range(MOST_SEGMENTS):
                marker, size = handle.read(2), int.from_bytes(handle.read(2), "big") - 2
                if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0xD9, 0xDA) or size < 0:
                    break
                if marker[1] != 0xE1:
                    handle.seek(size, 1)
                    continue
                block = handle.read(size)
                if block.startswith(b"Exif\0\0"):
                    return orientation_of(read_exif(io.BytesIO(block[6:]), (ORIENTATION,)))
    except OSError:
        pass
    return UPRIGHT


def turned(pixels: U8, orientation: int) -> U8:
    """As stored ─► upright, by the EXIF orientation."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    upright: U8 = np.ascontiguousarray(pixels)
    return upright
