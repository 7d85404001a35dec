"""One marker from several photos: its corners in space, and whether they truly form a square."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..datatypes import F64
from .detect import Sighting

WIDEST_MISS = 0.06  # of the marker's side in a photo: a corner that falls further off belongs to another marker
LEAST_ANGLE = 3.0  # degrees between the photos' lines of sight
UNSQUARE = 0.05  # how much a square's sides and diagonals may differ
BEHIND = 1e3  # what lies behind a camera is shown far off
PAIRS = 60  # of photos, that are tried as a start
ROUNDS = 6


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A marker whose place is known. `side` is in the units of the solved world."""

    dictionary: str
    number: int
    corners: F64  # (4, 3) in world
    views: tuple[int, ...]
    side: float
    unsquare: float  # the largest difference of a side, or a diagonal, from the square's
    sharpness: float  # the sum of its sides in all photos, pixels: how much it weighs


def markers_of(sightings: Sequence[Sighting], poses: F64) -> list[Marker]:
    """The markers that two photos or more agree on. `poses` (N, 3, 4)."""
    found = []
    names = sorted({(s.dictionary, s.number) for s in sightings})
    for name in names:
        left = [s for s in sightings if (s.dictionary, s.number) == name]
        while True:  # the same marker may have been printed twice
            group = _consistent(left, poses)
            marker = _marker(group, poses) if len(group) > 1 else None
            if marker is None:
                break
            found.append(marker)
            left = [s for s in left if s not in group]
    return found


def triangulate(ideal: F64, poses: F64) -> F64:
    """(4, 3) corners from (V, 4, 2) ideal coordinates in V photos, by least squares of what the photos show."""
    weight = np.ones((len(poses), 4))
    corners = np.zeros((4, 3))
    for _ in range(ROUNDS):
        for i in range(4):
            rows = ideal[:, i, :, None] * poses[:, 2:3, :] - poses[:, :2, :]
            M = (rows * weight[:, i, None, None]).reshape(-1, 4)
            solved = np.linalg.lstsq(M[:, :3], -M[:, 3], rcond=None)[0]
            corners[i] = solved
        depth = (corners @ poses[:, 2, :3].T + poses[:, 2, 3]).T
        miss = np.linalg.norm(_shown(corners, poses) - ideal, axis=2)
        usual = max(float(np.median(miss)), 1e-9)
        weight = 1 / (np.maximum(np.abs(depth), 1e-9) * (1 + (miss / (3 * usual)) ** 2))
    return corners


def _shown(corners: F64, poses: F64) -> F64:
    """(V, 4, 2) where the photos show them, ideal."""
    cam = np.einsum("vij,cj->vci", poses[:, :, :3], corners) + poses[:, None, :, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        shown: F64 = np.where(cam[..., 2:] > 0, cam[..., :2] / cam[..., 2:], BEHIND)
    return shown


def _consistent(sightings: list[Sighting], poses: F64) -> list[Sighting]:
    """The largest set of sightings that one marker explains: started from pairs of photos."""
    if len(sightings) < 2:
        return []
    pairs = list(combinations(range(len(sightings)), 2))
    best: list[Sighting] = []
    for a, b in pairs[:: max(len(pairs) // PAIRS, 1)]:
        if sightings[a].view == sightings[b].view or _angle([sightings[a], sightings[b]], poses) < LEAST_ANGLE:
            continue
        corners = triangulate(_ideal([sightings[a], sightings[b]]), _poses([sightings[a], sightings[b]], poses))
        agreeing = [
            s for s, miss in zip(sightings, _misses(corners, sightings, poses), strict=True) if miss < WIDEST_MISS
        ]
        if len({s.view for s in agreeing}) > len({s.view for s in best}):
            best = agreeing
    return best


def _misses(corners: F64, sightings: list[Sighting], poses: F64) -> F64:
    """Per sighting, the furthest that a corner falls off, as a share of the marker's side there."""
    ideal = _ideal(sightings)
    side = np.linalg.norm(ideal - np.roll(ideal, -1, axis=1), axis=2).mean(axis=1)
    miss = np.linalg.norm(_shown(corners, _poses(sightings, poses)) - ideal, axis=2).max(axis=1)
    return np.asarray(miss / side)


def _marker(group: list[Sighting], poses: F64) -> Marker | None:
    corners = triangulate(_ideal(group), _poses(group, poses))
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    diagonals = np.linalg.norm(corners[:2] - corners[2:], axis=1) / np.sqrt(2)
    lengths = np.concatenate([sides, diagonals])
    side = float(lengths.mean())
    unsquare = float(np.abs(lengths / side - 1).max()) if side > 0 else np.inf
    if not unsquare < UNSQUARE:
        return None
    return Marker(
        dictionary=group[0].dictionary,
        number=group[0].number,
        corners=corners,
        views=tuple(sorted({s.view for s in group})),
        side=side,
        unsquare=unsquare,
        sharpness=sum(s.side_px for s in group),
    )


def _angle(group: list[Sighting], poses: F64) -> float:
    """Degrees between two photos' lines of sight to the marker's middle."""
    rays = []
    for s in group:
        ray = np.array([*s.ideal.mean(axis=0), 1.0]) @ poses[s.view][:, :3]
        rays.append(ray / np.linalg.norm(ray))
    return float(np.degrees(np.arccos(np.clip(rays[0] @ rays[1], -1, 1))))


def _ideal(group: list[Sighting]) -> F64:
    return np.stack([s.ideal for s in group])


def _poses(group: list[Sighting], poses: F64) -> F64:
    return poses[[s.view for s in group]]
