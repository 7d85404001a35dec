"""The made-up scene's sphere and box as quads with UVs that are laid out by hand: what an artist's own mesh may look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.datatypes import GivenMesh, TriMesh
from tests.synthetic import BOX_HIGH, BOX_LOW, SPHERE_CENTRE, SPHERE_RADIUS

COLUMNS, ROWS = 4, 3
MARGIN = 0.02  # of a patch, on each side


@dataclass(frozen=True)
class Patches:
    """Eleven square patches: five sides of the box, then the sphere's six."""

    mesh: GivenMesh
    kinds: np.ndarray  # (F,) 1 sphere, 2 box
    patch: np.ndarray  # (F,)


def _sides() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of a cube from -1 to 1: outward normal, then right and up, seen from outside. The bottom comes last."""
    out = []
    for axis, sign in ((0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1)):
        normal, up = np.zeros(3), np.zeros(3)
        normal[axis] = sign
        up[(axis + 1) % 3] = 1
        out.append((normal, np.cross(up, normal), up))
    return out


def patches(cells: int = 12) -> Patches:
    """Each patch is a grid of quads, two triangles each; all in the first square, apart from one another."""
    steps = np.linspace(-1, 1, cells + 1)
    a, b = np.meshgrid(steps, steps)
    a, b = a.ravel(), b.ravel()
    first = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    quads = np.stack([first, first + 1, first + cells + 2, first + cells + 1], 1)
    triangles = quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)
    vertices, faces, uvs, kinds = [], [], [], []
    for number in range(11):
        normal, right, up = _sides()[number if number < 5 else number - 5]
        cube = normal + a[:, None] * right + b[:, None] * up
        if number < 5:
            vertices.append((BOX_LOW + BOX_HIGH) / 2 + cube * (BOX_HIGH - BOX_LOW) / 2)
        else:
            vertices.append(SPHERE_CENTRE + SPHERE_RADIUS * cube / np.linalg.norm(cube, axis=1, keepdims=True))
        square = (np.stack([a, b], 1) + 1) / 2 * (1 - 2 * MARGIN) + MARGIN
        uvs.append(((square + np.array([number % COLUMNS, number // COLUMNS])) / [COLUMNS, ROWS])[triangles])
        faces.append(triangles + number * len(a))
        kinds.append(np.full(len(triangles), 2 if number < 5 else 1))
    count = len(triangles) * 11
    surface = TriMesh(
        vertices=np.concatenate(vertices).astype(np.float32),
        faces=np.concatenate(faces).astype(np.int32),
        filled=np.zeros(count, bool),
    )
    mesh = GivenMesh(
        surface=surface,
        polygons=(np.arange(count) // 2).astype(np.int32),
        corner_uvs=np.concatenate(uvs).astype(np.float32),
    )
    return Patches(mesh, np.concatenate(kinds), np.repeat(np.arange(11), len(triangles)))


def spread(mesh: GivenMesh, count: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points all over the surface: face, shares of its corners, place in world, UV."""
    rng = np.random.default_rng(5)
    corners = mesh.surface.vertices[mesh.surface.faces].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = rng.choice(len(area), count, p=area / area.sum())
    share = rng.dirichlet([1, 1, 1], count)
    uv = (mesh.corner_uvs[face] * share[..., None]).sum(1)
    return face, share, (corners[face] * share[..., None]).sum(1), uv


def sample(picture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """(n, C) bilinear; the picture's first row is on top, UVs start at the lower left."""
    size = picture.shape[0]
    x, y = uv[:, 0] * size - 0.5, (1 - uv[:, 1]) * size - 0.5
    x0, y0 = np.clip(np.floor(x).astype(int), 0, size - 2), np.clip(np.floor(y).astype(int), 0, size - 2)
    fx, fy = np.clip(x - x0, 0, 1)[:, None], np.clip(y - y0, 0, 1)[:, None]
    t = picture.astype(float).reshape(size, size, -1)
    top = t[y0, x0] * (1 - fx) + t[y0, x0 + 1] * fx
    bottom = t[y0 + 1, x0] * (1 - fx) + t[y0 + 1, x0 + 1] * fx
    return top * (1 - fy) + bottom * fy


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a - b) ** 2)))
