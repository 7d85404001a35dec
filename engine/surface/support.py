"""Which parts of an extrapolated surface were measured: near enough to enough points, and not where photos look through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..datatypes import F32, F64, I32, Bool, DepthMap, PointCloud
from ..geometry import project
from ..report import Step
from .neighbours import PointTree
from .topology import spread, vertex_normals

ASKED = 3  # points that must be near, so that one stray supports nothing
FAR = 6.0  # spacings: beyond this, far is far


def isolation(vertices: F32, faces: I32, cloud: PointCloud, tree: PointTree, step: Step) -> F64:
    """How far each vertex is from its third nearest point of the same orientation, in that point's spacings, up to FAR."""
    index, distance = tree.nearest(vertices, ASKED, step.check)
    far = distance[:, -1] / cloud.spacing[index].mean(1)
    agreeing = (cloud.normals[index].mean(1) * vertex_normals(vertices, faces)).sum(1) > 0
    far = np.where(agreeing, np.minimum(far, FAR), FAR)
    return spread(far, faces, 3)  # a smooth measure is cut along a smooth line


def seen_through(vertices: F32, maps: Sequence[DepthMap], spacing: F32, step: Step) -> tuple[Bool, Bool]:
    """Vertices that lie clearly in front of what several views measured, and those that several views confirm."""
    through = np.zeros(len(vertices), np.int16)
    confirmed = np.zeros(len(vertices), np.int16)
    world = vertices.astype(np.float64)
    for one in maps:
        nearest, farthest = _window(one)
        pixel, depth = project(one.view, world)
        height, width = one.depth.shape
        inside = (depth > 0) & (pixel >= 0).all(1) & (pixel[:, 0] < width) & (pixel[:, 1] < height)
        who = np.nonzero(inside)[0]
        x, y = pixel[who].astype(np.int32).T
        low, high, z = nearest[y, x], farthest[y, x], depth[who]
        slack = np.maximum(4 * z / one.view.K[0, 0], 2 * spacing[who])
        known = high > 0
        through[who[known & (z < low - slack)]] += 1
        confirmed[who[known & (z > low - slack / 2) & (z < high + slack / 2)]] += 1
        step.advance()
    return (through >= 3) & (through > 2 * confirmed), confirmed >= 2


def _window(one: DepthMap) -> tuple[F32, F32]:
    """The nearest and farthest known depth in the 3 x 3 pixels around each; 0 where the middle is unknown."""
    import cv2

    square = np.ones((3, 3), np.uint8)
    known = one.depth > 0
    nearest = cv2.erode(np.where(known, one.depth, np.float32(np.inf)), square)
    farthest = cv2.dilate(one.depth, square)
    return np.where(known, nearest, 0).astype(np.float32), np.where(known, farthest, 0).astype(np.float32)
