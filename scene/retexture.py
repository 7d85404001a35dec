"""A retextured object: the engine's pictures become its images, new UVs its UV map, the figures stay with it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Image, Object

from ..engine.datatypes import F32
from ..engine.errors import EngineError
from ..engine.meshfile import read_mesh
from .errors import ModelError
from .gather import Gathered
from .material import OURS, make_image
from .worn import NOW, UV, Picture, wear

FACTS = "maquette_retextured"  # on the object: what the report says
NEW_MAPS = ("Photos", "Photos 2")  # UV maps that we make; they take turns, so that the texture before keeps its own
_TILED = "<UDIM>"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What the engine wrote, read without bpy."""

    base_colour: str  # a path; with <UDIM> where there are tiles
    guessed: str
    tiles: tuple[int, ...]
    pngs: dict[str, bytes]  # of what has no tiles, by path
    new_uvs: F32 | None  # (F, 3, 2)
    facts: dict[str, Any]


def fetch(files: Mapping[str, str], summary: Mapping[str, Any]) -> Fetched:
    """Reads it; a thread may do so."""
    tiles = tuple(int(number) for number in summary.get("tiles", ()))
    try:
        pngs = {} if tiles else {files[name]: Path(files[name]).read_bytes() for name in ("base_colour", "guessed")}
        new = read_mesh(Path(files["mesh"])).corner_uvs if summary.get("new_uvs") else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise EngineError(
            "broken_result", f"The new texture can't be read: {error}.", advice="Retexture again."
        ) from error
    kept = ("seen", "agreement", "overlap", "texture", "photos", "seconds", "new_uvs", "stamp")
    facts = {name: summary[name] for name in kept if name in summary}
    return Fetched(
        base_colour=files["base_colour"], guessed=files["guessed"], tiles=tiles, pngs=pngs, new_uvs=new, facts=facts
    )


def put_on(thing: Object, gathered: Gathered, fetched: Fetched, *, beside: Path | None) -> None:
    """The object wears the new texture; what it wore is kept for comparing."""
    uv_map = gathered.uv_map
    if fetched.new_uvs is not None:
        if thing.mode == "EDIT":
            bpy.ops.object.mode_set(mode="OBJECT")
        uv_map = _write_uvs(thing, gathered, fetched.new_uvs)
    image = _image(fetched, fetched.base_colour, f"{thing.name} Base Colour", beside)
    guessed = _image(fetched, fetched.guessed, f"{thing.name} Guessed", beside)
    guessed.colorspace_settings.name = "Non-Color"
    wear(thing, Picture(image=image, uv_map=uv_map), guessed)
    thing[FACTS] = fetched.facts | {"tiles": len(fetched.tiles)}


def _write_uvs(thing: Object, gathered: Gathered, uvs: F32) -> str:
    """Into a UV map of their own; the artist's stay as they are."""
    mesh = thing.data
    if not gathered.own_corners:
        raise ModelError(
            f"{thing.name} got new UVs, but its modifiers change its faces: apply them and retexture again."
        )
    if int(gathered.corners.max()) >= len(mesh.loops) or len(uvs) != len(gathered.corners):
        raise ModelError(f"{thing.name} was changed meanwhile, so its new UVs don't fit any more: retexture it again.")
    worn_map = str(thing.get(NOW + UV, ""))
    name = next(name for name in NEW_MAPS if name != worn_map)
    layer = mesh.uv_layers.get(name) or mesh.uv_layers.new(name=name, do_init=False)
    if layer is None:
        raise ModelError(f"{thing.name} has as many UV maps as Blender allows: remove one first.")
    flat = np.zeros((len(mesh.loops), 2), np.float32)
    flat[gathered.corners.ravel()] = uvs.reshape(-1, 2)
    layer.uv.foreach_set("vector", flat.ravel())
    mesh.update()
    return layer.name


def _image(fetched: Fetched, path: str, name: str, beside: Path | None) -> Image:
    if not fetched.tiles:
        image = make_image(fetched.pngs[path], name, beside)
    else:
        image = _tiled(path, name, fetched.tiles, beside)
    image[OURS] = True
    return image


def _tiled(path: str, name: str, tiles: tuple[int, ...], beside: Path | None) -> Image:
    """An image with UDIM tiles, packed or with its files in a folder."""
    if beside is not None:
        path = _copied(path, name, tiles, beside)
    image = bpy.data.images.load(path.replace(_TILED, str(tiles[0])))
    image.name = name
    image.source = "TILED"
    image.filepath = path
    for number in tiles[1:]:
        image.tiles.new(number)
    if image.tiles[0].number != tiles[0]:
        image.tiles[0].number = tiles[0]
    if beside is None:
        image.pack()
    elif bpy.data.filepath:
        image.filepath_raw = bpy.path.relpath(path)
    return image


def _copied(path: str, name: str, tiles: tuple[int, ...], folder: Path) -> str:
    """The tiles' files beside the .blend, under a name that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, number = bpy.path.clean_name(name), 1
    free = stem
    while any((folder / f"{free}.{tile}.png").exists() for tile in tiles):
        free, number = f"{stem}_{number:03d}", number + 1
    for tile in tiles:
        source = Path(path.replace(_TILED, str(tile)))
        (folder / f"{free}.{tile}.png").write_bytes(source.read_bytes())
    return str(folder / f"{free}.{_TILED}.png")
