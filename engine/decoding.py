"""One file ─► pixels, under limits: format by content, header before decoding, damage noticed, colours made sRGB."""

from __future__ import annotations

import io
import os
import stat
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from .colour import to_bytes, to_srgb
from .datatypes import U8
from .orientation import orientation_of as orientation_of  # part of reading a picture
from .orientation import turned as turned
from .sniffing import sniff
from .tiff import HEIGHT, ORIENTATION, WIDTH, Directory, TiffReader, read_exif

# Decode limits. What goes past them is refused before a byte is decoded.
MAX_PIXELS = 1_000_000_000  # whatever the settings say
MAX_FILE_BYTES = 4_000_000_000
BOMB_PIXELS_PER_BYTE = 500  # beyond it a file too large is called a bomb: photos have 0.1 to 30
BIG_PIXELS = 30_000_000  # files that only decode whole: one at a time from here on, so that memory stays bounded
TAIL = 32  # bytes before a JPEG's end mark, see `load_jpeg_strictly`
MIN_PARTIAL = 0.25  # of a damaged photo's rows must be readable for it to be of use


class Unreadable(Exception):
    """Why a file gives no picture: a code, and a clause that goes on from the file's name ("is damaged")."""

    def __init__(self, code: str, clause: str, advice: str = "") -> None:
        super().__init__(clause)
        self.code, self.clause, self.advice = code, clause, advice


