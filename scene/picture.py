"""A picture as the bytes of a PNG, made with the standard library and NumPy alone, so that a thread may do it anywhere.

Blender encodes and converts pictures on the main thread (a 4K texture holds it for most of a second). Handed the bytes of a
file instead, it reads them when it first shows them.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from ..engine.datatypes import U8

_COLOUR = {3: 2, 4: 6}  # a PNG's colour type by its channels
_UP = 2  # each row as its difference from the one above: photos pack well so, and NumPy does it in one go


def png_bytes(pixels: U8) -> bytes:
    """(H, W, 3), or (H, W, 4) with straight alpha; the first row on top."""
    height, width, channels = pixels.shape
    flat = np.ascontiguousarray(pixels).reshape(height, -1)
    rows = np.empty((height, 1 + flat.shape[1]), np.uint8)
    rows[:, 0] = _UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR[channels], 0, 0, 0)
    body = zlib.compress(rows.data, 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
