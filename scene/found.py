"""Cameras that were found before there is a model: they and their points in the scene, to draw a region box around the subject."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import bpy
from bpy.types import Collection, Context, Object, Scene

from ..engine.datatypes import Sparse
from . import draft
from .cameras import make_cameras
from .draft import mark
from .model import ROLE
from .points import make_points

FOUND = "maquette_found"  # on the collection: the run's OUT


def show_in_steps(
    context: Context, sparse: Sparse, pictures: dict[str, Path], name: str, folder: Path
) -> Generator[None, None, Collection]:
    """In the place of those that the same run showed before. The points are what the cameras hang on."""
    finished = False
    try:
        points = mark(make_points(sparse, f"{name} Points"))
        mark(points.data)
        points[ROLE] = "points"
        cameras = []
        for camera in make_cameras(sparse, pictures):
            mark(camera.data)
            cameras.append(mark(camera))
            camera.parent = points
            yield
        remove(context.scene, folder)
        draft.settle()
        finished = True
    finally:
        if not finished:
            draft.discard()
    collection = bpy.data.collections.new(f"{name} Found")
    collection[FOUND] = str(folder)
    for thing in (points, *cameras):
        collection.objects.link(thing)
    context.scene.collection.children.link(collection)
    context.view_layer.update()  # it still lists what was removed
    for other in context.view_layer.objects:
        other.select_set(other == points)
    context.view_layer.objects.active = points
    return collection


def found_in(scene: Scene) -> list[Collection]:
    """All that are shown, the latest last."""
    return [collection for collection in scene.collection.children_recursive if FOUND in collection]


def points_of(collection: Collection) -> Object | None:
    return next((thing for thing in collection.all_objects if thing.get(ROLE) == "points"), None)


def remove(scene: Scene, folder: Path, heir: Object | None = None) -> None:
    """The model of that run is there (`heir`), or its cameras were found anew. What the artist hung on them stays where it is."""
    for collection in found_in(scene):
        if Path(bpy.path.abspath(collection[FOUND])) != folder:
            continue
        ours = {thing for thing in collection.all_objects if thing.type == "CAMERA" or thing.get(ROLE) == "points"}
        for child in {child for thing in ours for child in thing.children} - ours:
            place = child.matrix_world.copy()
            child.parent = heir
            child.matrix_world = place
            home = heir.users_collection[0] if heir is not None else scene.collection
            if child.name not in home.objects:
                home.objects.link(child)
        data = {thing.data for thing in ours}
        bpy.data.batch_remove([*ours, *data, collection])
