"""The ground under a subject: a near-horizontal plane that reaches out all around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..datatypes import F64

SECTORS = 16  # directions in which the ground is looked for
MIN_SECTORS = 6
UPRIGHT = 0.85  # cosine: how level a patch of ground is
THICKEST = 0.015  # of the reach: what spreads wider is no plane, but a step or a plinth taken for one


@dataclass(frozen=True, kw_only=True)
class Ground:
    """z = slope . (x, y) + level; what lies within `thickness` of it is ground."""

    slope: F64  # (2,)
    level: float
    thickness: float

    def height(self, points: NDArray[Any]) -> F64:
        """Above the ground, along z."""
        return np.asarray(points[:, 2] - points[:, :2] @ self.slope - self.level)


def find_ground(points: F64, normals: F64, middle: F64, reach: float, cell: float) -> Ground | None:
    """The plane among cell means within `reach` of the subject's middle, or None. The poses put z = 0 on the ground, about."""
    level = (normals[:, 2] > UPRIGHT * np.linalg.norm(normals, axis=1)) & (np.abs(points[:, 2]) < 0.2 * reach)
    if level.sum() < 30:
        return None
    floor = points[level]
    counts, edges = np.histogram(floor[:, 2], bins=max(int(0.4 * reach / cell * 2), 4))
    peak = int(np.convolve(counts, [1, 1, 1], "same").argmax())
    slope, offset = np.zeros(2), float((edges[peak] + edges[peak + 1]) / 2)
    width = 4 * cell
    for _ in range(6):  # fit, keep what is close, fit again, closer
        residual = floor[:, 2] - floor[:, :2] @ slope - offset
        inside = np.abs(residual) < width
        if inside.sum() < 30:
            return None
        design = np.column_stack([floor[inside, :2], np.ones(inside.sum())])
        *tilt, offset = np.linalg.lstsq(design, floor[inside, 2], rcond=None)[0].tolist()
        slope = np.array(tilt)
        residual = floor[inside, 2] - design @ np.array([*tilt, offset])
        spread = 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
        width = max(4 * spread, 1.0 * cell)
    if np.linalg.norm(slope) > 0.35 or 3 * spread > THICKEST * reach:
        return None
    ground = Ground(slope=slope, level=float(offset), thickness=max(3 * spread, 0.6 * cell, 0.004 * reach))
    return ground if _reaches_out(ground, points, middle, cell) else None


def _reaches_out(ground: Ground, points: F64, middle: F64, cell: float) -> bool:
    """Ground lies farther out than what stands on it, in many directions, and next to nothing lies below it."""
    height = ground.height(points)
    out = points[:, :2] - middle[:2]
    radius = np.linalg.norm(out, axis=1)
    on, above = np.abs(height) < ground.thickness, height > ground.thickness
    if not on.any():
        return False
    stands = float(np.quantile(radius[above], 0.8)) if above.any() else 0.0
    far = on & (radius > stands)
    sector = ((np.arctan2(out[:, 1], out[:, 0]) + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    hit = np.bincount(sector[far], minlength=SECTORS) >= 3
    below = (height < -3 * ground.thickness).sum()
    return bool(hit.sum() >= MIN_SECTORS and below < 0.1 * on.sum())