@contextmanager
def regular_file(path: Path) -> Iterator[BinaryIO]:
    """The open file. A device or a pipe is refused without waiting for it."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("not_a_file", "is not a regular file")
        with open(path, "rb") as handle:
            if os.fstat(handle.fileno()).st_size > MAX_FILE_BYTES:
                raise Unreadable("too_large", f"is larger than {MAX_FILE_BYTES / 1e9:.0f} GB")
            yield handle
    except PermissionError as error:
        raise Unreadable("no_permission", "can't be opened: you have no permission to read it") from error
    except FileNotFoundError as error:
        raise Unreadable("gone", "is no longer there") from error


@contextmanager
def open_image(handle: BinaryIO, max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """The header alone, pixels not yet decoded. The plugin is called directly: `Image.open` would try other formats, and
    its limit on pixels is one number for the whole process."""
    handle.seek(0)
    kind = sniff(handle.read(16))
    handle.seek(0)
    if kind is None:
        raise Unreadable("unreadable", "is not a picture that can be read")
    if kind == "TIFF":
        _check_tiff(handle, max_pixels)
    try:
        image = _plugin(kind, handle)
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:  # Pillow's own limit for TIFF and WebP
        raise Unreadable("too_large", "is too large to be read", "Scale it down and run again.") from error
    except Exception as error:
        other = _by_opencv(handle) if kind == "TIFF" else None
        if other is None:
            if "too large" in str(error).lower():  # Pillow's caps on a PNG's compressed text
                raise Unreadable("bomb", "looks like a decompression bomb") from error
            raise Unreadable("unreadable", "is damaged: it can't be read") from error
        image = other
    check_pixels(image.width, image.height, _size_of(handle), max_pixels)
    try:
        yield image
    finally:
        image.close()


def _plugin(kind: str, handle: BinaryIO) -> Image.Image:
    if kind == "JPEG":
        return JpegImagePlugin.JpegImageFile(handle)
    if kind == "PNG":
        return PngImagePlugin.PngImageFile(handle)
    if kind == "TIFF":
        return _as_stored(TiffImagePlugin.TiffImageFile(handle))
    return WebPImagePlugin.WebPImageFile(handle)


def _as_stored(image: TiffImagePlugin.TiffImageFile) -> Image.Image:
    """Pillow turns TIFFs upright by itself, and no other format: this keeps them as they are, for `turned` to turn."""
    if image.tag_v2.get(ORIENTATION, 1) != 1:
        image.getexif()[ORIENTATION] = 1
        image._size = (image.tag_v2[WIDTH], image.tag_v2[HEIGHT])
    return image


def check_pixels(width: int, height: int, file_bytes: int, max_pixels: int) -> None:
    """Refuses what is too large to decode."""
    pixels = width * height
    if pixels <= min(max_pixels, MAX_PIXELS):
        return
    if pixels > BOMB_PIXELS_PER_BYTE * max(file_bytes, 1):
        raise Unreadable("bomb", f"looks like a decompression bomb: {width} × {height} pixels in {file_bytes:,} bytes")
    raise Unreadable(
        "too_large",
        f"is too large: {pixels / 1e6:,.0f} megapixels, and at most {max_pixels / 1e6:,.0f} are read",
        "Scale it down and run again.",
    )


def _size_of(handle: BinaryIO) -> int:
    place = handle.tell()
    size = handle.seek(0, os.SEEK_END)
    handle.seek(place)
    return size


def _check_tiff(handle: BinaryIO, max_pixels: int) -> None:
    """Before Pillow reads every tag: their sizes must fit into the file, else many would share the same bytes."""
    try:
        reader = TiffReader(handle)
        tags = reader.directory(reader.first, (WIDTH, HEIGHT))
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable("unreadable", "is damaged: it can't be read") from error
    size = _size_of(handle)
    if tags.claimed_bytes > size + 4096:
        raise Unreadable("bomb", "looks like a decompression bomb: its tags claim more than the file holds")
    if tags.number(WIDTH) > 0 and tags.number(HEIGHT) > 0:
        check_pixels(int(tags.number(WIDTH)), int(tags.number(HEIGHT)), size, max_pixels)
    handle.seek(0)


def _by_opencv(handle: BinaryIO) -> Image.Image | None:
    """A TIFF of a kind that Pillow doesn't know (32-bit colour, odd bit depths); its size was checked before."""
    handle.seek(0)
    try:
        pixels = cv2.imdecode(np.frombuffer(handle.read(), np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        return None
    if pixels is None or pixels.ndim != 3:
        return None
    return Image.fromarray(np.ascontiguousarray(to_bytes(pixels)[:, :, ::-1]))


def exif_of(image: Image.Image, handle: BinaryIO, wanted: Collection[int]) -> Directory:
    """The wanted EXIF tags of an open image, first values only. Never fails: what is broken is left out."""
    if image.format == "TIFF":
        return read_exif(handle, wanted)
    block = image.info.get("exif")
    if not isinstance(block, bytes):
        return Directory()
    return read_exif(io.BytesIO(block.removeprefix(b"Exif\0\0")), wanted)


def holds_more(image: Image.Image) -> bool:
    """Whether the file has further pictures: pages, animation, or a second view (not a phone's depth or gain map)."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        try:
            entries = (image._getmp() or {}).get(0xB002, [])
            kinds = [entry["Attribute"]["MPType"] for entry in entries]
        except Exception:
            return False
        return any(kind.startswith("Multi-Frame") for kind in kinds)
    return bool(getattr(image, "is_animated", False))


def load(image: Image.Image, *, partial: bool) -> int:
    """Decodes. Gives the number of rows that are real: all, or with `partial` perhaps fewer, the rest is black.

    Pillow's own switch for damaged files holds for the whole process, so it stays off: what was decoded before the
    error is still in the image, and dropping the tiles that are left makes it accessible.
    """
    with _turn(image):
        try:
            image.load()
            return image.height
        except MemoryError:
            raise
        except Exception as error:
            damaged = Unreadable(
                "damaged", "is damaged: only a part of it can be read", "Copy it from the camera again."
            )
            # A JPEG that goes on after the fault is wrong from there on, and nobody knows where that is.
            ends_early = image.format != "JPEG" or "truncated" in str(error)
            if not partial or not ends_early or not isinstance(image, ImageFile.ImageFile):
                raise damaged from error
            image.tile = []
            try:
                image.load()
            except Exception:
                raise damaged from error
    filled = np.asarray(image.convert("L")).max(axis=1) > 0
    rows = image.height - int(np.argmax(filled[::-1])) if filled.any() else 0
    if rows < MIN_PARTIAL * image.height:
        raise Unreadable("damaged", "is damaged: too little of it can be read")
    return rows


class _TailApart(io.RawIOBase):
    """A file that never gives its last bytes together with what comes before them, and remembers whether they were asked for."""

    def __init__(self, handle: BinaryIO, tail: int) -> None:
        self._handle, self._tail = handle, tail
        self.tail_read = False

    def read(self, size: int = -1) -> bytes:
        place = self._handle.tell()
        if place < self._tail:
            return self._handle.read(min(size, self._tail - place) if size >= 0 else self._tail - place)
        self.tail_read = True
        return self._handle.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._handle.seek(offset, whence)

    def tell(self) -> int:
        return self._handle.tell()


def load_jpeg_strictly(image: ImageFile.ImageFile, handle: BinaryIO, *, partial: bool) -> int:
    """`load`, which also notices damage that the JPEG decoder silently makes up for.

    An intact picture needs the file up to its end mark. With garbage inside, the decoder has all pixels together too
    early, or takes the garbage for the end, and doesn't ask for the last bytes.
    """
    end = _end_of_jpeg(handle)
    if end is None:
        return load(image, partial=partial)
    fed = _TailApart(handle, end - TAIL)
    image.fp = fed  # type: ignore[assignment]
    rows = load(image, partial=partial)
    if not fed.tail_read:
        raise Unreadable("damaged", "is damaged: a part of it is garbled", "Copy it from the camera again.")
    return rows


def _end_of_jpeg(handle: BinaryIO) -> int | None:
    """Where the end mark of the first picture lies. None in a file without one."""
    place = handle.tell()
    handle.seek(0)
    data = handle.read()
    handle.seek(place)
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    end = data.find(b"\xff\xd9", at)
    return end if end > at + TAIL else None


_ONE_AT_A_TIME = threading.Lock()


def _turn(image: Image.Image) -> AbstractContextManager[Any]:
    whole = image.format != "JPEG" and image.width * image.height > BIG_PIXELS
    return _ONE_AT_A_TIME if whole else nullcontext()


def read_rgb(image: Image.Image, width: int, height: int, *, partial: bool = False) -> U8:
    """(height, width, 3) sRGB, as stored (not turned)."""
    image.draft("RGB", (width, height))
    load(image, partial=partial)
    pixels = np.asarray(to_srgb(_reduced(image, width, height)))
    return _resized(pixels, width, height)


def read_grey(image: Image.Image, handle: BinaryIO, max_side: int, *, partial: bool = False) -> tuple[U8, int, int]:
    """(H, W) luma, as stored, at most `max_side` on the longer side; the rows that are real, of how many decoded rows.

    It is the first look at a file, so it is strict about damage.
    """
    scale = min(1.0, max_side / max(image.size))
    width, height = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    image.draft("L", (width, height))
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        rows = load_jpeg_strictly(image, handle, partial=partial)
    else:
        rows = load(image, partial=partial)
    decoded = image.height
    image = _reduced(image, width, height)
    pixels = np.asarray(image if image.mode == "L" else to_srgb(image).convert("L"))
    return _resized(pixels, width, height), rows, decoded


def alpha_of(image: Image.Image) -> U8 | None:
    """(H, W) of a decoded image, as stored; None where it has no transparency or is opaque all over."""
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    if "A" not in image.getbands():
        return None
    alpha = np.asarray(image.getchannel("A"), np.uint8)
    return None if int(alpha.min()) == 255 else alpha


def _reduced(image: Image.Image, width: int, height: int) -> Image.Image:
    """Averages whole blocks first where much smaller pixels are wanted: colour conversion then costs little."""
    factor = min(image.width // width, image.height // height)
    if factor < 2 or image.mode not in ("L", "LA", "RGB", "RGBA", "RGBX", "CMYK"):
        return image
    small = image.reduce(factor)
    small.info = dict(image.info)
    return small


def _resized(pixels: U8, width: int, height: int) -> U8:
    if pixels.shape[:2] != (height, width):
        shrinks = width <= pixels.shape[1] and height <= pixels.shape[0]
        pixels = np.asarray(
            cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
        )
    return pixels
