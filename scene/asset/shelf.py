"""Seventh step: into the Asset Browser, with a picture, a catalogue and tags. The picture is made by the worker, the rest in the artist's file."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object
from mathutils import Vector

from .tools import coordinates

CATALOGUES = "blender_assets.cats.txt"
PICTURE = 256  # pixels
SAMPLES = 24
_OURS = uuid.UUID("6b0f3c1e-8d0a-4e58-9a0e-3f1f9f0c7a55")  # so that a catalogue has the same number on every machine
_HEAD = """# This is an Asset Catalog Definition file for Blender.
#
# Empty lines and lines starting with `#` will be ignored.
# The first non-ignored line should be the version indicator.
# Other lines are of the format "UUID:catalog/path/for/assets:simple catalog name"

VERSION 1

"""


def take_picture(thing: Object, path: Path) -> None:
    """A small render of the object alone, from the front, a little above."""
    scene = bpy.context.scene
    hidden = {other: other.hide_render for other in scene.objects}
    for other in hidden:
        other.hide_render = other != thing
    towards = Vector((0.55, -1.0, 0.45)).normalized()
    turn = towards.to_track_quat("Z", "Y").to_matrix()
    points = coordinates(thing.data).astype(np.float64) @ np.array(thing.matrix_world.to_3x3()).T
    seen = (points + np.array(thing.matrix_world.translation)) @ np.array(turn)  # right, up, towards the camera
    middle, span = (seen.min(0) + seen.max(0)) / 2, np.ptp(seen, axis=0)
    camera = bpy.data.objects.new("Picture", bpy.data.cameras.new("Picture"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", max(float(span[:2].max()) * 1.08, 1e-9)
    away = float(span[2]) + camera.data.ortho_scale
    camera.data.clip_start, camera.data.clip_end = away * 0.01, away * 4
    camera.location = turn @ Vector((middle[0], middle[1], middle[2] + away))
    camera.rotation_euler = turn.to_euler()
    sun = bpy.data.objects.new("Picture", bpy.data.lights.new("Picture", "SUN"))
    sun.data.energy, sun.rotation_euler = 3.0, (0.7, 0.15, 0.5)
    for one in (camera, sun):
        scene.collection.objects.link(one)
    world = scene.world or bpy.data.worlds.new("Picture")
    scene.world = world
    if bpy.app.version < (5, 0):
        world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.8
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.9, 0.95, 1.0, 1.0)
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", SAMPLES, False
    render.resolution_x = render.resolution_y = PICTURE
    render.film_transparent, scene.camera = True, camera
    scene.view_settings.view_transform = "Standard"
    render.image_settings.file_format, render.filepath = "PNG", str(path)
    render.image_settings.color_mode = "RGBA"
    bpy.ops.render.render(write_still=True)
    for one in (camera, sun):
        bpy.data.objects.remove(one)
    for other, was in hidden.items():
        other.hide_render = was


def put_on_shelf(thing: Object, picture: Path | None, catalogue: str, tags: Sequence[str], description: str) -> str:
    """Marks the object as an asset; gives a sentence where the catalogue could not be kept."""
    thing.asset_mark()
    data = thing.asset_data
    data.description = description
    for tag in tags:
        data.tags.new(tag, skip_if_exists=True)
    if picture is not None and picture.is_file():
        with bpy.context.temp_override(id=thing):
            bpy.ops.ed.lib_id_load_custom_preview(filepath=str(picture))
    path = clean_catalogue(catalogue)
    if not path:
        return ""
    folder = library_folder()
    if folder is None:
        data.catalog_id = str(uuid.uuid5(_OURS, path))
        return "Save the .blend and make the asset again: only then its catalogue has a place."
    number = catalogue_number(folder, path)
    data.catalog_id = number or str(uuid.uuid5(_OURS, path))
    return "" if number else f"The catalogue could not be written into {folder.name}."


def clean_catalogue(text: str) -> str:
    """Blender's way of writing it: parts between slashes, no colons."""
    parts = (part.strip().replace(":", "-") for part in text.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part)


def library_folder() -> Path | None:
    """Where this .blend's catalogues belong: its asset library, else its own folder; None before it is saved."""
    if not bpy.data.filepath:
        return None
    folder = Path(bpy.data.filepath).resolve().parent
    for library in bpy.context.preferences.filepaths.asset_libraries:
        root = Path(bpy.path.abspath(library.path)).resolve()
        if library.path and (root == folder or root in folder.parents):
            return root
    for above in (folder, *folder.parents):
        if (above / CATALOGUES).is_file():  # as Blender itself looks for it
            return above
    return folder


def catalogue_number(folder: Path, path: str) -> str | None:
    """The catalogue's UUID: the one that is there, else a new line at the end. What others wrote stays as it is."""
    file = folder / CATALOGUES
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    except (OSError, UnicodeDecodeError):
        return None
    lines = [line.strip() for line in text.splitlines()]
    if not any(line.startswith("VERSION 1") for line in lines):
        return None  # of a kind that we don't know: left alone
    for line in lines:
        parts = line.split(":")
        if len(parts) >= 2 and not line.startswith("#") and parts[1] == path:
            return parts[0]
    number = str(uuid.uuid5(_OURS, path))
    text = text + ("" if text.endswith("\n") else "\n") + f"{number}:{path}:{path.replace('/', '-')}\n"
    part = file.with_name(file.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, file)
    except OSError:
        return None
    return number
