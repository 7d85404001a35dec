"""Small things that every step needs: objects from meshes, one selection, edit mode for a moment, counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy
import numpy as np
from bpy.types import Mesh, Object


class StepError(Exception):
    """A step cannot be done; one sentence for the artist."""


def new_object(name: str, mesh: Mesh) -> Object:
    """In the scene, visible."""
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    return made


def copy_of(original: Object, name: str) -> Object:
    """With a mesh of its own."""
    mesh = original.data.copy()
    mesh.name = name
    made = new_object(name, mesh)
    made.matrix_world = original.matrix_world
    return made


def remove(thing: Object) -> None:
    """The object and its mesh."""
    mesh = thing.data
    bpy.data.objects.remove(thing)
    if mesh is not None and not mesh.users:
        bpy.data.meshes.remove(mesh)


def select_only(active: Object, *others: Object) -> None:
    """What Blender's operators work on."""
    bpy.context.view_layer.update()  # objects that were removed leave gaps until then
    for thing in bpy.context.view_layer.objects:
        thing.select_set(False)
    for thing in (active, *others):
        thing.hide_set(False)
        thing.select_set(True)
    bpy.context.view_layer.objects.active = active


@contextmanager
def edit_mode(thing: Object) -> Iterator[None]:
    """Edit mode with everything selected."""
    select_only(thing)
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.reveal()
        bpy.ops.mesh.select_all(action="SELECT")
        yield
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")


def apply_modifier(thing: Object, kind: str, **values: Any) -> None:
    """A modifier's effect for good."""
    modifier = thing.modifiers.new(kind, kind)
    for name, value in values.items():
        setattr(modifier, name, value)
    select_only(thing)
    bpy.ops.object.modifier_apply(modifier=modifier.name)


def triangles_of(mesh: Mesh) -> int:
    """How many triangles the faces come to."""
    return len(mesh.loops) - 2 * len(mesh.polygons)


def coordinates(mesh: Mesh) -> np.ndarray:
    """(V, 3) vertices."""
    found = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


def diagonal(mesh: Mesh) -> float:
    """Of the bounding box."""
    points = coordinates(mesh)
    return float(np.linalg.norm(np.ptp(points, axis=0))) if len(points) else 0.0


def open_edges(mesh: Mesh) -> tuple[int, int]:
    """How many edges have one face, and how many have more than two or none: a closed surface has neither."""
    index = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("edge_index", index)
    faces = np.bincount(index, minlength=len(mesh.edges))
    return int((faces == 1).sum()), int(((faces > 2) | (faces == 0)).sum())
