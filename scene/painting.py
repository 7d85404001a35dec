"""The texture that an object wears as the artist left it, painted on or not, as files for the engine."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
from bpy.types import Image, Object

from .retexture import FACTS
from .worn import NOW, UV, settle


def hand_over(thing: Object, uv_map: str, folder: Path) -> str:
    """Writes painted.png (or painted.1001.png …) into a folder; gives the texture's stamp, empty where there is nothing to keep.

    Only a texture of ours, on the UV map that it was made for, can be carried over.
    """
    image, facts = thing.get(NOW), thing.get(FACTS)
    stamp = str(facts.get("stamp", "")) if facts is not None else ""
    if not isinstance(image, Image) or not stamp or str(thing.get(NOW + UV, "")) != uv_map:
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tiled = image.source == "TILED"
    settle(image)
    if image.packed_files:
        for packed in image.packed_files:
            (folder / _name(packed.tile_number if tiled else 0)).write_bytes(packed.packed_file.data)
    else:
        source = bpy.path.abspath(image.filepath)
        for number in [tile.number for tile in image.tiles] if tiled else [0]:
            shutil.copyfile(source.replace("<UDIM>", str(number)), folder / _name(number))
    return stamp


def _name(tile: int) -> str:
    return f"painted.{tile}.png" if tile else "painted.png"
