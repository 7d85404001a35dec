"""Textures as arrays: filled beyond the charts, packed, halved, and given to Blender and to the disk."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image

JPEG_QUALITY = 88


def fill(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(H, W, C): what is not known takes the colour around it, near first, then ever farther: no mip level and no miss is black."""
    height, width = known.shape
    weight = known.astype(np.float32)
    levels = [(values * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 1:
        total, count = levels[-1]
        h, w = count.shape[0] // 2 * 2, count.shape[1] // 2 * 2
        total = total[:h, :w].reshape(h // 2, 2, w // 2, 2, -1).sum((1, 3))
        count = count[:h, :w].reshape(h // 2, 2, w // 2, 2).sum((1, 3))
        seen = count > 0
        levels.append(
            (np.where(seen[..., None], total / np.maximum(count, 1e-9)[..., None], 0), seen.astype(np.float32))
        )
    filled = levels[-1][0]
    for total, count in reversed(levels[:-1]):
        wide = np.repeat(np.repeat(filled, 2, 0), 2, 1)
        pad = [(0, max(count.shape[0] - wide.shape[0], 0)), (0, max(count.shape[1] - wide.shape[1], 0)), (0, 0)]
        wide = np.pad(wide, pad, mode="edge")[: count.shape[0], : count.shape[1]]
        filled = np.where((count > 0)[..., None], total, wide)
    return filled.reshape(height, width, -1).astype(np.float32)


def halve(values: np.ndarray) -> np.ndarray:
    """(H, W, C) at half the size."""
    h, w, c = values.shape
    return values.reshape(h // 2, 2, w // 2, 2, c).mean((1, 3))


def double(values: np.ndarray) -> np.ndarray:
    """(H, W, C) at twice the size, smoothly."""
    for axis in (0, 1):
        before = np.concatenate([values.take([0], axis), values.take(range(values.shape[axis] - 1), axis)], axis)
        after = np.concatenate([values.take(range(1, values.shape[axis]), axis), values.take([-1], axis)], axis)
        both = np.stack([0.75 * values + 0.25 * before, 0.75 * values + 0.25 * after], axis + 1)
        shape = list(values.shape)
        shape[axis] *= 2
        values = both.reshape(shape)
    return values


def pixels_of(image: Image) -> np.ndarray:
    """(H, W, 4), the lowest row first as Blender keeps it."""
    found = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(image.size[1], image.size[0], 4)


def write(pixels: np.ndarray, path: Path, *, is_colour: bool, quality: int = JPEG_QUALITY) -> None:
    """(H, W, 3) in 0..1, as they are to be stored, lowest row first; PNG or JPEG by the path's suffix."""
    height, width = pixels.shape[:2]
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = pixels
    image = bpy.data.images.new(path.stem, width, height, alpha=False)
    image.colorspace_settings.name = "sRGB" if is_colour else "Non-Color"  # before the pixels: it empties the picture
    image.pixels.foreach_set(rgba.ravel())
    image.file_format = "JPEG" if path.suffix == ".jpg" else "PNG"
    image.filepath_raw = str(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(quality=quality) if image.file_format == "JPEG" else image.save()
    bpy.data.images.remove(image)


def load(path: Path, name: str, *, is_colour: bool) -> Image:
    """A picture from disk, packed, so that the .blend needs no other file."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.name = name
    image.colorspace_settings.name = "sRGB" if is_colour else "Non-Color"
    image.pack()
    image.filepath_raw = str(path)  # packing forgets where it lay, and an OBJ names the file
    return image


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """As a picture's bytes hold it."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
