"""Writes a picture as PNG a strip at a time: a large texture is not copied for it, and a cancel is heard in between."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np

from ..datatypes import U8, U16

STRIP = 256  # rows
LEVEL = 3  # of compression: a higher one takes several times as long for a tenth of the bytes
_UP = 2  # each row as its difference from the one above: photos pack well so
_GREY, _COLOUR = 0, 2


def write_png(path: Path, pixels: U8 | U16, check: Callable[[], None] = lambda: None) -> None:
    """(H, W, 3) colours or (H, W) grey, 8 or 16 bits each, the first row on top."""
    height, width = pixels.shape[:2]
    bits = 8 * pixels.dtype.itemsize
    stored = pixels if bits == 8 else np.ascontiguousarray(pixels, ">u2").view(np.uint8)
    flat = stored.reshape(height, -1)
    packer = zlib.compressobj(LEVEL)
    with open(path, "wb") as handle:
        handle.write(b"\x89PNG\r\n\x1a\n")
        kind = _COLOUR if pixels.ndim == 3 else _GREY
        _chunk(handle, b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
        for first in range(0, height, STRIP):
            check()
            strip = flat[first : first + STRIP]
            rows = np.empty((len(strip), 1 + flat.shape[1]), np.uint8)
            rows[:, 0] = _UP
            rows[0, 1:] = strip[0] - flat[first - 1] if first else strip[0]
            np.subtract(strip[1:], strip[:-1], out=rows[1:, 1:])
            _chunk(handle, b"IDAT", packer.compress(rows.data))
        _chunk(handle, b"IDAT", packer.flush())
        _chunk(handle, b"IEND", b"")


def _chunk(handle: IO[bytes], kind: bytes, data: bytes) -> None:
    if data or kind == b"IEND":
        handle.write(struct.pack(">I", len(data)) + kind)
        handle.write(data)
        handle.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
