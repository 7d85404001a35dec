"""Second step: a new mesh on the scan's surface within a budget of triangles."""

from __future__ import annotations

from collections.abc import Callable

import bmesh
import bpy
from bpy.types import Object
from mathutils import Matrix
from mathutils.bvhtree import BVHTree

from .clean import clean, close_holes
from .settings import Retopo
from .tools import (
    StepError,
    apply_modifier,
    coordinates,
    copy_of,
    diagonal,
    open_edges,
    remove,
    select_only,
    triangles_of,
)

TOLERANCE = 0.04  # of the budget
QUADRIFLOW_FACES = 300_000  # a larger mesh is collapsed first: QuadriFlow would need minutes and gain nothing
QUADRIFLOW_SIZE = 1000.0  # it refuses edges under 0.1 mm, so it sees the mesh enlarged to this diagonal
VOXELS_PER_TRIANGLE = 3.0  # detail to collapse from
TRIES = 3
QUADRIFLOW_TRIES = 3
EXPECTED = 0.9  # it gives a tenth more than it is asked for, mostly
TEAR = 24  # edges: QuadriFlow tears such holes where its flow meets itself

Tell = Callable[[str, str], None]


def retopologise(surface: Object, method: Retopo, triangles: int, name: str, tell: Tell) -> Object:
    """A new object; `surface` stays as it is. What can't be had is said and replaced by what can."""
    made = copy_of(surface, name)
    if method is Retopo.KEEP:
        return made
    made.data.materials.clear()
    if method is Retopo.QUADS:
        quads = _quads(surface, triangles, name)
        if quads is not None:
            remove(made)
            quads.name = quads.data.name = name  # which is free only now
            project(quads, surface, diagonal(surface.data) * 0.01)
            return quads
        tell(
            "WARNING",
            "QuadriFlow gave no mesh here (this Blender may lack it), so voxels and Decimate made it: triangles, not quads.",
        )
        method = Retopo.CLOSED
    if method is Retopo.CLOSED:
        _voxels(made, triangles)
        project(made, surface, diagonal(surface.data) * 0.01)
    decimate(made, triangles)
    return made


def decimate(thing: Object, triangles: int) -> None:
    """Collapses edges until the budget is met."""
    thing.data.validate()
    for _ in range(TRIES):
        count = triangles_of(thing.data)
        if count <= triangles * (1 + TOLERANCE / 4):
            break
        apply_modifier(thing, "DECIMATE", ratio=triangles / count, use_collapse_triangulate=True)
    _mend(thing)
    thing.data.shade_smooth()


def _mend(thing: Object) -> None:
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


def _quads(surface: Object, triangles: int, name: str) -> Object | None:
    """QuadriFlow, asked again until its count fits; None where it can't."""
    source = copy_of(surface, name)
    source.data.materials.clear()
    if triangles_of(source.data) > QUADRIFLOW_FACES:
        decimate(source, QUADRIFLOW_FACES)
    grow = QUADRIFLOW_SIZE / max(diagonal(source.data), 1e-9)
    source.data.transform(Matrix.Scale(grow, 4))
    asked, best = triangles / 2 * EXPECTED, None
    for _ in range(QUADRIFLOW_TRIES):
        tried = copy_of(source, name)
        select_only(tried)
        try:
            done = bpy.ops.object.quadriflow_remesh(target_faces=max(int(asked), 8), seed=0, use_preserve_boundary=True)
        except RuntimeError:  # an error report: built without it, or the mesh is refused
            done = {"CANCELLED"}
        count = triangles_of(tried.data)
        if done != {"FINISHED"} or not count or count == triangles_of(source.data):
            remove(tried)
            break
        _close_tears(tried)
        count = triangles_of(tried.data)
        if best is None or abs(count - triangles) < abs(triangles_of(best.data) - triangles):
            best, tried = tried, best
        if tried is not None:
            remove(tried)
        if abs(count / triangles - 1) < TOLERANCE:
            break
        asked *= triangles / count
    remove(source)
    if best is not None:
        best.data.transform(Matrix.Scale(1 / grow, 4))
        best.name = best.data.name = name
        best.data.shade_smooth()
    return best


def _close_tears(thing: Object) -> None:
    """Edges that lie beside one another are joined, and what is still torn is closed; wide holes are the scan's own."""
    work = bmesh.new()
    work.from_mesh(thing.data)
    lengths = sorted(edge.calc_length() for edge in work.edges)
    border = list({vertex for edge in work.edges if edge.is_boundary for vertex in edge.verts})
    bmesh.ops.remove_doubles(work, verts=border, dist=lengths[len(lengths) // 2] * 0.4)
    torn = [edge for edge in work.edges if edge.is_boundary]
    bmesh.ops.holes_fill(work, edges=torn, sides=TEAR)
    wide = [face for face in work.faces if len(face.verts) > 4]
    bmesh.ops.triangulate(work, faces=wide)
    work.to_mesh(thing.data)
    work.free()
    _mend(thing)
    clean(thing, 0.002)


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
