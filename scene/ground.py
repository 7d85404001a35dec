"""Where the model should stand: floor, front and origin as changes of Blender's world, for `model.move`."""

from __future__ import annotations

import bmesh
import numpy as np
from mathutils import Matrix, Vector

from . import surface
from .errors import ModelError
from .model import Model, move
from .moving import set_pivot

UP, FRONT = Vector((0, 0, 1)), Vector((0, -1, 0))  # Blender's front view looks along +Y, at what faces -Y
FLAT = 0.02  # three points in a line: the triangle's height over its longest side
DIRECTIONS = 800  # in which the outermost vertices are looked for
CHUNK = 128  # vertices at once: little enough for the cache, and for the BLAS to wake no threads
STEEPEST = 0.6  # cosine: a side that leans further than this from the ground is none to stand on
SAME_SIDE = 0.9995  # cosine: triangles of the hull that are one side
LEVEL = 1e-6


def floor_through(model: Model, points: list[Vector]) -> Matrix:
    """Three points on the model's underside become the ground."""
    a, b, c = points
    normal = (b - a).cross(c - a)
    longest = max((b - a).length, (c - a).length, (c - b).length)
    if longest == 0 or normal.length < FLAT * longest**2:
        raise ModelError("The three points lie in a line: pick them further apart.")
    middle = (a + b + c) / 3
    return floor_at(middle, _towards_model(model, middle, normal.normalized()))


def floor_under(model: Model, hit: surface.Hit) -> Matrix:
    """The side around a place becomes the ground: it looks down from now on."""
    point, normal = surface.side_of(model.mesh, hit)
    return floor_at(point, -normal)


def floor_of_face(model: Model, face: int) -> Matrix:
    """The same for one face, by its number."""
    if not 0 <= face < len(model.mesh.data.polygons):
        raise ModelError(f"The model has no face number {face}.")
    polygon = model.mesh.data.polygons[face]
    world = model.mesh.matrix_world
    normal = (world.to_3x3().inverted_safe().transposed() @ polygon.normal).normalized()
    return floor_at(world @ polygon.center, -normal)


def floor_at(point: Vector, up: Vector) -> Matrix:
    """The plane through `point` becomes z = 0, `up` points to +Z; the model turns as little as it can."""
    turn = up.rotation_difference(UP).to_matrix().to_4x4()
    ground = Vector((point.x, point.y, 0))
    return Matrix.Translation(ground) @ turn @ Matrix.Translation(-point)


def floor_from_lowest(model: Model) -> Matrix:
    """Stands the model on what it would rest on: the flat side of its hull below its middle; else its lowest point."""
    places = surface.corners(model.mesh)
    side = _resting_side(places)
    if side is None:
        low = places[places[:, 2].argmin()]
        return Matrix.Translation((0, 0, -low[2]))
    point, normal = side
    change = floor_at(Vector(point), Vector(-normal))
    turned = np.array(change, np.float64)
    lowest = float((places @ turned[2, :3]).min() + turned[2, 3])  # a side is a little rough
    return Matrix.Translation((0, 0, -lowest)) @ change


def front_towards(model: Model, direction: Vector) -> Matrix:
    """Turns the model about its upright axis until the side that looks along `direction` looks to the front."""
    level = Vector((direction.x, direction.y, 0))
    if level.length < LEVEL * max(direction.length, LEVEL):
        raise ModelError("That side looks straight up or down: pick one that looks sideways.")
    angle = np.arctan2(FRONT.y, FRONT.x) - np.arctan2(level.y, level.x)
    pivot = model.mesh.matrix_world.translation
    return Matrix.Translation(pivot) @ Matrix.Rotation(angle, 4, "Z") @ Matrix.Translation(-pivot)


def side_towards(model: Model, hit: surface.Hit) -> Vector:
    """The direction that the side around a place looks to; on top and below, the way there from the model's middle."""
    _, normal = surface.side_of(model.mesh, hit)
    if Vector((normal.x, normal.y)).length > 0.25:
        return normal
    return hit.point - _middle(model, Matrix())


def centred(model: Model, change: Matrix) -> Matrix:
    """The change, and the model's middle above the world's origin after it."""
    middle = _middle(model, change)
    return Matrix.Translation((-middle.x, -middle.y, 0)) @ change


def put_at_origin(model: Model, point: Vector) -> None:
    """The model moves until `point` lies at the world's origin, and turns about it from then on."""
    move(model, Matrix.Translation(-point))
    set_pivot(model.mesh, Vector())


