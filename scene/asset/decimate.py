"""Fewer triangles, by collapsing edges; and what that folds, mended."""

from __future__ import annotations

import bmesh
from bpy.types import Object

from .tools import apply_modifier, open_edges, triangles_of

TOLERANCE = 0.04  # of the budget
TRIES = 3


def decimate(thing: Object, triangles: int) -> None:
    """Collapses edges until the budget is met."""
    thing.data.validate()
    for _ in range(TRIES):
        count = triangles_of(thing.data)
        if count <= triangles * (1 + TOLERANCE / 4):
            break
        apply_modifier(thing, "DECIMATE", ratio=triangles / count, use_collapse_triangulate=True)
    mend(thing)
    thing.data.shade_smooth()


def mend(thing: Object) -> None:
    """Collapsing can fold two faces onto one another: those go, so that no edge has three faces."""
    if not open_edges(thing.data)[1]:
        return
    work = bmesh.new()
    work.from_mesh(thing.data)
    for _ in range(TRIES):
        crowded = [edge for edge in work.edges if len(edge.link_faces) > 2]
        if not crowded:
            break
        spare = {min(edge.link_faces, key=lambda face: face.calc_area()) for edge in crowded}
        bmesh.ops.delete(work, geom=list(spare), context="FACES")
    bmesh.ops.delete(work, geom=[edge for edge in work.edges if not edge.link_faces], context="EDGES")
    bmesh.ops.delete(work, geom=[vertex for vertex in work.verts if not vertex.link_faces], context="VERTS")
    torn = [edge for edge in work.edges if edge.is_boundary]
    filled = bmesh.ops.holes_fill(work, edges=torn, sides=4)["faces"]
    bmesh.ops.triangulate(work, faces=filled)
    work.to_mesh(thing.data)
    work.free()
