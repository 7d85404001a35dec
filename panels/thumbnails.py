"""Small pictures of the photos for the list. Blender decodes each in the background, when it is first drawn; it shows them as
they are stored, so that those which are upright only by their EXIF are decoded here, in a thread of our own, and take its place.
Where our libraries are missing Blender's own picture is turned: it can be had on the main thread alone, so one at a time."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import bpy.utils.previews
import numpy as np
from bpy.types import ImagePreview
from bpy.utils.previews import ImagePreviewCollection

from ..engine.orientation import UPRIGHT, orientation_in, turned

MOST = 600  # kept at once: a picture takes a quarter of a megabyte
BETWEEN = 0.1  # seconds between two that are turned on the main thread
LARGE, SMALL = 256, 32  # Blender's sizes of a preview and of an icon


@dataclass
class _Pictures:
    """By path: what Blender made, what our thread is at, and what came of it."""

    made: ImagePreviewCollection
    turning: dict[str, Future[np.ndarray | int | None]] = field(default_factory=dict)
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    turned_at: float = 0.0  # when Blender's own picture was last turned


_held: list[_Pictures] = []  # none until the first is asked for; given back by `release`


def icon_of(path: str) -> int:
    """The icon of a photo. Costs nothing until Blender draws it."""
    if not _held:
        _held.append(_Pictures(bpy.utils.previews.new()))
    pictures = _held[0]
    if path not in pictures.made:
        if len(pictures.made) >= MOST:
            pictures.made.clear()
            pictures.turning.clear()
        pictures.made.load(path, path, "IMAGE")
        pictures.turning[path] = pictures.thread.submit(_turned, path)
    turning = pictures.turning.get(path)
    if turning is not None and turning.done():
        _settle(pictures, path, turning.result())
    return pictures.made[path].icon_id


def _settle(pictures: _Pictures, path: str, found: np.ndarray | int | None) -> None:
    """What the thread found out about a photo: nothing to do, the upright picture, or how Blender's is to be turned."""
    if isinstance(found, int):
        if time.monotonic() - pictures.turned_at < BETWEEN:
            return  # at the next drawing
        found = _turned_here(pictures, path, found)
        pictures.turned_at = time.monotonic()
    del pictures.turning[path]
    if found is not None:
        del pictures.made[path]
        _fill(pictures.made.new(path), found)


def release() -> None:
    """Gives the memory back, and ends the thread."""
    while _held:
        pictures = _held.pop()
        pictures.thread.shutdown(wait=False, cancel_futures=True)
        bpy.utils.previews.remove(pictures.made)


def _turned(path: str) -> np.ndarray | int | None:
    """In the thread: no bpy. The upright picture; or where the libraries are missing, how the photo lies; None if it is upright."""
    try:
        from ..engine.photos.upright import upright_picture
    except ImportError:
        lies = orientation_in(Path(path))
        return lies if lies != UPRIGHT else None
    return upright_picture(Path(path), LARGE)


def _turned_here(pictures: _Pictures, path: str, orientation: int) -> np.ndarray | None:
    """Blender's picture of it, upright. Of a copy that is never drawn: Blender may be at work on the other."""
    copy = f"{path}|lying"
    lying = pictures.made.load(copy, path, "IMAGE")
    width, height = lying.image_size
    pixels = np.empty(width * height * 4, np.float32)
    if pixels.size:
        lying.image_pixels_float.foreach_get(pixels)
    del pictures.made[copy]
    rows = (pixels.reshape(height, width, 4)[::-1, :, :3] * 255).round().astype(np.uint8)
    return turned(rows, orientation) if rows.size else None


def _fill(picture: ImagePreview, pixels: np.ndarray) -> None:
    rows = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])[::-1].astype(np.float32) / 255
    picture.image_size = rows.shape[1::-1]
    picture.image_pixels_float.foreach_set(rows.ravel())
    step = -(-max(rows.shape[:2]) // SMALL)
    small = np.ascontiguousarray(rows[::step, ::step])
    picture.icon_size = small.shape[1::-1]
    picture.icon_pixels_float.foreach_set(small.ravel())
