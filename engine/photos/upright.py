"""A small upright picture of a photo that lies on its side: what shows files as they are stored would show it lying."""

from __future__ import annotations

from pathlib import Path

from .. import decoding
from ..datatypes import U8
from ..decoding import Unreadable
from ..tiff import ORIENTATION


def upright_picture(path: Path, side: int) -> U8 | None:
    """(H, W, 3) sRGB, at most `side` on the longer side. None where the file is upright as it lies, or can't be read."""
    try:
        with decoding.regular_file(path) as handle, decoding.open_image(handle) as image:
            orientation = decoding.orientation_of(decoding.exif_of(image, handle, (ORIENTATION,)))
            if orientation == 1:
                return None
            scale = min(side / max(image.size), 1.0)
            width, height = (max(round(length * scale), 1) for length in image.size)
            return decoding.turned(decoding.read_rgb(image, width, height), orientation)
    except (Unreadable, OSError, ValueError, SyntaxError, MemoryError):
        return None
