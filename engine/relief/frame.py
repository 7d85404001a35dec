"""The frame of a stage: +Z up, the camera near the origin looking along +Y; and how a pixel and its depth become a point."""

from __future__ import annotations

import numpy as np

from ..datatypes import F64

LEVEL: F64 = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0]])  # cam_from_world of a camera held level


def tilted(up: F64 | None) -> F64:
    """cam_from_world of a camera that sees the world's up in that direction; without one it is taken as held level."""
    if up is None:
        return LEVEL
    ahead = np.array([0.0, 0.0, 1.0])
    ahead = ahead - (ahead @ up) * up
    ahead /= np.linalg.norm(ahead)
    return np.concatenate([np.stack([np.cross(ahead, up), ahead, up], 1), np.zeros((3, 1))], 1)


def in_camera(pixels: F64, depth: F64, K: F64) -> F64:
    """(N, 3) points in the camera's frame from (N, 2) pixels and their (N,) depth along its axis."""
    across = (pixels[:, 0] - K[0, 2]) / K[0, 0]
    down = (pixels[:, 1] - K[1, 2]) / K[1, 1]
    return np.stack([across * depth, down * depth, depth], 1)


def to_world(points: F64, cam_from_world: F64) -> F64:
    """(N, 3) points in the camera's frame as the world has them."""
    rotation, translation = cam_from_world[:, :3], cam_from_world[:, 3]
    return np.asarray((points - translation) @ rotation)


def projected(points: F64, cam_from_world: F64, K: F64) -> F64:
    """(N, 2) where the camera sees points of the world, in pixels of K's picture."""
    cam = points @ cam_from_world[:, :3].T + cam_from_world[:, 3]
    return np.asarray(cam[:, :2] / cam[:, 2:] * [K[0, 0], K[1, 1]] + K[:2, 2])


def to_camera(points: F64, cam_from_world: F64) -> F64:
    """(N, 3) points of the world in the camera's frame."""
    return np.asarray(points @ cam_from_world[:, :3].T + cam_from_world[:, 3])
