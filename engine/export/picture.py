"""A photo's own bytes for a glTF file: as they are where every reader sees them upright and in sRGB, else an upright PNG."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
from PIL import Image

from .. import decoding
from ..colour import is_srgb
from ..datatypes import Photo
from ..images import load_photo

MIME = {"JPEG": "image/jpeg", "PNG": "image/png"}
PACKING = 2  # of a PNG: a higher one takes seconds for a tenth of the bytes


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A picture inside another file."""

    data: bytes
    mime: str
    original: bool  # the photo's own bytes


def picture_for_glb(photo: Photo) -> Embedded:
    """Never resampled: the photo's own bytes, or the same pixels packed without loss."""
    with decoding.regular_file(photo.path) as handle, decoding.open_image(handle) as image:
        if photo.orientation == 1 and image.format in MIME and _plain(image):
            handle.seek(0)
            return Embedded(data=handle.read(), mime=MIME[image.format], original=True)
    pixels = load_photo(photo, photo.width, photo.height)
    done, data = cv2.imencode(".png", pixels[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, PACKING])
    assert done
    return Embedded(data=data.tobytes(), mime=MIME["PNG"], original=False)


def _plain(image: Image.Image) -> bool:
    """8-bit colour or grey in sRGB, as glTF asks: other bits, inks and profiles are shown wrongly by most readers."""
    return image.mode in ("RGB", "RGBA", "L") and is_srgb(image)
