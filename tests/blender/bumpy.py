"""A made-up scan: a textured sphere with bumps and a deep crease around it, on its own result folder; some 20,000 triangles."""

from __future__ import annotations

import numpy as np
from bpy.types import Mesh, Object

from engine.datatypes import TexturedMesh, TriMesh

ROWS, COLUMNS = 80, 128
RADIUS = 0.5
PICTURE = 512
BUDGET = 2000  # triangles that the tests ask for


def radius_at(polar: np.ndarray, around: np.ndarray) -> np.ndarray:
    """The distance from the middle: bumps everywhere, a groove at the equator."""
    bumps = 0.008 * np.sin(11 * around) * np.sin(9 * polar) * np.sin(polar) ** 2
    groove = 0.12 * np.exp(-(((polar - np.pi / 2) / 0.07) ** 2))
    return RADIUS * (1 + bumps - groove)


def bumpy_sphere() -> TexturedMesh:
    """Closed but for the UV seam; red grows with z, green around. A crumb floats beside it."""
    polar, around = np.meshgrid(
        np.linspace(0.0, np.pi, ROWS + 1), np.linspace(0, 2 * np.pi, COLUMNS + 1), indexing="ij"
    )
    distance = radius_at(polar, around)
    points = np.stack(
        [
            distance * np.sin(polar) * np.cos(around),
            distance * np.sin(polar) * np.sin(around),
            distance * np.cos(polar),
        ],
        -1,
    )
    points[0], points[-1] = points[0, 0], points[-1, 0]
    index = np.arange((ROWS + 1) * (COLUMNS + 1)).reshape(ROWS + 1, COLUMNS + 1)
    a, b, c, d = index[:-1, :-1].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    upper, lower = np.stack([a, b, c], 1), np.stack([a, c, d], 1)
    faces = np.concatenate([upper[: -COLUMNS or None], lower[COLUMNS:]])
    source = index.copy()
    source[:, -1] = source[:, 0]  # the seam is welded
    source[0], source[-1] = source[0, 0], source[-1, 0]
    uvs = np.stack([around / (2 * np.pi), 1 - polar / np.pi], -1).reshape(-1, 2)
    crumb = np.array([[0.9, 0, 0], [0.92, 0, 0], [0.9, 0.02, 0], [0.9, 0, 0.02]])
    count = index.size
    faces = np.concatenate([faces, count + np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])])
    vertices = np.concatenate([points.reshape(-1, 3), crumb])
    picture = np.zeros((PICTURE, PICTURE, 3), np.uint8)
    picture[..., 0] = np.linspace(250, 5, PICTURE)[:, None]
    picture[..., 1] = (127 + 120 * np.cos(np.linspace(0, 2 * np.pi, PICTURE))).astype(np.uint8)
    picture[..., 2] = 60
    return TexturedMesh(
        mesh=TriMesh(
            vertices=vertices.astype(np.float32), faces=faces.astype(np.int32), filled=np.zeros(len(faces), bool)
        ),
        source_vertex=np.concatenate([source.ravel(), count + np.arange(4)]).astype(np.int32),
        uvs=np.concatenate([uvs, np.zeros((4, 2))]).astype(np.float32),
        base_colour=picture,
        guessed=np.zeros((PICTURE, PICTURE), bool),
    )


def triangles(mesh: Mesh) -> int:
    """How many a mesh has, whatever its polygons."""
    return len(mesh.loops) - 2 * len(mesh.polygons)


def coordinates(thing: Object) -> np.ndarray:
    """(V, 3) in Blender's world."""
    return np.array([thing.matrix_world @ vertex.co for vertex in thing.data.vertices])
