"""How well each camera fits: the median distance, in the photo's pixels, between where a point was seen and where it should be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..datatypes import F64, Sparse
from ..geometry import distort, intrinsics

SUSPECT_TIMES, SUSPECT_PX = (
    2.5,
    1.0,
)  # a camera is marked that is so many times worse than the usual one, and by so much
FEW_POINTS = 30  # a camera that holds on to fewer is marked


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One camera."""

    photo: str
    error_px: float  # median
    points: int
    doubtful: bool


def fits(sparse: Sparse) -> tuple[Fit, ...]:
    """In the order of `sparse.posed`."""
    errors = _errors(sparse)
    order = np.argsort(sparse.seen_posed, kind="stable")
    bounds = np.searchsorted(sparse.seen_posed[order], np.arange(len(sparse.posed) + 1))
    mine = [errors[order[a:b]] for a, b in pairwise(bounds)]
    medians = [float(np.median(one)) if len(one) else 0.0 for one in mine]
    usual = float(np.median([m for m, one in zip(medians, mine, strict=True) if len(one)] or [0.0]))
    limit = max(SUSPECT_TIMES * usual, usual + SUSPECT_PX)
    return tuple(
        Fit(
            photo=posed.photo.name,
            error_px=round(median, 3),
            points=len(one),
            doubtful=median > limit or len(one) < FEW_POINTS,
        )
        for posed, median, one in zip(sparse.posed, medians, mine, strict=True)
    )


def _errors(sparse: Sparse) -> F64:
    """(M,) per observation, in pixels of the full-size photo with its distortion."""
    errors = np.zeros(len(sparse.seen_point))
    for index, posed in enumerate(sparse.posed):
        mine = np.nonzero(sparse.seen_posed == index)[0]
        camera = sparse.cameras[posed.camera_id]
        K = intrinsics(camera)
        points = sparse.points_in_world[sparse.seen_point[mine]]
        cam = points @ posed.cam_from_world[:, :3].T + posed.cam_from_world[:, 3]
        ideal = cam[:, :2] / np.where(np.abs(cam[:, 2:]) < 1e-12, 1e-12, cam[:, 2:])
        pixel = distort(camera, ideal) * [K[0, 0], K[1, 1]] + K[:2, 2]
        errors[mine] = np.linalg.norm(pixel - sparse.seen_pixel[mine], axis=1)
    return errors
