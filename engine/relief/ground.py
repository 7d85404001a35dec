"""The plane that things stand on, from one photo's depth; only where there is no doubt about it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F64, Bool
from ..single import MonoDepth
from .frame import tilted

SIDE = 160  # pixels: the longer side that is looked at
TRIES = 400
CLOSE = 0.04  # of its inverse depth: so near to the plane a pixel lies on it
FEWEST = 0.12  # of the picture: a smaller plane is none
LOWEST = 0.3  # of the picture's lower third must lie on it
UNDER = 0.06  # of the picture may lie below it: a table is no ground where a floor is seen
TILT = 30.0  # degrees: further from upright than this it is no ground, where nothing says how the camera was held
SURE_TILT = 14.0  # and where something does
HEIGHTS = (0.02, 3.0)  # of the usual depth: how far above it a camera may be


@dataclass(frozen=True)
class Ground:
    """Its upward normal in the camera's frame, and how far the camera is above it."""

    up: F64
    height: float

    def in_world(self, cam_from_world: F64) -> F64:
        """(nx, ny, nz, d): n·x + d = 0."""
        rotation, translation = cam_from_world[:, :3], cam_from_world[:, 3]
        return np.append(rotation.T @ self.up, self.up @ translation + self.height)


def ground(mono: MonoDepth) -> Ground | None:
    """In inverse depth a plane is a plane again: 1 / z = a x + b y + c along the rays (x, y, 1)."""
    height, width = mono.inverse_depth.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    inverse = cv2.resize(mono.inverse_depth, size, interpolation=cv2.INTER_NEAREST).astype(np.float64)
    sky = cv2.resize(mono.sky.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    x, y = np.meshgrid((np.arange(size[0]) + 0.5) * width / size[0], (np.arange(size[1]) + 0.5) * height / size[1])
    rays = np.stack([(x - mono.K[0, 2]) / mono.K[0, 0], (y - mono.K[1, 2]) / mono.K[1, 1], np.ones_like(x)], -1)
    there = ~sky & (inverse > 0)
    up = mono.up if mono.up is not None else np.array([0.0, -1.0, 0.0])
    limit = SURE_TILT if mono.up is not None else TILT
    plane = _searched(inverse, rays, there, up, limit)
    if plane is None:
        return None
    found = _refined(inverse, rays, there, plane)
    return _judged(inverse, rays, there, found, up, limit)


def _searched(inverse: F64, rays: F64, there: Bool, up: F64, limit: float) -> F64 | None:
    """The plane that most of the picture's lower part agrees on, among those that could be a ground."""
    rng = np.random.default_rng(1)
    rows = np.arange(len(inverse))[:, None] >= 0.45 * len(inverse)
    pool = np.flatnonzero((there & rows).ravel())
    if len(pool) < 50:
        return None
    q, r = inverse.ravel()[pool], rays.reshape(-1, 3)[pool]
    best = 0
    plane: F64 | None = None
    for _ in range(TRIES):
        pick = rng.choice(len(pool), 3, replace=False)
        try:
            tried = np.asarray(np.linalg.solve(r[pick], q[pick]), np.float64)
        except np.linalg.LinAlgError:
            continue
        if _angle(tried, up) > limit:
            continue
        agree = int((np.abs(r @ tried - q) < CLOSE * q).sum())
        if agree > best:
            best, plane = agree, tried
    return plane


def _angle(plane: F64, up: F64) -> float:
    """Degrees between the plane's upward normal and up."""
    length = float(np.linalg.norm(plane))
    return 180.0 if length < 1e-12 else float(np.degrees(np.arccos(np.clip(-plane @ up / length, -1, 1))))


def _refined(inverse: F64, rays: F64, there: Bool, plane: F64) -> F64:
    q, r = inverse[there], rays[there]
    for _ in range(4):
        on = np.abs(r @ plane - q) < CLOSE * q
        if on.sum() < 20:
            break
        weight = 1 / q[on]
        plane = np.asarray(np.linalg.lstsq(r[on] * weight[:, None], q[on] * weight, rcond=None)[0], np.float64)
    return plane


def _judged(inverse: F64, rays: F64, there: Bool, plane: F64, up: F64, limit: float) -> Ground | None:
    predicted = rays @ plane
    on = there & (np.abs(predicted - inverse) < CLOSE * inverse)
    # below: where the plane would be in front of what is seen
    under = there & (predicted > inverse * 1.15)
    lower = np.arange(len(inverse))[:, None] >= 2 * len(inverse) / 3
    seen = there & lower
    if on.mean() < FEWEST or on[seen].mean() < LOWEST if seen.any() else True:
        return None
    if under.mean() > UNDER or _angle(plane, up) > limit:
        return None
    length = float(np.linalg.norm(plane))
    usual = 1 / float(np.median(inverse[there]))
    if not HEIGHTS[0] < 1 / length / usual < HEIGHTS[1]:
        return None
    return Ground(-plane / length, 1 / length)


def camera_of(mono: MonoDepth, found: Ground | None) -> F64:
    """`cam_from_world` with +Z up: as the photo's lines say, else as the ground says, else as if held level."""
    return tilted(mono.up if mono.up is not None or found is None else found.up)
