"""Where up is, where the ground is, where the subject is: the similarity that sets a solved scene on its feet.

The solved scene has no unit of its own. The unit chosen here: the median distance of the cameras to the subject is 1, so
that whatever follows can count on sane numbers; "Set Scale" makes metres of it. The first photo looks along +Y, so
that Blender's front view shows what the first photo shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F64

PLANE_AGREES_DEG = 25.0  # how far a plane's normal may lean from the cameras' up and still be the ground
PLANE_TRIALS = 600
PLANE_TOLERANCE = 0.01  # of the distance to the subject
PLANE_SHARE = 0.12  # of the points, for a plane to be the ground
BELOW_SHARE = 0.1  # more points than this below it: a shelf, not the ground
NOTHING_BELOW = 0.02  # of the points: stray ones
GROUND_REACH = 1.6  # the ground's extent over that of what stands on it near the middle
PARALLEL = 0.97  # length of the mean of unit vectors that all but agree
SURVEY_SPREAD = 0.8  # of the distance
SPREAD_MIN = 0.03  # how much the cameras' right axes must turn for them alone to tell up


@dataclass(frozen=True, kw_only=True)
class Placement:
    """x_new = scale * rotation @ x + shift, and how it was found."""

    rotation: F64  # (3, 3)
    scale: float
    shift: F64  # (3,)
    up_from: str  # "cameras", "plane", or "survey": a flight that looks straight down
    ground_from: str  # "plane" or "lowest point"
    converging: bool  # the cameras look at one subject


def place(cam_from_world: F64, points: F64, seed: int = 1) -> Placement:
    """The placement for cameras (N, 3, 4) and points (P, 3)."""
    rotations, centres = cam_from_world[:, :, :3], camera_centres(cam_from_world)
    subject, converging = subject_centre(rotations, centres, points)
    above = not converging and seen_from_above(rotations, centres, subject)
    up = -rotations[:, 2].mean(0) if above else up_from_cameras(rotations)
    up = up / np.linalg.norm(up)
    distance = float(np.median(np.linalg.norm(centres - subject, axis=1)))
    plane = ground_plane(points, centres, up, subject, distance, seed)
    up_from = "survey" if above else "cameras"
    if plane is not None:
        up, up_from = plane[0], "plane"
        height = plane[1]
    else:
        near = points[np.linalg.norm(points - subject, axis=1) < 0.5 * distance]
        height = float(np.percentile((near if len(near) >= 20 else points) @ up, 0.5))
    origin = subject + (height - subject @ up) * up
    rotation = heading(up, rotations[0])
    scale = 1.0 / max(distance, 1e-12)
    return Placement(
        rotation=rotation,
        scale=scale,
        shift=-scale * rotation @ origin,
        up_from=up_from,
        ground_from="lowest point" if plane is None else "plane",
        converging=converging,
    )


def camera_centres(cam_from_world: F64) -> F64:
    return np.asarray(-np.einsum("nji,nj->ni", cam_from_world[:, :, :3], cam_from_world[:, :, 3]))


def up_from_cameras(rotations: F64) -> F64:
    """The direction that lies across all the cameras' right axes: people hold cameras level, however they tilt them.

    When the cameras hardly turn (a short arc, a straight flight) many directions do; then the nearest to "up in the pictures".
    """
    right, upward = rotations[:, 0], -rotations[:, 1]
    mean_up = upward.mean(0)
    weight = np.ones(len(right))
    up = mean_up
    for _ in range(5):  # a few photos held upright among level ones must not tip the world
        values, vectors = np.linalg.eigh((right * weight[:, None]).T @ right / weight.sum())
        across_right = mean_up - vectors[:, 2] * (vectors[:, 2] @ mean_up)  # all that one right axis tells
        up = vectors[:, 0] if values[1] > SPREAD_MIN else across_right
        up = up / max(float(np.linalg.norm(up)), 1e-12)
        weight = 1 / (0.1 + np.abs(right @ up))
    return np.asarray(up if up @ mean_up >= 0 else -up)


def seen_from_above(rotations: F64, centres: F64, subject: F64) -> bool:
    """A flight over land whose photos all look down with the same side up could as well show a wall.

    Nobody climbs along a wall as far as it is away, so cameras spread that far along the pictures' height hang over land.
    """
    forward, upward = rotations[:, 2].mean(0), -rotations[:, 1].mean(0)
    if np.linalg.norm(forward) < PARALLEL or np.linalg.norm(upward) < PARALLEL:
        return False
    distance = float(np.median((subject - centres) @ forward))
    return distance > 0 and float(np.ptp(centres @ upward)) > SURVEY_SPREAD * distance


def subject_centre(rotations: F64, centres: F64, points: F64) -> tuple[F64, bool]:
    """The point that all optical axes pass nearest to, and whether they do; else the middle of the points."""
    middle = np.median(points, axis=0)
    axes = rotations[:, 2]
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    weight = np.ones(len(axes))
    point = middle
    for _ in range(10):
        total = (across * weight[:, None, None]).sum(0)
        if np.linalg.eigvalsh(total)[0] < 0.005 * weight.sum():
            return middle, False  # the axes are all but parallel: where they meet is noise
        point = np.linalg.solve(total, np.einsum("n,nij,nj->i", weight, across, centres))
        gap = np.linalg.norm(np.einsum("nij,nj->ni", across, point - centres), axis=1)
        reach = np.linalg.norm(point - centres, axis=1)
        weight = 1 / (0.02 + gap / np.maximum(reach, 1e-12))
    ahead = ((point - centres) * axes).sum(1) > 0
    converging = bool(ahead.mean() > 0.7 and np.median(gap / np.maximum(reach, 1e-12)) < 0.25)
    return (point, True) if converging else (middle, False)


def ground_plane(
    points: F64, centres: F64, up: F64, subject: F64, distance: float, seed: int
) -> tuple[F64, float] | None:
    """(normal, height along it) of the large plane under subject and cameras, if there is one that agrees with `up`."""
    if len(points) < 50 or distance <= 0:
        return None
    rng = np.random.default_rng(seed)
    near = points[np.linalg.norm(points - subject, axis=1) < 3 * distance]
    if len(near) < 50:
        return None
    cloud = near if len(near) <= 4000 else near[rng.choice(len(near), 4000, replace=False)]
    tolerance = PLANE_TOLERANCE * distance
    normals, heights = _random_planes(cloud, up, rng)
    if len(normals) == 0:
        return None
    count = np.array([(np.abs(cloud @ n - h) < tolerance).sum() for n, h in zip(normals, heights, strict=True)])
    best = int(count.argmax())
    normal, height = normals[best], heights[best]
    for _ in range(5):
        inside = cloud[np.abs(cloud @ normal - height) < tolerance]
        if len(inside) < 10:
            return None
        mean = inside.mean(0)
        fitted = np.linalg.svd(inside - mean, full_matrices=False)[2][2]
        normal = fitted if fitted @ normal > 0 else -fitted
        height = float(mean @ normal)
    signed = cloud @ normal - height
    ground = (
        np.mean(np.abs(signed) < tolerance) >= PLANE_SHARE
        and np.mean(signed < -2 * tolerance) <= BELOW_SHARE
        and np.mean(centres @ normal > height) > 0.9
        and normal @ up > np.cos(np.radians(PLANE_AGREES_DEG))
    )
    if not ground or not _reaches_past(cloud - subject, signed, normal, tolerance, distance):
        return None
    return normal, height


def _reaches_past(offsets: F64, signed: F64, normal: F64, tolerance: float, distance: float) -> bool:
    """Ground goes on beyond what stands on it, or has nothing below it; neither holds for a plinth's top, a part of the subject."""
    if (signed < -1.5 * tolerance).mean() < NOTHING_BELOW:
        return True
    radius = np.linalg.norm(offsets - np.outer(offsets @ normal, normal), axis=1)
    standing = (signed > 3 * tolerance) & (radius < 0.5 * distance)
    if standing.sum() < 20:
        return True
    ground_radius = np.percentile(radius[np.abs(signed) < tolerance], 90)
    return bool(ground_radius > GROUND_REACH * np.percentile(radius[standing], 90))


def _random_planes(cloud: F64, up: F64, rng: np.random.Generator) -> tuple[F64, F64]:
    """Planes through three random points each that lean little from `up`."""
    a, b, c = (cloud[rng.integers(0, len(cloud), PLANE_TRIALS)] for _ in range(3))
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=1)
    ok = length > 1e-12
    normals, a = normals[ok] / length[ok, None], a[ok]
    normals *= np.where(normals @ up < 0, -1.0, 1.0)[:, None]
    level = normals @ up > np.cos(np.radians(PLANE_AGREES_DEG))
    return normals[level], (normals[level] * a[level]).sum(1)


def heading(up: F64, first_rotation: F64) -> F64:
    """The rotation that takes `up` to +Z and the first camera's view, seen from above, to +Y."""
    forward = first_rotation[2] - up * (up @ first_rotation[2])
    if np.linalg.norm(forward) < 0.1:  # it looks straight down: then the picture's top is forward
        forward = -first_rotation[1] + up * (up @ first_rotation[1])
    y = forward / np.linalg.norm(forward)
    return np.stack([np.cross(y, up), y, up])
