"""Small pictures of the photos for the list. Blender decodes each in the background, when it is first drawn; it shows them as
they are stored, so that those which are upright only by their EXIF are decoded here, in a thread of our own, and take its place."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import bpy.utils.previews
import numpy as np
from bpy.types import ImagePreview
from bpy.utils.previews import ImagePreviewCollection

MOST = 600  # kept at once: a picture takes a quarter of a megabyte
LARGE, SMALL = 256, 32  # Blender's sizes of a preview and of an icon


@dataclass
class _Pictures:
    """By path: what Blender made, what our thread is at, and what came of it."""

    made: ImagePreviewCollection
    turning: dict[str, Future[np.ndarray | None]] = field(default_factory=dict)
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))


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
        del pictures.turning[path]
        if turning.result() is not None:
            del pictures.made[path]
            _fill(pictures.made.new(path), turning.result())
    return pictures.made[path].icon_id


def release() -> None:
    """Gives the memory back, and ends the thread."""
    while _held:
        pictures = _held.pop()
        pictures.thread.shutdown(wait=False, cancel_futures=True)
        bpy.utils.previews.remove(pictures.made)


def _turned(path: str) -> np.ndarray | None:
    """In the thread: no bpy. Where the libraries are missing, Blender's own picture has to do."""
    try:
        from ..engine.photos.upright import upright_picture
    except ImportError:
        return None
    return upright_picture(Path(path), LARGE)


def _fill(picture: ImagePreview, pixels: np.ndarray) -> None:
    rows = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])[::-1].astype(np.float32) / 255
    picture.image_size = rows.shape[1::-1]
    picture.image_pixels_float.foreach_set(rows.ravel())
    step = -(-max(rows.shape[:2]) // SMALL)
    small = np.ascontiguousarray(rows[::step, ::step])
    picture.icon_size = small.shape[1::-1]
    picture.icon_pixels_float.foreach_set(small.ravel())
