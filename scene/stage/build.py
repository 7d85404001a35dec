"""A finished stage ─► one collection: the relief with the photo on it, its sky, its layers, the matched camera.

Where the scene has the stage of that run already, its shapes and pictures are renewed and all else stays: materials, modifiers,
lights, what the artist hung on it.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy
from bpy.types import Collection, Context, Image, Object

from .. import draft
from ..draft import mark
from ..mesh import MeshArrays, make_mesh
from ..model import ROLE
from ..viewing import show_truly
from .camera import make_camera, note_shape
from .find import RELIEF, SKY, STAGE, StageInScene, stages_in
from .layers import house_layers, make_layers
from .material import load_photo, make_shining
from .renew import Parts, renew
from .result import PreparedStage


def build_stage(context: Context, prepared: PreparedStage, *, packed: bool = True, match: bool = True) -> StageInScene:
    """Adds the stage to the scene; its relief becomes the active object."""
    steps = build_stage_in_steps(context, prepared, packed=packed, match=match)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def build_stage_in_steps(
    context: Context, prepared: PreparedStage, *, packed: bool = True, match: bool = True
) -> Generator[None, None, StageInScene]:
    """The same in slices of a few dozen milliseconds; only the last links anything to the scene.

    With `match` renders show a new stage's photo: through its camera, in its size and colours. An undo while it is going on makes its
    references stale: close it then (it leaves nothing behind), and begin anew.
    """
    finished = False
    try:
        photo = load_photo(prepared.picture, packed=packed)
        yield
        relief = yield from _sheet(prepared.relief, prepared.name, RELIEF, photo)
        sky = None
        if prepared.sky is not None:
            sky = yield from _sheet(prepared.sky, f"{prepared.name} Sky", SKY, photo)
        layers = yield from make_layers(prepared, packed=packed)
        parts = Parts(photo=photo, relief=relief, sky=sky, layers=layers, camera=make_camera(prepared, photo))
        note_shape(relief, prepared)
        earlier = next((stage for stage in stages_in(context.scene) if stage.folder == prepared.folder), None)
        draft.settle()
        finished = True
    finally:
        if not finished:
            draft.discard()
    collection = _link(context, prepared, parts) if earlier is None else renew(earlier, prepared, parts)
    stage = next(one for one in stages_in(context.scene) if one.collection == collection)
    _make_active(context, stage.relief)
    if match and earlier is None and stage.camera is not None:
        show_truly(context.scene, stage.camera)
    return stage


def save_stage(prepared: PreparedStage, blend: Path) -> None:
    """A new .blend with this stage alone; all paths in it are relative."""
    bpy.ops.wm.read_homefile(use_empty=True)
    blend.parent.mkdir(parents=True, exist_ok=True)
    build_stage(bpy.context, prepared)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)


def _sheet(arrays: MeshArrays, name: str, role: str, photo: Image) -> Generator[None, None, Object]:
    mesh = yield from make_mesh(arrays, name)
    mesh.materials.append(make_shining(photo, name, cut_out=False))
    thing = mark(bpy.data.objects.new(name, mesh))
    thing[ROLE] = role
    yield
    return thing


def _link(context: Context, prepared: PreparedStage, parts: Parts) -> Collection:
    collection = bpy.data.collections.new(prepared.name)
    collection[STAGE] = str(prepared.folder)
    for thing in (parts.relief, parts.sky, parts.camera):
        if thing is not None:
            collection.objects.link(thing)
    for thing in (parts.sky, parts.camera, *parts.layers):
        if thing is not None:
            thing.parent = parts.relief
    context.scene.collection.children.link(collection)
    house_layers(collection, parts.layers)
    return collection


def _make_active(context: Context, relief: Object) -> None:
    """Not selected: the outlines of all tears would lie over the photo."""
    for other in context.view_layer.objects:
        other.select_set(False)
    context.view_layer.objects.active = relief
