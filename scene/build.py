"""A result ─► one collection: the mesh with its material, the cameras with their photos, the points.

Two halves. `prepare` reads, welds, checks and encodes without bpy, so that a thread may do it; `build_in_steps` makes Blender's
data from that, a slice at a time, so that the window stays alive. `build` does both at once.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Collection, Context, Object

from . import draft, found
from .cameras import make_cameras
from .draft import mark
from .material import make_image, make_material
from .mesh import MeshArrays, arrange, make_mesh
from .model import FOLDER, ROLE, UNREGISTERED, photo_of
from .picture import png_bytes
from .points import make_points
from .result import Result
from .scale import adopt


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A result with all that could be worked out before Blender's data is touched."""

    result: Result
    arrays: MeshArrays
    picture: bytes  # a PNG


def prepare(result: Result) -> Prepared:
    """Without bpy: safe in a thread."""
    return Prepared(result=result, arrays=arrange(result.textured), picture=png_bytes(result.textured.base_colour))


def build(context: Context, result: Result, *, beside: Path | None = None) -> Collection:
    """Adds the result to the scene and selects its mesh. `beside` is the folder for the texture, None packs it."""
    steps = build_in_steps(context, prepare(result), beside=beside)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def build_in_steps(
    context: Context, prepared: Prepared, *, beside: Path | None = None
) -> Generator[None, None, Collection]:
    """The same in slices of a few dozen milliseconds. Only the last links anything to the scene.

    An undo while it is going on makes its references stale: close it then (it leaves nothing behind), and begin anew.
    """
    result = prepared.result
    name = result.name
    finished = False
    try:
        mesh = yield from make_mesh(prepared.arrays, name)
        model = mark(bpy.data.objects.new(name, mesh))
        model[ROLE] = "mesh"
        yield
        image = mark(make_image(prepared.picture, f"{name} Base Colour", beside))
        mesh.materials.append(mark(make_material(image, name)))
        points = mark(make_points(result.sparse, f"{name} Points"))
        mark(points.data)
        points[ROLE], points.parent = "points", model
        cameras = []
        for camera in make_cameras(result.sparse, result.pictures):
            mark(camera.data)
            cameras.append(mark(camera))
            camera.parent = model
            yield
        draft.settle()
        collection = _link(context, result, model, points, cameras)
        finished = True
    finally:
        if not finished:
            draft.discard()
    _select(context, model)
    return collection


def save_blend(result: Result, blend: Path, *, beside: bool = False) -> None:
    """A new .blend with this model alone; all paths in it are relative."""
    bpy.ops.wm.read_homefile(use_empty=True)
    blend.parent.mkdir(parents=True, exist_ok=True)
    build(bpy.context, result, beside=blend.parent / "textures" if beside else None)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)


def _link(context: Context, result: Result, model: Object, points: Object, cameras: list[Object]) -> Collection:
    collection = bpy.data.collections.new(result.name)
    collection[FOLDER] = str(result.folder)
    collection[UNREGISTERED] = json.dumps(result.sparse.unregistered)
    inner = bpy.data.collections.new(f"{result.name} Cameras")
    collection.children.link(inner)
    for thing in (model, points):
        collection.objects.link(thing)
    for camera in cameras:
        inner.objects.link(camera)
    context.scene.collection.children.link(collection)
    found.remove(context.scene, result.folder, heir=model)
    for camera in cameras:  # those that were found before had the names until now
        camera.name = camera.data.name = Path(photo_of(camera)).stem
    adopt(context.scene, collection, result.report)
    points.hide_set(True, view_layer=context.view_layer)  # they lie on the mesh and would only blur it
    return collection


def _select(context: Context, model: Object) -> None:
    for other in context.view_layer.objects:
        other.select_set(False)
    model.select_set(True)
    context.view_layer.objects.active = model