def _middle(model: Model, change: Matrix) -> Vector:
    """Of the bounding box that the model has after a change."""
    turn = np.array(change)
    places = surface.corners(model.mesh) @ turn[:3, :3].T + turn[:3, 3]
    return Vector((places.min(axis=0) + places.max(axis=0)) / 2)


def _towards_model(model: Model, point: Vector, normal: Vector) -> Vector:
    """The plane's normal on the side where most of the model is; where it is even, where the cameras are."""
    places = surface.corners(model.mesh)
    heights = (places - np.array(point)) @ np.array(normal)
    above = float(np.clip(heights / max(np.abs(heights).max(), 1e-12), -1, 1).mean())
    if abs(above) < 0.02 and model.cameras:
        above = sum((camera.matrix_world.translation - point).dot(normal) for camera in model.cameras)
    return normal if above >= 0 else -normal


def _resting_side(places: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(point, outward normal) of the side of the hull that faces down most and has the model's middle above it."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    weight = places.mean(axis=0)
    outer = _outermost(places - middle)
    sides = _hull_sides(outer)
    best = None
    for normal, triangles in sides:
        if -normal[2] < STEEPEST or (best is not None and -normal[2] <= -best[1][2]):
            continue
        if any(_is_above(weight - middle, triangle, normal) for triangle in triangles):
            best = triangles[0][0] + middle, normal
    return best


def _outermost(places: np.ndarray) -> np.ndarray:
    """The vertices that reach furthest down and sideways; the hull needs no others."""
    i = np.arange(DIRECTIONS) + 0.5
    z = -1 + 1.3 * i / DIRECTIONS  # all but the top
    angle, ring = i * 2.399963, np.sqrt(1 - np.clip(z, -1, 1) ** 2)
    ways = np.stack([ring * np.cos(angle), ring * np.sin(angle), z], 1).astype(np.float32)
    found = np.zeros(DIRECTIONS, np.int64)
    reach = np.full(DIRECTIONS, -np.inf, np.float32)
    flat = np.ascontiguousarray(places.T, np.float32)
    for start in range(0, len(places), CHUNK):
        along = ways @ flat[:, start : start + CHUNK]
        best = along.argmax(axis=1)
        value = along[np.arange(DIRECTIONS), best]
        better = value > reach
        found[better], reach[better] = best[better] + start, value[better]
    return np.unique(places[np.unique(found)], axis=0)


def _hull_sides(outer: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The hull's flat sides, the one with the largest triangle first: (outward normal, triangles (N, 3, 3))."""
    triangles = _hull(outer)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    triangles, normals = triangles[order], normals[order] / lengths[order, None]
    inwards = np.einsum("ij,ij->i", normals, triangles[:, 0]) <= 0  # the middle is inside
    normals[inwards] *= -1
    firsts: list[int] = []  # each side goes by its largest triangle
    side_of = np.empty(len(order), np.int64)
    for index, normal in enumerate(normals):
        same = np.flatnonzero(normals[firsts] @ normal > SAME_SIDE)
        side_of[index] = same[0] if len(same) else len(firsts)
        if not len(same):
            firsts.append(index)
    return [(normals[first], triangles[side_of == side]) for side, first in enumerate(firsts)]


def _hull(outer: np.ndarray) -> np.ndarray:
    """(F, 3, 3) the triangles of the convex hull."""
    shell = bmesh.new()
    try:
        for place in outer:
            shell.verts.new(place)
        shell.verts.index_update()
        made = bmesh.ops.convex_hull(shell, input=shell.verts, use_existing_faces=False)
        faces = [part for part in made["geom"] if isinstance(part, bmesh.types.BMFace)]
        corners = [vertex.index for face in faces for vertex in face.verts[:3]]
        return outer[np.array(corners, np.int64).reshape(-1, 3)]
    finally:
        shell.free()


def _is_above(point: np.ndarray, triangle: np.ndarray, normal: np.ndarray) -> bool:
    """Whether the point, let down along the normal, falls into the triangle."""
    a, b, c = triangle
    signs = [float(np.cross(q - p, point - p) @ normal) for p, q in ((a, b), (b, c), (c, a))]
    size = float(abs(np.cross(b - a, c - a) @ normal))
    return all(sign >= -1e-6 * size for sign in signs) or all(sign <= 1e-6 * size for sign in signs)
