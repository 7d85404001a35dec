"""Writes OpenEXR: scanlines, half or float, any channels and layers, ZIP-packed; our own, since OpenCV's wheel has none.

A channel of a layer is named LAYER.CHANNEL: "front.R", "front.Z". Without a layer: "R", "G", "B", "A", "Z", or "Y" for a grey picture.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION, LONG_NAMES = 20000630, 2, 0x400
HALF, FLOAT = 1, 2
ZIP = 3  # sixteen scanlines to a block
BLOCK = 16
LEVEL = 2  # of compression: a higher one takes several times as long for a few percent of the bytes
THREADS = 4

Planes = Mapping[str, NDArray[Any]]


def write_exr(path: Path, planes: Planes, check: Callable[[], None] = lambda: None) -> None:
    """`planes`: (H, W) by channel name, all of one size; float16 is written as half, all else as 32-bit float."""
    named = sorted((name.encode(), _stored(plane)) for name, plane in planes.items())
    shape = named[0][1].shape
    if any(plane.shape != shape or plane.ndim != 2 for _, plane in named):
        raise ValueError("the channels of a picture must be of one size")
    height, width = shape
    starts = range(0, height, BLOCK)
    with open(path, "wb") as handle:
        handle.write(_header(named, width, height))
        table = handle.tell()
        handle.write(bytes(8 * len(starts)))
        offsets = []
        for first, data in _blocks([plane for _, plane in named], starts, check):
            offsets.append(handle.tell())
            handle.write(struct.pack("<iI", first, len(data)) + data)
        handle.seek(table)
        handle.write(struct.pack(f"<{len(offsets)}Q", *offsets))


def _stored(plane: NDArray[Any]) -> NDArray[Any]:
    return plane.astype("<f2" if plane.dtype == np.float16 else "<f4", copy=False)


def _header(named: list[tuple[bytes, NDArray[Any]]], width: int, height: int) -> bytes:
    channels = b"".join(
        name + b"\0" + struct.pack("<iB3xii", HALF if plane.dtype.itemsize == 2 else FLOAT, 0, 1, 1)
        for name, plane in named
    )
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    attributes = (
        (b"channels", b"chlist", channels + b"\0"),
        (b"compression", b"compression", bytes([ZIP])),
        (b"dataWindow", b"box2i", window),
        (b"displayWindow", b"box2i", window),
        (b"lineOrder", b"lineOrder", b"\0"),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        (b"screenWindowCenter", b"v2f", struct.pack("<2f", 0, 0)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1)),
    )
    long = LONG_NAMES if any(len(name) > 31 for name, _ in named) else 0
    body = b"".join(
        name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value for name, kind, value in attributes
    )
    return struct.pack("<ii", MAGIC, VERSION | long) + body + b"\0"


def _blocks(planes: list[NDArray[Any]], starts: range, check: Callable[[], None]) -> Iterator[tuple[int, bytes]]:
    """In order; packing lets go of the interpreter, so a few threads share it, a round at a time to bound the memory."""
    workers = min(THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        for at in range(0, len(starts), 4 * workers):
            check()
            some = starts[at : at + 4 * workers]
            yield from zip(some, pool.map(lambda first: _packed(planes, first), some), strict=True)


def _packed(planes: list[NDArray[Any]], first: int) -> bytes:
    """A line of each channel after another; then even bytes, then odd ones, each as its difference from the one before."""
    rows = [np.ascontiguousarray(plane[first : first + BLOCK]).view(np.uint8) for plane in planes]
    raw = np.concatenate(rows, axis=1).ravel()
    apart = np.concatenate([raw[0::2], raw[1::2]])
    steps = apart.copy()
    steps[1:] = apart[1:] - apart[:-1] + np.uint8(128)  # bytes: it wraps, as the format wants
    packed = zlib.compress(steps.data, LEVEL)
    return packed if len(packed) < raw.size else raw.tobytes()
