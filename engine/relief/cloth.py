"""A layer's surface: a grid over its picture that follows its depth, with a cell to spare around it."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, F64, Bool, TriMesh
from ..single import Part, UvMesh
from .frame import in_camera, to_world


def cloth(inverse: F32, support: Bool, invented: Bool, K: F64, cam_from_world: F64, faces: int) -> UvMesh:
    """`inverse` must be there everywhere; the grid covers all of `support`."""
    height, width = support.shape
    cell = _cell(support, faces)
    across, down = max(int(np.ceil(width / cell)), 1), max(int(np.ceil(height / cell)), 1)
    x, y = np.meshgrid(np.linspace(0, width, across + 1), np.linspace(0, height, down + 1))
    used = cv2.dilate(_cells(support, across, down).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    blurred = cv2.GaussianBlur(inverse, (0, 0), max(cell / 6, 0.3))
    at = np.float32(x - 0.5), np.float32(y - 0.5)
    q = cv2.remap(blurred, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    points = to_world(in_camera(pixels, 1 / q.ravel().astype(np.float64), K), cam_from_world)
    number = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (corner[used] for corner in (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]))
    quads = np.stack([np.stack([a, d, c], 1), np.stack([a, c, b], 1)], 1).reshape(-1, 3)
    kept, triangles = np.unique(quads, return_inverse=True)
    made_up = np.repeat(~_cells(support & ~invented, across, down)[used], 2)
    mesh = TriMesh(
        vertices=points[kept].astype(np.float32),
        faces=triangles.reshape(-1, 3).astype(np.int32),
        filled=made_up,
    )
    uvs = np.stack([x.ravel() / width, 1 - y.ravel() / height], 1)[kept].astype(np.float32)
    return UvMesh(mesh=mesh, uvs=uvs, part=np.full(len(quads), Part.FRONT.value, np.uint8))


def _cell(support: Bool, faces: int) -> float:
    """Its side in pixels, so that the covered cells make about so many triangles."""
    area = max(float(support.sum()), 1.0)
    cell = max(float(2 * area / max(faces, 2)) ** 0.5, 1.0)
    rim = float(np.count_nonzero(np.diff(support.astype(np.int8), axis=0))) * 2
    return float(max((2 * (area + 2 * rim * cell) / max(faces, 2)) ** 0.5, 1.0))


def _cells(mask: Bool, across: int, down: int) -> Bool:
    """(down, across): whether a cell holds any of it."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    held = np.zeros((down, across), bool)
    held[np.minimum(rows * down // height, down - 1), np.minimum(columns * across // width, across - 1)] = True
    return held
