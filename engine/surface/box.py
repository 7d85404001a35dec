"""The box that an artist drew around what to keep: led into this run's world, and the mesh cut clean at its sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..alignment import target_from_source
from ..datatypes import F32, F64, I32, Bool, PointCloud, Sparse
from ..errors import EngineError
from ..settings import Box
from .planar import triangulate
from .simplify import clean, close
from .subject import Subject
from .topology import border_loops, compact, split_fans

ON_PLANE = 1e-5  # of the box's diagonal: a corner this close to a side is moved onto it, not cut beside
FLAT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Cage:
    """The box in this run's world."""

    world_from_box: F64  # (4, 4), from the cube of -1 to 1

    def inside(self, points: NDArray[np.floating], extra: float = 0.0) -> Bool:
        """Which points lie in it, or less than `extra` outside each side."""
        half = np.linalg.norm(self.world_from_box[:3, :3], axis=0)
        local = (points - self.world_from_box[:3, 3]) @ np.linalg.inv(self.world_from_box[:3, :3]).T
        return np.asarray((np.abs(local) <= 1 + extra / half).all(1))

    @property
    def diagonal(self) -> float:
        return 2 * float(np.linalg.norm(self.world_from_box[:3, :3]))

    def sides(self) -> list[tuple[F64, float]]:
        """Unit normals that point out, and their distances: inside, normal . x <= distance."""
        axes, middle = self.world_from_box[:3, :3], self.world_from_box[:3, 3]
        across = np.linalg.inv(axes)  # rows: normals of the sides, whatever the box's angles are
        out = []
        for row in across:
            length = float(np.linalg.norm(row))
            for sign in (1.0, -1.0):
                out.append((sign * row / length, float(sign * row @ middle + 1) / length))
        return out

    def cut(self, vertices: F32, faces: I32, *, closed: bool) -> tuple[F32, I32]:
        """The part inside. A closed mesh gets the sides of the box as walls where it went through them."""
        for normal, distance in self.sides():
            vertices, faces = _clipped(vertices, faces, normal, distance, ON_PLANE * self.diagonal)
            if closed and len(faces):
                vertices, faces = _walled(vertices, faces, normal)
        if closed and len(faces):
            vertices, faces, _ = close(vertices, faces)
        return clean(vertices, faces) if len(faces) else (vertices[:0], faces)


def cage_of(box: Box, sparse: Sparse) -> Cage:
    """Leads the box from the world it was drawn in to that of these poses, over the cameras that both have."""
    place = np.array(box.place, np.float64).reshape(4, 4)
    if not np.isfinite(place).all() or abs(np.linalg.det(place[:3, :3])) < FLAT * np.linalg.norm(place[:3, :3]) ** 3:
        raise EngineError("box_flat", "The region box has no volume.", advice="Give it some size on every axis.")
    if not box.cameras:
        return Cage(world_from_box=place)
    then = {camera.photo: np.array(camera.place, np.float64).reshape(4, 4) for camera in box.cameras}
    now = {one.photo.name: _world_from_camera(one.cam_from_world) for one in sparse.posed}
    both = [name for name in now if name in then]
    if not both:
        raise EngineError(
            "box_lost",
            "The region box was drawn around other photos: none of its cameras is among these.",
            advice="Draw it anew, or switch it off.",
        )
    change = target_from_source(np.array([then[name] for name in both]), np.array([now[name] for name in both]))
    return Cage(world_from_box=change @ place)


def _world_from_camera(cam_from_world: F64) -> F64:
    out = np.eye(4)
    out[:3, :3] = cam_from_world[:, :3].T
    out[:3, 3] = -cam_from_world[:, :3].T @ cam_from_world[:, 3]
    return out


def boxed(cloud: PointCloud, cage: Cage) -> Subject:
    """The box as the part of the scene to keep. Its size counts only where something is in it."""
    inside = cloud.points[cage.inside(cloud.points)]
    if len(inside) == 0:
        raise EngineError(
            "box_empty",
            "Nothing that the photos measured lies inside the region box.",
            advice="Move or enlarge the box, or switch it off.",
        )
    low, high = np.quantile(inside, [0.002, 0.998], axis=0).astype(np.float64)
    return Subject(why="what lies in the region box", low=low, high=high, ground=None, keeps=cage.inside, is_all=True)


def _clipped(vertices: F32, faces: I32, normal: F64, distance: float, near: float) -> tuple[F32, I32]:
    """What lies behind a plane, with new vertices on it where edges went through."""
    points = vertices.astype(np.float64)
    height = points @ normal - distance
    close_by = np.abs(height) < near
    points[close_by] -= height[close_by, None] * normal
    height[close_by] = 0
    at = height[faces]
    whole = (at <= 0).all(1) & (at < 0).any(1)
    through = (at < 0).any(1) & (at > 0).any(1)
    start, end = faces[through], np.roll(faces[through], -1, axis=1)
    crossed = height[start] * height[end] < 0
    base = len(points)
    low, high = np.minimum(start, end)[crossed].astype(np.int64), np.maximum(start, end)[crossed]
    edge, which = np.unique(low * base + high, return_inverse=True)
    one, other = edge // base, edge % base
    share = height[one] / (height[one] - height[other])
    cuts = points[one] + share[:, None] * (points[other] - points[one])
    # corner, cut, corner, cut, corner, cut around each face, -1 where there is none; then the gaps are closed
    walk = np.full((len(start), 6), -1, np.int64)
    walk[:, 0::2] = np.where(height[start] <= 0, start, -1)
    walk[:, 1::2][crossed] = base + which.reshape(-1)
    walk = np.take_along_axis(walk, np.argsort(walk < 0, axis=1, kind="stable"), axis=1)[:, :4]
    pieces = np.concatenate([walk[:, :3], walk[walk[:, 3] >= 0][:, [0, 2, 3]]])
    out = np.concatenate([faces[whole], pieces]).astype(np.int32)
    return compact(np.concatenate([points, cuts]).astype(np.float32), out)


def _walled(vertices: F32, faces: I32, normal: F64) -> tuple[F32, I32]:
    """Fills the outlines that a plane cut into a closed mesh."""
    vertices, faces = split_fans(vertices, faces)
    rings = [loop[::-1] for loop in border_loops(faces)]  # the wall runs against the faces that it meets
    if not rings:
        return vertices, faces
    across = np.linalg.svd(normal[None])[2][1:]
    if np.dot(np.cross(across[0], across[1]), normal) < 0:
        across = across[::-1]
    wall = triangulate(vertices.astype(np.float64) @ across.T, rings)
    return vertices, np.concatenate([faces, wall])
