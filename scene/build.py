"""A result ─► one collection: the mesh with its material, the cameras with their photos, the points."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.types import Collection, Context, Object

from .cameras import make_cameras
from .material import make_image, make_material
from .mesh import make_mesh
from .model import FOLDER, ROLE
from .points import make_points
from .result import Result


def build(context: Context, result: Result, *, beside: Path | None = None) -> Collection:
    """Adds the result to the scene and selects its mesh. `beside` is the folder for the texture, None packs it."""
    name = result.name
    collection = bpy.data.collections.new(name)
    collection[FOLDER] = str(result.folder)
    image = make_image(result.textured.base_colour, f"{name} Base Colour", beside)
    mesh = make_mesh(result.textured, name)
    mesh.materials.append(make_material(image, name))
    model = bpy.data.objects.new(name, mesh)
    model[ROLE] = "mesh"
    collection.objects.link(model)
    points = make_points(result.sparse, f"{name} Points")
    points[ROLE], points.parent = "points", model
    collection.objects.link(points)
    cameras = bpy.data.collections.new(f"{name} Cameras")
    collection.children.link(cameras)
    for camera in make_cameras(result.sparse, result.pictures):
        camera.parent = model
        cameras.objects.link(camera)
    context.scene.collection.children.link(collection)
    points.hide_set(True, view_layer=context.view_layer)  # they lie on the mesh and would only blur it
    _select(context, model)
    return collection


def save_blend(result: Result, blend: Path, *, beside: bool = False) -> None:
    """A new .blend with this model alone; all paths in it are relative."""
    bpy.ops.wm.read_homefile(use_empty=True)
    blend.parent.mkdir(parents=True, exist_ok=True)
    build(bpy.context, result, beside=blend.parent / "textures" if beside else None)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)


def _select(context: Context, model: Object) -> None:
    for other in context.view_layer.objects:
        other.select_set(False)
    model.select_set(True)
    context.view_layer.objects.active = model
