"""Which pictures to compare a picture with, and how deep its scene is: both read off the sparse cloud."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F64, I32, Sparse, View

MOST_SOURCES = 16  # what the kernels have room for


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one view is to be matched."""

    view: int
    sources: tuple[int, ...]  # views, the best first
    priors: tuple[float, ...]  # 0..1 per source: how well its angle and scale suit
    near: float  # depths between which to search
    far: float
    seeds_pixel: F64  # (N, 2) of the view at its full map size
    seeds_depth: F64  # (N,)
    baseline: float  # median distance to the sources' centres


def plan_views(sparse: Sparse, views: list[View], count: int) -> list[Plan]:
    """One plan per view; a view without any useful source gets none in `sources`."""
    points = [_points_of(sparse, i) for i in range(len(views))]
    sees = np.zeros((len(views), len(sparse.points_in_world)), bool)
    for i, seen in enumerate(points):
        sees[i, seen] = True
    return [_plan(sparse, views, sees, i, count) for i in range(len(views))]


def _points_of(sparse: Sparse, index: int) -> I32:
    return np.unique(sparse.seen_point[sparse.seen_posed == index])


def _plan(sparse: Sparse, views: list[View], sees: np.ndarray, index: int, count: int) -> Plan:
    view = views[index]
    world = sparse.points_in_world[sees[index]]
    cam = world @ view.rotation.T + view.translation
    front = cam[:, 2] > 0
    world, cam = world[front], cam[front]
    shared = sees[:, sees[index]][:, front]
    pixel = (cam @ view.K.T)[:, :2] / cam[:, 2:]
    scored = sorted(
        (
            (*_score(view, other, world[shared[j]]), j)
            for j, other in enumerate(views)
            if j != index and shared[j].sum() >= 5
        ),
        key=lambda row: (-row[0], row[2]),
    )[:count]
    near, far = _range(cam[:, 2])
    centres = np.array([views[j].centre_in_world for *_, j in scored]).reshape(-1, 3)
    distances = np.linalg.norm(centres - view.centre_in_world, axis=1)
    return Plan(
        view=index,
        sources=tuple(j for *_, j in scored),
        priors=tuple(float(prior) for _, prior, _ in scored),
        near=near,
        far=far,
        seeds_pixel=pixel,
        seeds_depth=cam[:, 2],
        baseline=float(np.median(distances)) if len(distances) else 1.0,
    )


def _score(view: View, other: View, world: F64) -> tuple[float, float]:
    """(how much is to be learnt from the other view, the pair's prior 0..1): shared points, weighed by angle and scale."""
    a, b = view.centre_in_world - world, other.centre_in_world - world
    far_a, far_b = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    cosine = (a * b).sum(1) / np.maximum(far_a * far_b, 1e-12)
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    # Rises to full worth at 8 degrees (below, depth is vague), falls from 25 (above, pictures look different).
    worth = np.clip((angle - 1) / 7, 0, 1) * np.clip((60 - angle) / 35, 0, 1) ** 1.5
    scale = (view.K[0, 0] / far_a) / (other.K[0, 0] / far_b)
    worth *= np.minimum(scale, 1 / scale) ** 0.5
    return float(worth.sum()), float(np.clip(worth.mean(), 0.05, 1))


def _range(depth: F64) -> tuple[float, float]:
    """Wide enough for surfaces without sparse points in front and behind."""
    if len(depth) < 2:
        return 0.1, 100.0
    low, high = np.percentile(depth, [1, 99])
    return float(low * 0.7), float(high * 1.6)
