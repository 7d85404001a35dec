"""Readies the fused points for meshing: throws out strays, thins what is denser than the mesh can show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..datatypes import F64, Bool, PointCloud
from ..report import Step
from .neighbours import Cells, PointTree

CROWD = 6  # a point with fewer than this many others around it …
CROWD_RADIUS = 4.0  # … within so many spacings is a stray


def subset(cloud: PointCloud, keep: NDArray[np.bool_] | NDArray[np.integer]) -> PointCloud:
    return PointCloud(
        points=cloud.points[keep],
        normals=cloud.normals[keep],
        colours=cloud.colours[keep],
        support=cloud.support[keep],
        spacing=cloud.spacing[keep],
    )


def finite(cloud: PointCloud) -> PointCloud:
    """Without points that hold no number, have no direction or no size."""
    length = np.linalg.norm(cloud.normals, axis=1)
    with np.errstate(invalid="ignore"):
        ok = np.isfinite(cloud.points).all(1) & np.isfinite(length) & (length > 0.5) & (cloud.spacing > 0)
    return cloud if ok.all() else subset(cloud, ok)


def strays(cloud: PointCloud, step: Step) -> Bool:
    """Points that stand alone, or whose normal contradicts their surroundings'."""
    tree = PointTree(cloud.points)
    index, distance = tree.nearest(cloud.points, CROWD + 1, step.check)
    lonely = distance[:, -1] > CROWD_RADIUS * cloud.spacing
    around = cloud.normals[index[:, 1:]].sum(1)
    contrary = (around * cloud.normals).sum(1) < 0
    return np.asarray(lonely | contrary)


def thinned(cloud: PointCloud, size: float) -> PointCloud:
    """One mean point per cell of `size`: less noise, less memory."""
    cells = Cells(cloud.points, size)
    normals = cells.mean(cloud.normals)
    length = np.linalg.norm(normals, axis=1)
    ok = length > 0.3  # a thin sheet seen from both sides cancels out: keep its points as they are
    both = ~ok[cells.of_point]
    normals = normals[ok] / length[ok, None]
    joined = PointCloud(
        points=cells.mean(cloud.points - cells.low.astype(np.float32))[ok].astype(np.float32)
        + cells.low.astype(np.float32),
        normals=normals.astype(np.float32),
        colours=cells.mean(cloud.colours)[ok].round().astype(np.uint8),
        support=cells.mean(cloud.support)[ok].round().astype(np.int32),
        spacing=np.maximum(cells.mean(cloud.spacing)[ok], 0.7 * size).astype(np.float32),
    )
    return merged(joined, subset(cloud, both))


def merged(one: PointCloud, other: PointCloud) -> PointCloud:
    return PointCloud(
        points=np.concatenate([one.points, other.points]),
        normals=np.concatenate([one.normals, other.normals]),
        colours=np.concatenate([one.colours, other.colours]),
        support=np.concatenate([one.support, other.support]),
        spacing=np.concatenate([one.spacing, other.spacing]),
    )


def area(cloud: PointCloud, pitch: float) -> float:
    """About the area that the points cover: occupied cells of four spacings, each crossed once."""
    size = 4 * pitch
    return 0.75 * len(Cells(cloud.points, size)) * size**2


def base_plate(cloud: PointCloud, depth: F64, pitch: float) -> PointCloud:
    """Points that face down, `depth` below each occupied square of the ground plan: a closed underside."""
    flat = cloud.points.astype(np.float64) - np.array([0, 0, 1.0]) * depth[:, None]
    shadow = flat.copy()
    shadow[:, 2] = 0
    cells = Cells(shadow, pitch)
    where = cells.mean(flat)
    count = len(where)
    return PointCloud(
        points=where.astype(np.float32),
        normals=np.tile(np.array([0, 0, -1], np.float32), (count, 1)),
        colours=np.zeros((count, 3), np.uint8),
        support=np.zeros(count, np.int32),
        spacing=np.full(count, pitch, np.float32),
    )
