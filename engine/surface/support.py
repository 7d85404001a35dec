"""Which parts of an extrapolated surface were measured: near enough to enough points, and not where photos look through."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, DepthMap, PointCloud
from ..report import Step
from .neighbours import PointTree
from .topology import spread, vertex_normals

ASKED = 3  # points that must be near, so that one stray supports nothing
EDGE = 1  # pixel: so far an outline may be off
FAR = 6.0  # spacings: beyond this, far is far
_CHUNK = 500_000  # points between two looks at the cancel button


def isolation(vertices: F32, faces: I32, cloud: PointCloud, tree: PointTree, step: Step) -> F64:
    """How far each vertex is from its third nearest point of the same orientation, in that point's spacings, up to FAR."""
    index, distance = tree.nearest(vertices, ASKED, step.check)
    far = distance[:, -1] / cloud.spacing[index].mean(1)
    agreeing = (cloud.normals[index].mean(1) * vertex_normals(vertices, faces)).sum(1) > 0
    far = np.where(agreeing, np.minimum(far, FAR), FAR)
    return spread(far, faces, 3)  # a smooth measure is cut along a smooth line


def votes(points: F32, spacing: F32, maps: Iterable[DepthMap], step: Step) -> tuple[I32, I32]:
    """Per point: how many views looked through it, and how many measured it where it is.

    A view looks through a point when it measured something clearly behind it, or shows nothing of the subject there: whatever
    hides it, a part of the subject lies within its outline.
    """
    through = np.zeros(len(points), np.int32)
    confirmed = np.zeros(len(points), np.int32)
    for one in maps:
        nearest, farthest = _window(one)
        empty = cv2.erode(one.empty.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=EDGE, borderValue=1).ravel()
        height, width = one.depth.shape
        matrix = (one.view.K @ one.view.cam_from_world).astype(np.float32)
        for start in range(0, len(points), _CHUNK):
            part = slice(start, start + _CHUNK)
            x, y, depth = matrix[:, :3] @ points[part].T + matrix[:, 3:]
            with np.errstate(divide="ignore", invalid="ignore"):
                x, y = x / depth, y / depth
            inside = (depth > 0) & (x >= 0) & (y >= 0) & (x < width) & (y < height)
            who = np.nonzero(inside)[0]
            pixel = y[who].astype(np.int32) * width + x[who].astype(np.int32)
            low, high, z = nearest.ravel()[pixel], farthest.ravel()[pixel], depth[who]
            slack = np.maximum(2 * z / np.float32(one.view.K[0, 0]), spacing[part][who])
            known = high > 0
            through[start + who[(known & (z < low - 2 * slack)) | (empty[pixel] > 0)]] += 1
            confirmed[start + who[known & (z > low - slack) & (z < high + slack)]] += 1
            step.check()
        step.advance()
    return through, confirmed


def _window(one: DepthMap) -> tuple[F32, F32]:
    """The nearest and farthest known depth in the 3 x 3 pixels around each; 0 where the middle is unknown."""
    square = np.ones((3, 3), np.uint8)
    known = one.depth > 0
    nearest = cv2.erode(np.where(known, one.depth, np.float32(np.inf)), square)
    farthest = cv2.dilate(one.depth, square)
    return np.where(known, nearest, 0).astype(np.float32), np.where(known, farthest, 0).astype(np.float32)
