"""Pictures of a relief from any camera, and how well they match the photo: for tests, figures and eyes."""

from __future__ import annotations

import cv2
import numpy as np

from engine.datatypes import F64, U8, Bool
from engine.kernels.shot import seen
from engine.kernels.texture_cover import NOBODY
from engine.relief.frame import LEVEL, projected
from engine.single import UvMesh


def shot(surface: UvMesh, photo: U8, cam_from_world: F64, K: F64, width: int, height: int) -> tuple[U8, Bool]:
    """(H, W, 3) what a camera sees, each pixel's centre, the photo read bilinearly; and where it sees anything."""
    vertices = surface.mesh.vertices.astype(np.float64)
    depth = (vertices @ cam_from_world[:, :3].T + cam_from_world[:, 3])[:, 2]
    safe = np.where(np.abs(depth) < 1e-9, -1e-9, depth)
    pixels = projected(vertices, cam_from_world, K)
    owner, _ = seen(pixels, safe, surface.mesh.faces, width, height)
    covered = owner != NOBODY
    rows, columns = np.nonzero(covered)
    face = surface.mesh.faces[owner[rows, columns]]
    share = _shares(pixels[face], safe[face], columns + 0.5, rows + 0.5)
    uv = (surface.uvs[face].astype(np.float64) * share[..., None]).sum(1)
    place_x = np.zeros((height, width), np.float32)
    place_y = np.zeros((height, width), np.float32)
    place_x[rows, columns] = uv[:, 0] * photo.shape[1] - 0.5
    place_y[rows, columns] = (1 - uv[:, 1]) * photo.shape[0] - 0.5
    picture = cv2.remap(photo, place_x, place_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    picture[~covered] = (255, 0, 255)
    return np.asarray(picture, np.uint8), covered


def _shares(corner: F64, depth: F64, x: F64, y: F64) -> F64:
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    p = np.stack([x, y], 1)

    def cross(u: F64, v: F64) -> F64:
        return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])

    flat = np.stack([cross(b - p, c - p), cross(c - p, a - p), cross(a - p, b - p)], 1) / depth
    return np.asarray(flat / flat.sum(1, keepdims=True))


def psnr(one: U8, other: U8) -> float:
    """Decibels."""
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def around(pivot: float, aside: float, above: float = 0.0, back: float = 0.0) -> F64:
    """cam_from_world of a camera that went around a point in front of it, degrees to the side and up."""
    turn = cv2.Rodrigues(np.radians([above, 0.0, 0.0]))[0] @ cv2.Rodrigues(np.radians([0.0, aside, 0.0]))[0]
    middle = np.array([0.0, 0.0, pivot])
    shift = middle * (1 + back) - turn @ middle
    return np.concatenate([turn @ LEVEL[:, :3], (turn @ LEVEL[:, 3] + shift)[:, None]], 1)
