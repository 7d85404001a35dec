"""EXR and 16-bit PNG hold what was put in, bit by bit. (That Blender reads them: tests/blender/test_in_exr.py.)"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import Cancelled
from engine.export.exr import write_exr
from engine.export.png import write_png


def read_exr(path: Path) -> dict[str, np.ndarray]:
    """As little of a reader as these files need."""
    data = path.read_bytes()
    assert struct.unpack_from("<i", data)[0] == 20000630
    at, values = 8, {}
    while data[at]:
        name, at = _word(data, at)
        _, at = _word(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        values[name], at = data[at + 4 : at + 4 + size], at + 4 + size
    channels, place = [], 0
    while values["channels"][place]:
        name, place = _word(values["channels"], place)
        channels.append((name, "<f2" if values["channels"][place] == 1 else "<f4"))
        place += 16
    x0, y0, x1, y1 = struct.unpack("<4i", values["dataWindow"])
    width, height = x1 - x0 + 1, y1 - y0 + 1
    planes = {name: np.zeros((height, width), kind) for name, kind in channels}
    row = width * sum(np.dtype(kind).itemsize for _, kind in channels)
    for offset in struct.unpack_from(f"<{-(-height // 16)}Q", data, at + 1):
        first, size = struct.unpack_from("<iI", data, offset)
        raw, full = data[offset + 8 : offset + 8 + size], row * min(16, height - first)
        if size < full:
            steps = np.frombuffer(zlib.decompress(raw), np.uint8).astype(np.int64)
            steps[1:] -= 128
            apart = np.cumsum(steps).astype(np.uint8)
            joined = np.empty(full, np.uint8)
            joined[0::2], joined[1::2] = apart[: -(-full // 2)], apart[-(-full // 2) :]
            raw = joined.tobytes()
        place = 0
        for y in range(first, first + full // row):
            for name, kind in channels:
                planes[name][y] = np.frombuffer(raw, kind, width, place)
                place += width * np.dtype(kind).itemsize
    return planes


def _word(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode(), end + 1


@pytest.mark.parametrize("height", [1, 15, 16, 37, 200])
def test_every_value_comes_back(tmp_path: Path, height: int) -> None:
    rng = np.random.default_rng(height)
    planes = {
        "Y": rng.random((height, 53)).astype(np.float32),
        "front.R": np.linspace(0, 1, height * 53).reshape(height, 53).astype(np.float16),
        "front.Z": np.full((height, 53), 1e10, np.float32),
    }
    write_exr(tmp_path / "a.exr", planes)
    back = read_exr(tmp_path / "a.exr")
    assert set(back) == set(planes) and list(back) == sorted(back)
    for name, plane in planes.items():
        assert back[name].dtype.itemsize == plane.dtype.itemsize and (back[name] == plane).all()


def test_doubles_become_floats_and_sizes_must_agree(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", {"Z": np.arange(6.0).reshape(2, 3)})
    assert read_exr(tmp_path / "a.exr")["Z"].dtype == np.float32
    with pytest.raises(ValueError, match="one size"):
        write_exr(tmp_path / "b.exr", {"R": np.zeros((2, 3)), "G": np.zeros((3, 2))})


def test_a_cancel_is_heard(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_exr(tmp_path / "a.exr", {"Z": np.zeros((400, 400), np.float32)}, stop)


def test_png_of_16_bits(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 65536, (300, 70), dtype=np.uint16)
    write_png(tmp_path / "a.png", grey)
    assert (cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED) == grey).all()
