"""Second step: a new mesh on the scan's surface within a budget of triangles."""

from __future__ import annotations

from collections.abc import Callable

import bmesh
import bpy
from bpy.types import Object
from mathutils.bvhtree import BVHTree

from .clean import close_holes
from .decimate import decimate
from .quads import flow
from .settings import Retopo
from .tools import (
    StepError,
    coordinates,
    copy_of,
    diagonal,
    remove,
    select_only,
)

VOXELS_PER_TRIANGLE = 3.0  # detail to collapse from

Tell = Callable[[str, str], None]


def retopologise(surface: Object, method: Retopo, triangles: int, name: str, tell: Tell) -> Object:
    """A new object; `surface` stays as it is. What can't be had is said and replaced by what can."""
    made = copy_of(surface, name)
    if method is Retopo.KEEP:
        return made
    made.data.materials.clear()
    if method is Retopo.QUADS:
        try:
            quads = flow(surface, triangles, name)
        except StepError as error:
            tell("WARNING", f"{error} So voxels and Decimate made it: triangles, not quads.")
            method = Retopo.CLOSED
        else:
            remove(made)
            quads.name = quads.data.name = name  # which is free only now
            project(quads, surface, diagonal(surface.data) * 0.01)
            return quads
    if method is Retopo.CLOSED:
        _voxels(made, triangles)
        project(made, surface, diagonal(surface.data) * 0.01)
    decimate(made, triangles)
    return made


def _voxels(thing: Object, triangles: int) -> None:
    """A closed surface from voxels: what is open is closed first, else a scan's thin skin would get a second side."""
    for _ in range(2):  # what a first round leaves, where two holes touch, a second closes
        close_holes(thing, 0)
    area = sum(face.area for face in thing.data.polygons)
    if not area:
        raise StepError("The scan has no surface.")
    # A voxel face is about its size squared and two triangles.
    thing.data.remesh_voxel_size = max(
        (2 * area / (triangles * VOXELS_PER_TRIANGLE)) ** 0.5, diagonal(thing.data) / 1000
    )
    thing.data.use_remesh_fix_poles = False
    select_only(thing)
    bpy.ops.object.voxel_remesh()
    if not thing.data.polygons:
        raise StepError("The voxel remesher gave no surface: try triangles.")
    work = bmesh.new()  # what is thinner than a voxel falls into crumbs
    work.from_mesh(thing.data)
    bmesh.ops.triangulate(work, faces=work.faces[:])
    work.to_mesh(thing.data)
    work.free()


def project(thing: Object, onto: Object, reach: float) -> None:
    """Moves the vertices onto a surface, where it is near and faces the same way: a thin wall's other side is not taken."""
    tree = BVHTree.FromPolygons(
        coordinates(onto.data).tolist(), [face.vertices[:] for face in onto.data.polygons], all_triangles=False
    )
    places = []
    for vertex in thing.data.vertices:
        place, normal, _, _ = tree.find_nearest(vertex.co, reach)
        near = place is not None and normal.dot(vertex.normal) > 0.3
        places.extend(place if near else vertex.co)
    thing.data.vertices.foreach_set("co", places)
    thing.data.update()
