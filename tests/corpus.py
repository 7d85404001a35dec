"""Makes bad and odd picture files in a folder, each of a stated kind: no file of anyone else's is needed."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

WIDTH, HEIGHT = 480, 360
MAKE, MODEL, ORIENTATION, EXIF = 0x010F, 0x0110, 0x0112, 0x8769
FOCAL_MM, FOCAL_35MM, PLANE_X, PLANE_UNIT, PIXELS_X = 0x920A, 0xA405, 0xA20E, 0xA210, 0xA002


def picture(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(H, W, 3) uint8 that a photo could be: structure at every scale, another for each seed."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cell in (96, 48, 24, 12, 6, 3):
        grid = rng.normal(size=(height // cell + 2, width // cell + 2, 3)) * cell**0.5
        small = [Image.fromarray(grid[..., c].astype(np.float32)) for c in range(3)]
        size = (grid.shape[1] * cell, grid.shape[0] * cell)
        layers = [np.asarray(s.resize(size, Image.Resampling.BICUBIC))[:height, :width] for s in small]
        layer = np.stack(layers, -1)
        total += layer + (2 * cell**0.5 * np.sign(layer) if cell in (12, 24) else 0)  # crisp edges
    return np.asarray((128 + 40 * total / total.std()).clip(1, 255).astype(np.uint8))


def corners(width: int = 400, height: int = 300) -> np.ndarray:
    """A picture that shows how it was turned: red top left, green top right, blue bottom left, white bottom right."""
    out = np.zeros((height, width, 3), np.uint8)
    out[: height // 2, : width // 2] = (230, 20, 20)
    out[: height // 2, width // 2 :] = (20, 200, 20)
    out[height // 2 :, : width // 2] = (20, 20, 230)
    out[height // 2 :, width // 2 :] = (240, 240, 240)
    return out


def exif(**tags: Any) -> Image.Exif:
    """EXIF with `orientation`, `make`, `model` and the tags of the EXIF directory by the names above."""
    out = Image.Exif()
    first = {"orientation": ORIENTATION, "make": MAKE, "model": MODEL}
    inner = {
        "focal_mm": FOCAL_MM,
        "focal_35mm": FOCAL_35MM,
        "plane_x": PLANE_X,
        "plane_unit": PLANE_UNIT,
        "pixels_x": PIXELS_X,
    }
    for name, value in tags.items():
        if name in first:
            out[first[name]] = value
        else:
            out.get_ifd(EXIF)[inner[name]] = value
    return out


def jpeg(seed: int = 0, width: int = WIDTH, height: int = HEIGHT, **more: Any) -> bytes:
    """A good photo's bytes."""
    return encode(picture(seed, width, height), "JPEG", quality=92, **more)


def encode(pixels: np.ndarray, kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **more)
    return out.getvalue()


def stored_as(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels that a camera stores so that the orientation makes them upright. Written apart from the engine's own."""
    if orientation in (2, 3):
        upright = np.fliplr(upright)
    if orientation in (3, 4):
        upright = np.flipud(upright)
    turns: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    return np.ascontiguousarray(turns.get(orientation, lambda a: a)(upright))


def good_set(folder: Path, count: int = 3, start: int = 0) -> list[Path]:
    """Plain photos, as a camera names them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"IMG_{i + 1:04d}.JPG" for i in range(start, start + count)]
    for i, path in enumerate(paths):
        path.write_bytes(jpeg(start + i))
    return paths


def truncated(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


def garbled(data: bytes, count: int = 300, seed: int = 0) -> bytes:
    """A JPEG of the right length with random bytes in its picture data."""
    rng = np.random.default_rng(seed)
    out = bytearray(data)
    begin = data.find(b"\xff\xda") + 16
    for at in rng.integers(begin + (len(data) - begin) // 4, len(data) - 100, count):
        out[at] = rng.integers(256)
    return bytes(out)


def png_bomb(width: int = 65_535, height: int = 65_535) -> bytes:
    """A 1-bit PNG of four thousand megapixels in a few hundred bytes."""
    body = zlib.compress(bytes(1 << 16))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
            (b"IDAT", body),
            (b"IEND", b""),
        )
    )


def png_text_bomb(megabytes: int = 80) -> bytes:
    """A small PNG whose comment inflates to many megabytes."""
    data = encode(picture(), "PNG")
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(megabytes << 20), 9))
    return data[:33] + text + data[33:]


def tiff_bomb(entries: int = 4000) -> bytes:
    """A small TIFF whose many tags all claim the same megabyte."""
    rows = [struct.pack("<HHII", 40_000 + i, 1, 1_000_000, 8) for i in range(entries)]
    table = struct.pack("<H", len(rows)) + b"".join(rows) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 1_000_008) + bytes(1_000_000) + table


def wide_profile() -> bytes:
    """An ICC profile whose red, green and blue are sRGB's green, blue and red: easily told apart from no conversion."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    places = {data[132 + 12 * i : 136 + 12 * i].decode(): 136 + 12 * i for i in range(count)}
    r, g, b = (bytes(data[places[k] : places[k] + 8]) for k in ("rXYZ", "gXYZ", "bXYZ"))
    for name, value in (("rXYZ", g), ("gXYZ", b), ("bXYZ", r)):
        data[places[name] : places[name] + 8] = value
    return bytes(data).replace("sRGB".encode("utf-16-be"), "abcd".encode("utf-16-be")).replace(b"sRGB", b"abcd")


def jpeg_with_exif_block(block: bytes, seed: int = 0) -> bytes:
    """A good photo with this for its EXIF, however wrong."""
    data = jpeg(seed)
    payload = b"Exif\0\0" + block
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + data[2:]


EXIF_BLOCKS = {
    "empty": b"",
    "cyclic": b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, EXIF, 4, 1, 8, 8),
    "offset": b"II*\0" + struct.pack("<I", 0xFFFFFFF0),
    "count": b"MM\0*\0\0\0\x08\xff\xff" + bytes(40),
    "maker": b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x927C, 7, 0xFFFFFFFF, 26, 0) + bytes(60_000),
    "words": b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, ORIENTATION, 2, 1, 0x41414141, 0),
}

OTHER_FORMATS = {
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    "fits": b"SIMPLE  =                    T / conforms" + bytes(200),
}
CONVERTIBLE = {
    "photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
    "photo.avif": b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + bytes(100),
    "photo.cr2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(100),
    "photo.cr3": b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom" + bytes(100),
    "photo.nef": b"MM\0*\0\0\0\x08\0\0" + bytes(100),
    "photo.raf": b"FUJIFILMCCD-RAW 0201FF" + bytes(100),
    "photo.gif": b"GIF89a\x10\0\x10\0" + bytes(100),
    "photo.exr": b"v/1\x01" + bytes(100),
}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
