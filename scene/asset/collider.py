"""Sixth step: a box or a convex hull around the mesh, with few triangles; by construction it holds the whole mesh."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
from bpy.types import Mesh, Object

from .settings import Collider
from .tools import coordinates, new_object

TOUCH = 1e-4  # of the size: planes lie so far outside, so that rounding leaves nothing out


def make_collider(thing: Object, kind: Collider, triangles: int, name: str) -> Object:
    """The collider of an object, in its place."""
    points = coordinates(thing.data).astype(np.float64)
    mesh = _box(points, name) if kind is Collider.BOX else _convex(points, triangles, name)
    made = new_object(name, mesh)
    made.matrix_world = thing.matrix_world
    made.display_type = "WIRE"
    made.hide_render = True
    return made


def _box(points: np.ndarray, name: str) -> Mesh:
    low, high = points.min(0), points.max(0)
    touch = TOUCH * float(np.linalg.norm(high - low))
    corners = [(x, y, z) for z in (low[2], high[2]) for y in (low[1], high[1]) for x in (low[0], high[0])]
    corners = [
        tuple(np.where(np.array(c) > (low + high) / 2, np.array(c) + touch, np.array(c) - touch)) for c in corners
    ]
    sides = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], [corner for s in sides for corner in ((s[0], s[1], s[2]), (s[0], s[2], s[3]))])
    mesh.update()
    return mesh


def _convex(points: np.ndarray, triangles: int, name: str) -> Mesh:
    """Planes that touch the mesh from outside, as many as the budget allows; what lies behind all of them is the collider.

    A simplified hull would cut corners off. k planes give at most 4k − 12 triangles.
    """
    corners, faces = _hull(points)
    if len(faces) <= triangles:
        return _mesh_of(corners, faces, name)
    normals = _directions(corners, faces, max((triangles + 12) // 4, 6))
    size = float(np.linalg.norm(np.ptp(points, axis=0)))
    middle = corners.mean(0)
    away = (normals @ (corners - middle).T).max(1) + TOUCH * size
    # The polytope's corners are the faces of the hull of the planes' duals.
    planes, cells = _hull(normals / away[:, None])
    duals = planes[cells]
    cross = np.cross(duals[:, 1] - duals[:, 0], duals[:, 2] - duals[:, 0])
    offset = (cross * duals[:, 0]).sum(1)
    solid = np.abs(offset) > 1e-12 * np.abs(offset).max()
    return _mesh_of(*_hull(cross[solid] / offset[solid, None] + middle), name)


def _directions(corners: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) the six ways along the axes, then the hull's own sides, the largest that is least alike first."""
    a, b, c = (corners[faces[:, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    normals = cross[area > 0] / area[area > 0, None]
    inwards = ((a[area > 0] - corners.mean(0)) * normals).sum(1) < 0
    normals[inwards] *= -1
    area = area[area > 0]
    chosen = np.concatenate([np.eye(3), -np.eye(3)])
    nearest = (normals @ chosen.T).max(1)
    while len(chosen) < count:
        best = int(np.argmax(area**0.25 * (1 - nearest)))
        if nearest[best] > 0.9999:
            break
        chosen = np.concatenate([chosen, normals[best][None]])
        nearest = np.maximum(nearest, normals @ normals[best])
    return chosen


def _hull(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners (V, 3) and triangles (F, 3) of the convex hull; its order keeps the points' where all are corners."""
    work = bmesh.new()
    number = work.verts.layers.int.new("number")
    middle, size = points.mean(0), max(float(np.abs(points - points.mean(0)).max()), 1e-30)
    for index, point in enumerate((points - middle) / size):  # Blender's hull works in single precision
        work.verts.new(point.tolist())[number] = index
    work.verts.ensure_lookup_table()
    bmesh.ops.convex_hull(work, input=work.verts[:], use_existing_faces=False)
    bmesh.ops.triangulate(work, faces=work.faces[:])
    faces = np.array([[vertex[number] for vertex in face.verts] for face in work.faces], np.int64).reshape(-1, 3)
    work.free()
    used, index = np.unique(faces, return_inverse=True)
    if len(used) == len(points):
        return points, faces
    return points[used], index.reshape(-1, 3)


def _mesh_of(corners: np.ndarray, faces: np.ndarray, name: str) -> Mesh:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners.tolist(), [], faces.tolist())
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.recalc_face_normals(work, faces=work.faces[:])
    work.to_mesh(mesh)
    work.free()
    mesh.update()
    return mesh
