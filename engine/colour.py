"""Whatever colours a file has ─► 8-bit sRGB: profiles, deep pixels, palettes, print inks."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from .datatypes import U8


def to_srgb(image: Image.Image) -> Image.Image:
    """Mode RGB (or what was L, as three equal channels), through the file's colour profile where it has one."""
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "PA", "1"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    elif image.mode in ("LA", "La"):
        image = image.getchannel("L")
    elif image.mode.startswith(("I", "F")):
        image = Image.fromarray(to_bytes(np.asarray(image)))
    elif image.mode in ("RGBA", "RGBX", "RGBa"):
        image = image.convert("RGBA").convert("RGB") if image.mode == "RGBa" else image.convert("RGB")
    transform = _transform(profile if isinstance(profile, bytes) else b"", image.mode)
    if transform is not None:
        try:
            return ImageCms.applyTransform(image, transform) or image.convert("RGB")
        except (ImageCms.PyCMSError, ValueError):
            pass
    return image.convert("RGB")


def is_srgb(image: Image.Image) -> bool:
    """Whether its pixels mean sRGB as they are."""
    profile = image.info.get("icc_profile")
    return _transform(profile if isinstance(profile, bytes) else b"", image.mode) is None


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from a profile to sRGB; None where there is nothing to do, or the profile can't be used."""
    if mode not in ("RGB", "L", "CMYK", "LAB") or (not profile and mode != "LAB"):
        return None
    try:
        if mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(source).lower():
                return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def to_bytes(values: NDArray[Any]) -> U8:
    """Deep pixels to 8 bits, by the same rule for every photo: 16-bit integers by their upper byte, floats from 0..1."""
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    if values.dtype.kind == "f":
        top = float(np.nanmax(values, initial=0.0))
        unit = 1.0 if top <= 4.0 else 255.0 if top <= 255.0 else 65535.0
        return np.asarray(np.round(np.clip(np.nan_to_num(values) / unit, 0, 1) * 255), np.uint8)
    deep = values if values.dtype == np.uint16 else values.clip(0, 65535).astype(np.uint16)
    upper: U8 = ((np.arange(65536) * 255 + 32767) // 65535).astype(np.uint8)
    return np.asarray(upper[deep], np.uint8)
