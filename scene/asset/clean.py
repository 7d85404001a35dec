"""First step: a copy of the scan without crumbs, slivers and pinholes, in its own place and at scale 1."""

from __future__ import annotations

import bmesh
import bpy
from bmesh.types import BMesh, BMFace
from bpy.types import Object
from mathutils import Matrix, Vector

from .. import overlay
from .tools import StepError, coordinates, diagonal, new_object

SLIVER = 1e-6  # of the diagonal: shorter edges trouble QuadriFlow and bakes


def copy_scan(scan: Object, name: str) -> Object:
    """The scan as it is seen: modifiers applied, transform baked in."""
    with overlay.without(scan):  # else the asset would wear the colours of the coverage
        evaluated = scan.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh = bpy.data.meshes.new_from_object(evaluated)
    mesh.name = name
    if not mesh.polygons:
        raise StepError("The scan has no faces.")
    mesh.transform(scan.matrix_world)
    if scan.matrix_world.determinant() < 0:  # mirrored: the faces would look inwards
        mesh.flip_normals()
    mesh.shade_smooth()
    return new_object(name, mesh)


def stand(thing: Object) -> Vector:
    """Moves the mesh so that its own origin lies below its middle; gives where that origin was."""
    points = coordinates(thing.data)
    low, high = points.min(0), points.max(0)
    pivot = Vector(((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]))
    thing.data.transform(Matrix.Translation(-pivot))
    thing.data.update()
    return pivot


def clean(thing: Object, smallest_part: float) -> int:
    """Takes away what no artist wants: loose points, slivers, parts below a share of the surface. Gives the parts dropped."""
    size = diagonal(thing.data)
    work = bmesh.new()
    work.from_mesh(thing.data)
    bmesh.ops.dissolve_degenerate(work, dist=size * SLIVER, edges=work.edges[:])
    parts = _parts(work)
    areas = [sum(face.calc_area() for face in part) for part in parts]
    limit = min(sum(areas) * smallest_part, max(areas))
    small = [part for part, area in zip(parts, areas, strict=True) if area < limit]
    bmesh.ops.delete(work, geom=[face for part in small for face in part], context="FACES")
    bmesh.ops.delete(work, geom=[vertex for vertex in work.verts if not vertex.link_faces], context="VERTS")
    work.to_mesh(thing.data)
    work.free()
    thing.data.update()
    return len(small)


def close_holes(thing: Object, edges: int) -> int:
    """Closes holes of at most so many edges (0: of any size); gives the faces added."""
    work = bmesh.new()
    work.from_mesh(thing.data)
    before = len(work.faces)
    border = [edge for edge in work.edges if edge.is_boundary]
    added = bmesh.ops.holes_fill(work, edges=border, sides=edges)["faces"]
    _turn_like_neighbours(added)
    bmesh.ops.triangulate(work, faces=added)
    bmesh.ops.dissolve_degenerate(work, dist=diagonal(thing.data) * SLIVER, edges=work.edges[:])
    for face in work.faces:
        face.smooth = True
    count = len(work.faces) - before
    work.to_mesh(thing.data)
    work.free()
    thing.data.update()
    return count


def _turn_like_neighbours(faces: list[BMFace]) -> None:
    """A new face looks to the side that the faces around it look to."""
    new = set(faces)
    for face in faces:
        votes = 0
        for loop in face.loops:
            other = loop.link_loop_radial_next
            if other is not loop and other.face not in new:
                votes += (
                    1 if other.vert == loop.vert else -1
                )  # the same direction along the edge: one of them is turned
        if votes > 0:
            face.normal_flip()


def _parts(work: BMesh) -> list[list[BMFace]]:
    """What hangs together by edges."""
    work.faces.index_update()
    seen = bytearray(len(work.faces))
    parts = []
    for start in work.faces:
        if seen[start.index]:
            continue
        seen[start.index] = 1
        part, waiting = [], [start]
        while waiting:
            face = waiting.pop()
            part.append(face)
            for edge in face.edges:
                for other in edge.link_faces:
                    if not seen[other.index]:
                        seen[other.index] = 1
                        waiting.append(other)
        parts.append(part)
    return parts
