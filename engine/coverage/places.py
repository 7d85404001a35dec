"""Where a phone could be held: candidates for the next photos around what is thinly covered, as far off as the photos were."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..datatypes import F64, I32, Sparse, View
from ..geometry import view_of
from .looks import Faces

SIDE = 320  # a candidate's depth buffer: the longer side, in pixels
SEEDS = 36  # thinly covered places that candidates are made for
TILTS = ((0, 0), (-32, 0), (32, 0), (0, 30))  # degrees aside and up from looking straight at such a place
ORBIT = ((8.0, 12), (38.0, 10), (65.0, 5))  # elevation and number of candidates on a round about the subject
REACH = 0.8  # of the usual distance: how much higher than the highest photo a phone may be held
LOW = 0.06  # of the usual distance: how near to the ground
CLEAR = 0.25  # of the usual distance: nearer to the surface no phone is proposed


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How these photos were taken."""

    usual: View  # one of those with the lens of most of them, small
    distance: float  # from what they look at
    focus: F64  # (3,) the place that they look at together
    lowest: float  # heights between which a phone may be held
    highest: float
    centres: F64  # (N, 3)
    forward: F64  # (N, 3)


def habits_of(sparse: Sparse) -> Habits:
    """From the solved cameras. World's z is up, the ground at 0."""
    poses = np.stack([p.cam_from_world for p in sparse.posed])
    centres, forward = -np.einsum("nji,nj->ni", poses[:, :, :3], poses[:, :, 3]), poses[:, 2, :3]
    distance = _usual_depth(sparse, poses)
    ids = [p.camera_id for p in sparse.posed]
    often = max(set(ids), key=ids.count)
    ground = 0.0 if centres[:, 2].min() > 0 else float(centres[:, 2].min())
    return Habits(
        usual=view_of(sparse.posed[ids.index(often)], sparse.cameras[often], SIDE),
        distance=distance,
        focus=_focus(centres, forward, distance),
        lowest=min(ground + LOW * distance, float(centres[:, 2].min())),
        highest=float(centres[:, 2].max()) + REACH * distance,
        centres=centres,
        forward=forward,
    )


def candidates(shape: Faces, wanted: F64, habits: Habits, seed: int = 1) -> list[View]:
    """Poses that may show what is wanted (a weight per face), each above the ground and clear of the surface."""
    aims, eyes = _around_seeds(shape, wanted, habits, seed)
    spread = np.percentile(np.linalg.norm(shape.middles - habits.focus, axis=1), 90)
    if spread < 0.8 * habits.distance:  # an object that one walks around
        around = _orbit(habits)
        aims, eyes = (
            np.concatenate([aims, np.repeat(habits.focus[None], len(around), 0)]),
            np.concatenate([eyes, around]),
        )
    eyes = _held(aims, eyes, habits)
    near = shape.middles[np.random.default_rng(seed).permutation(len(shape.middles))[:20_000]]
    return [
        replace(habits.usual, cam_from_world=look_at(eye, aim))
        for aim, eye in zip(aims, eyes, strict=True)
        if np.linalg.norm(near - eye, axis=1).min() > CLEAR * habits.distance
    ]


def look_at(eye: F64, aim: F64) -> F64:
    """cam_from_world (3, 4), upright; looking straight down, the picture's upper side is towards +Y."""
    z = (aim - eye) / np.linalg.norm(aim - eye)
    up = np.array([0, 0, 1.0]) if abs(z[2]) < 0.98 else np.array([0, 1.0, 0])
    x = np.cross(z, up)
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(z, x), z])
    return np.concatenate([rotation, (-rotation @ eye)[:, None]], 1)


def _around_seeds(shape: Faces, wanted: F64, habits: Habits, seed: int) -> tuple[F64, F64]:
    """For places spread over what is wanted: where to look, and where from."""
    chosen = _spread(shape, wanted, habits.distance, seed)
    aims, eyes = [], []
    for index in chosen:
        place, normal = shape.middles[index], shape.normals[index]
        offset = habits.focus - place
        # With the rest of a small subject in the picture, the photo finds its place among the others.
        pull = np.clip(1.8 * (1 - np.linalg.norm(offset) / habits.distance), 0, 0.9)
        aim = place + pull * offset
        for aside, up in TILTS:
            aims.append(aim)
            eyes.append(aim + habits.distance * _turned(normal, aside, up))
    return np.array(aims).reshape(-1, 3), np.array(eyes).reshape(-1, 3)


def _spread(shape: Faces, wanted: F64, distance: float, seed: int) -> I32:
    """Faces drawn by what is wanted, then those kept that lie and look most differently from one another."""
    total = wanted.sum()
    if total <= 0:
        return np.zeros(0, np.int32)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(wanted), 600, p=wanted / total)
    features = np.concatenate([shape.middles[drawn] / distance, shape.normals[drawn]], 1)
    kept = [0]
    gap = np.linalg.norm(features - features[0], axis=1)
    while len(kept) < SEEDS and gap.max() > 0.15:
        kept.append(int(gap.argmax()))
        gap = np.minimum(gap, np.linalg.norm(features - features[kept[-1]], axis=1))
    return drawn[kept].astype(np.int32)


def _turned(direction: F64, aside: float, up: float) -> F64:
    """The direction turned about the vertical, then raised; degrees."""
    azimuth = np.arctan2(direction[1], direction[0]) + np.radians(aside)
    flat = np.hypot(direction[0], direction[1])
    elevation = min(np.arctan2(direction[2], flat) + np.radians(up), np.radians(85))
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def _orbit(habits: Habits) -> F64:
    rounds = [
        _turned(np.array([1.0, 0, 0]), 360 * i / count, elevation) for elevation, count in ORBIT for i in range(count)
    ]
    return habits.focus + habits.distance * np.array(rounds)


def _held(aims: F64, eyes: F64, habits: Habits) -> F64:
    """Raised or lowered to where a hand reaches, at the same distance."""
    out = eyes.copy()
    for i, (aim, eye) in enumerate(zip(aims, eyes, strict=True)):
        height = np.clip(eye[2], habits.lowest, habits.highest) - aim[2]
        if eye[2] == height + aim[2]:
            continue
        height = np.clip(height, -0.95 * habits.distance, 0.95 * habits.distance)
        flat = eye[:2] - aim[:2]
        length = np.linalg.norm(flat)
        flat = flat / length if length > 1e-6 * habits.distance else np.array([0.0, -1.0])
        out[i, :2] = aim[:2] + flat * np.sqrt(habits.distance**2 - height**2)
        out[i, 2] = aim[2] + height
    return out


def _usual_depth(sparse: Sparse, poses: F64) -> float:
    """The median depth at which the photos saw their points."""
    points = sparse.points_in_world[sparse.seen_point]
    mine = poses[sparse.seen_posed, 2]
    depths = (points * mine[:, :3]).sum(1) + mine[:, 3]
    depths = depths[depths > 0]
    return float(np.median(depths)) if len(depths) else 1.0


def _focus(centres: F64, forward: F64, distance: float) -> F64:
    """The place nearest to all lines of sight; where they run side by side, what lies before the middle one."""
    across = np.eye(3)[None] - forward[:, :, None] * forward[:, None, :]
    before = centres + distance * forward
    # A faint pull towards the usual distance keeps parallel lines from meeting at infinity.
    left = across.sum(0) + 0.02 * len(centres) * np.eye(3)
    right = np.einsum("nij,nj->i", across, centres) + 0.02 * before.sum(0)
    return np.asarray(np.linalg.solve(left, right))
