"""Small pictures of the photos for the list. Blender decodes each in the background, when it is first drawn."""

from __future__ import annotations

import bpy.utils.previews
from bpy.utils.previews import ImagePreviewCollection

MOST = 600  # kept at once: a picture takes a quarter of a megabyte

_held: list[ImagePreviewCollection] = []  # none until the first is asked for; given back by `release`


def icon_of(path: str) -> int:
    """The icon of a photo. Costs nothing until Blender draws it."""
    if not _held:
        _held.append(bpy.utils.previews.new())
    pictures = _held[0]
    picture = pictures.get(path)
    if picture is None:
        if len(pictures) >= MOST:
            pictures.clear()
        picture = pictures.load(path, path, "IMAGE")
    return picture.icon_id


def release() -> None:
    """Gives the memory back."""
    while _held:
        bpy.utils.previews.remove(_held.pop())
