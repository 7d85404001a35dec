"""A textured box with a UV chart per side, as the engine would give it: 8 corners, split into 24."""

from __future__ import annotations

import numpy as np

from engine.datatypes import TexturedMesh, TriMesh

_CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
_SIDES = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]  # seen from outside
PICTURE = 64


def box() -> TexturedMesh:
    """Red grows to the right and green upwards in the picture, so that a flip shows. The bottom's faces are filled."""
    source = np.array([corner for side in _SIDES for corner in side], np.int32)
    faces = np.concatenate([[[4 * i, 4 * i + 1, 4 * i + 2], [4 * i, 4 * i + 2, 4 * i + 3]] for i in range(6)])
    square = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]])
    uvs = np.concatenate([(square + np.array([i % 3, i // 3])) / [3, 2] for i in range(6)]).astype(np.float32)
    picture = np.zeros((PICTURE, PICTURE, 3), np.uint8)
    picture[..., 0] = np.arange(PICTURE) * 4
    picture[..., 1] = np.arange(PICTURE)[::-1, None] * 4
    picture[..., 2] = 77
    return TexturedMesh(
        mesh=TriMesh(vertices=_CORNERS[source], faces=faces.astype(np.int32), filled=np.arange(12) < 2),
        source_vertex=source,
        uvs=uvs,
        base_colour=picture,
        guessed=np.zeros((PICTURE, PICTURE), bool),
    )


def wave(side: int, picture: int) -> TexturedMesh:
    """A waving sheet of 2 (side - 1)² faces with a picture of that size: as large as one wants."""
    x, y = np.meshgrid(np.linspace(0, 1, side, dtype=np.float32), np.linspace(0, 1, side, dtype=np.float32))
    first = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    faces = np.concatenate(
        [np.stack([first, first + 1, first + side], 1), np.stack([first + 1, first + side + 1, first + side], 1)]
    )
    vertices = np.stack([x.ravel(), y.ravel(), 0.05 * np.sin(9 * x * y).ravel()], 1)
    colour = np.random.default_rng(1).integers(0, 40, (picture, picture, 3), np.uint8) + np.uint8(90)
    return TexturedMesh(
        mesh=TriMesh(vertices=vertices, faces=faces.astype(np.int32), filled=np.zeros(len(faces), bool)),
        source_vertex=np.arange(side * side, dtype=np.int32),
        uvs=vertices[:, :2],
        base_colour=colour,
        guessed=np.zeros((picture, picture), bool),
    )
