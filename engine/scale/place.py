"""The ground that markers lie on, and the way from the solved world to one of real lengths that stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..datatypes import F64, Sparse
from .triangulate import Marker

FLAT = 0.02  # of the markers' spread: how far a corner may lie off the plane of all


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The plane that the markers lie in; `normal` points to the cameras' side."""

    point: F64
    normal: F64
    flatness: float  # the furthest corner's distance from the plane, of the markers' spread


def floor_of(markers: Sequence[Marker], sparse: Sparse) -> Floor:
    """The plane through all corners."""
    corners = np.concatenate([marker.corners for marker in markers])
    point = corners.mean(axis=0)
    normal = np.linalg.svd(corners - point, full_matrices=False)[2][2]
    poses = np.stack([posed.cam_from_world for posed in sparse.posed])
    centres = -np.einsum("nji,nj->ni", poses[:, :, :3], poses[:, :, 3])
    if ((centres - point) @ normal).mean() < 0:
        normal = -normal
    spread = float(np.linalg.norm(corners - point, axis=1).max())
    return Floor(point=point, normal=normal, flatness=float(np.abs((corners - point) @ normal).max() / spread))


def world_from_solved(scale: float, floor: Floor | None) -> F64:
    """(4, 4) to real lengths; with a floor, that lies at z = 0, and the old upright axis meets it at the origin."""
    change = np.diag([scale, scale, scale, 1.0])
    if floor is not None:
        change[:3, :3] = scale * _least_turn(floor.normal)
        change[:3, 3] = -change[:3, :3] @ _below_origin(floor)
    return change


def _least_turn(normal: F64) -> F64:
    """The rotation that takes `normal` to +Z and turns nothing else."""
    axis = np.cross(normal, [0, 0, 1.0])
    cosine = float(normal[2])
    if cosine < -0.999999:
        return np.diag([1.0, -1.0, -1.0])
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + K + K @ K / (1 + cosine))


def _below_origin(floor: Floor) -> F64:
    """Where the old upright axis meets the floor: the subject stays above the origin."""
    if abs(floor.normal[2]) < 0.2:
        return floor.point
    return np.array([0, 0, float(floor.normal @ floor.point) / floor.normal[2]])
