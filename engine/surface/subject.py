"""Finds what the cameras circle: where their axes meet, what stands there, and the ground that it stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, F64, Bool, PointCloud, Sparse, View
from ..geometry import project, view_of
from .ground import Ground, find_ground
from .neighbours import Cells, Index, PointTree, components

MIN_SPREAD = 0.02  # axes that all lie within about 8 degrees of one another circle nothing
MAX_MISS = 0.25  # how far the axes may pass by their meeting point, in camera distances
ZONE = 0.8  # the subject lies within this share of the nearer cameras' distance
MIN_SHARE = 0.02  # of all points: less is no subject
NEAR = 0.15  # a piece this close to the main one, in the subject's diagonals, belongs to it


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The part of the scene to keep. `why` says in plain words what was found, or why everything is kept."""

    why: str
    low: F64  # bounds of what is measured, without the margin
    high: F64
    ground: Ground | None
    keeps: Callable[[NDArray[np.floating], float], Bool]  # (points, extra width) -> inside the region?
    is_all: bool

    @property
    def diagonal(self) -> float:
        return float(np.linalg.norm(self.high - self.low))


def whole_scene(cloud: PointCloud, why: str) -> Subject:
    """Keeps everything but the farthest thousandth on each side: strays in the sky would make the scene huge."""
    low, high = np.quantile(cloud.points, [0.001, 0.999], axis=0).astype(np.float64)
    edge = 0.05 * (high - low)

    def keeps(points: NDArray[np.floating], extra: float) -> Bool:
        return np.asarray(((points > low - edge - extra) & (points < high + edge + extra)).all(1))

    return Subject(why=why, low=low, high=high, ground=None, keeps=keeps, is_all=True)


def find_subject(cloud: PointCloud, sparse: Sparse, pitch: float, margin: float) -> Subject:
    """The thing that the cameras circle with `margin` (of its diagonal) around it; the whole scene if there is none."""
    views = [view_of(one, sparse.cameras[one.camera_id], 1000) for one in sparse.posed]
    meeting = meeting_point(views)
    if meeting is None:
        return whole_scene(cloud, "the cameras do not circle one thing: everything is kept")
    distances = np.array([np.linalg.norm(view.centre_in_world - meeting) for view in views])
    reach = ZONE * float(np.quantile(distances, 0.3))
    cells = Cells(cloud.points, max(reach / 96, 4 * pitch))
    centres = cells.centres
    near = np.linalg.norm(centres - meeting, axis=1) < reach
    seen = seen_by(views, centres)
    near &= seen >= max(2, round(0.3 * len(views)))
    normals = cells.mean(cloud.normals)
    ground = find_ground(cells.mean(cloud.points)[near], normals[near], meeting, reach, cells.size)
    standing = near.copy()
    if ground is not None:
        standing &= ground.height(cells.mean(cloud.points)) > ground.thickness
    chosen = _pieces(cells, standing, seen / len(views))
    if chosen is None or cells.count[chosen].sum() < MIN_SHARE * len(cloud.points):
        return whole_scene(cloud, "where the cameras look there is too little to be a subject: everything is kept")
    body = centres[chosen]
    low, high = np.quantile(body, [0.002, 0.998], axis=0)
    width = margin * float(np.linalg.norm(high - low))
    if ground is not None:
        keeps = _on_ground(body, cells.size, width, ground)
        why = "a subject that stands on the ground"
    else:
        keeps = _around(body, cells.size, width)
        why = "a subject without ground"
    return Subject(why=why, low=low, high=high, ground=ground, keeps=keeps, is_all=False)


def meeting_point(views: Sequence[View]) -> F64 | None:
    """Where the optical axes come closest together; None if they don't, or meet behind the cameras."""
    if len(views) < 3:
        return None
    centres = np.array([view.centre_in_world for view in views])
    axes = np.array([view.rotation[2] for view in views])
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    weight = np.ones(len(views))
    for _ in range(8):  # a photo that looks elsewhere must not move the point
        normal = (weight[:, None, None] * across).sum(0)
        if np.linalg.eigvalsh(normal / weight.sum())[0] < MIN_SPREAD:
            return None
        point = np.linalg.solve(normal, np.einsum("n,nij,nj->i", weight, across, centres))
        miss = np.linalg.norm(np.einsum("nij,nj->ni", across, point - centres), axis=1)
        weight = 1 / np.maximum(miss, 0.01 * np.linalg.norm(point - centres, axis=1))
    ahead = ((point - centres) * axes).sum(1)
    if (ahead > 0).mean() < 0.8 or np.median(miss / np.maximum(ahead, 1e-9)) > MAX_MISS:
        return None
    return np.asarray(point)


def seen_by(views: Sequence[View], points: F64) -> Index:
    """In how many pictures each point lies, hidden or not."""
    count = np.zeros(len(points), np.int64)
    for view in views:
        pixel, depth = project(view, points)
        count += (depth > 0) & (pixel >= 0).all(1) & (pixel[:, 0] < view.width) & (pixel[:, 1] < view.height)
    return count


def _pieces(cells: Cells, standing: Bool, seen: F64) -> Bool | None:
    """The heaviest connected piece, and the larger ones that lie close to it."""
    if not standing.any():
        return None
    label = np.full(len(cells), -1)
    label[standing] = np.unique(components(len(cells), *cells.touching(standing))[standing], return_inverse=True)[1]
    known = label[standing]
    weight = np.bincount(known, (cells.count * seen**2)[standing])
    size = np.bincount(known)
    centres = cells.centres
    chosen = label == weight.argmax()
    main = centres[chosen]
    diagonal = float(np.linalg.norm(np.ptp(main, axis=0)))
    tree = PointTree(main.astype(np.float32))
    large = np.nonzero(size >= max(8, 0.01 * size[weight.argmax()]))[0]
    for piece in large:
        own = label == piece
        if tree.nearest(centres[own].astype(np.float32), 1)[1].min() < NEAR * diagonal + 2 * cells.size:
            chosen |= own
    return np.asarray(chosen)


def _around(body: F64, size: float, width: float) -> Callable[[NDArray[np.floating], float], Bool]:
    tree = PointTree(body.astype(np.float32))

    def keeps(points: NDArray[np.floating], extra: float) -> Bool:
        distance: F32 = tree.nearest(points.astype(np.float32), 1)[1][:, 0]
        return np.asarray(distance < width + extra + size)

    return keeps


def _on_ground(body: F64, size: float, width: float, ground: Ground) -> Callable[[NDArray[np.floating], float], Bool]:
    """Inside the footprint, widened; the ground under it included, what is below the ground not."""
    flat = body.astype(np.float32)
    flat[:, 2] = 0
    tree = PointTree(np.unique(flat, axis=0))
    top = float(ground.height(body).max())

    def keeps(points: NDArray[np.floating], extra: float) -> Bool:
        shadow = points.astype(np.float32)
        shadow[:, 2] = 0
        distance: F32 = tree.nearest(shadow, 1)[1][:, 0]
        height = ground.height(points)
        return np.asarray(
            (distance < width + extra + size) & (height > -width - extra) & (height < top + width + extra)
        )

    return keeps
