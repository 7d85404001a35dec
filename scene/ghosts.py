"""Ghost cameras: where the next photos should be taken, each with a picture of what the phone should see there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Collection, Image, Object
from mathutils import Matrix

from ..engine.datatypes import Camera, CameraModel
from .axes import lens_of, world_from_camera
from .cameras import GHOST, set_lens, show_behind
from .model import Model

TITLE, SENTENCE = "maquette_title", "maquette_sentence"  # on the camera's data: why a photo is wanted from here
LARGE = 1.7  # times the photos' cameras, so that they stand out


def set_ghosts(model: Model, ghosts: Sequence[dict[str, Any]], folder: Path, world_from_handed: Matrix) -> None:
    """These instead of those that there were."""
    clear_ghosts(model)
    if not ghosts:
        return
    collection = bpy.data.collections.new(f"{model.collection.name} Shoot Here")
    collection.color_tag = "COLOR_02"
    model.collection.children.link(collection)
    sizes = [camera.data.display_size for camera in model.cameras]
    size = LARGE * float(np.median(sizes)) if sizes else 0.2
    for ghost in ghosts:
        _make_ghost(ghost, folder, world_from_handed, model, collection, size)


def clear_ghosts(model: Model) -> None:
    """All of them, and what was made for them."""
    homes: set[Collection] = set()
    for ghost in model.ghosts:
        homes |= set(ghost.users_collection)
        for thing in (*ghost.children, ghost):
            data = thing.data
            bpy.data.objects.remove(thing)
            if isinstance(data, bpy.types.Camera) and data.users == 0:
                bpy.data.cameras.remove(data)
            elif isinstance(data, bpy.types.Image) and data.users == 0:
                bpy.data.images.remove(data)
    for home in homes - {model.collection}:
        if not home.objects and not home.children:
            bpy.data.collections.remove(home)


def _make_ghost(
    ghost: dict[str, Any], folder: Path, world_from_handed: Matrix, model: Model, collection: Collection, size: float
) -> None:
    lens = ghost["lens"]
    camera = Camera(model=CameraModel.PINHOLE, width=lens["width"], height=lens["height"], params=tuple(lens["params"]))
    name = f"Shoot here {ghost['rank']}"
    data = bpy.data.cameras.new(name)
    set_lens(data, lens_of(camera))
    data[GHOST], data[TITLE], data[SENTENCE] = ghost["rank"], ghost["title"], ghost["sentence"]
    data.display_size = size
    reach = size * data.lens / max(data.sensor_width, data.sensor_height)  # how far off Blender draws the frame
    data.clip_start, data.clip_end = reach * 1.05, reach * 1e4
    thing = bpy.data.objects.new(name, data)
    thing.show_name = True
    collection.objects.link(thing)
    thing.parent = model.mesh
    place = Matrix(world_from_camera(np.array(ghost["cam_from_world"])).tolist())
    bpy.context.view_layer.update()
    thing.matrix_world = world_from_handed @ place
    picture = _picture(folder / ghost["picture"])
    if picture is not None:
        show_behind(data, picture)
        _hang(picture, thing, collection, size, reach)


def _picture(path: Path) -> Image | None:
    """An earlier check may have left another picture by this name."""
    if not path.is_file():
        return None
    image = bpy.data.images.load(str(path), check_existing=True)
    image.reload()
    return image


def _hang(picture: Image, ghost: Object, collection: Collection, size: float, reach: float) -> None:
    """The picture in the camera's frame, where an artist sees it without looking through: that is not where the camera looks."""
    frame = bpy.data.objects.new(f"{ghost.name} Picture", None)
    frame.empty_display_type, frame.data = "IMAGE", picture
    frame.empty_display_size = size
    frame.hide_select = frame.hide_render = True
    collection.objects.link(frame)
    frame.parent = ghost
    frame.location = (ghost.data.shift_x * size, ghost.data.shift_y * size, -reach)
