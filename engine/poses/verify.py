"""Which matches obey one rigid motion of the camera: COLMAP's two-view geometry for each pair of photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pycolmap

from ..datatypes import F32, I32

MIN_INLIERS = 15


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two photos that see the same thing: their indices and the matches that a rigid scene explains."""

    first: int
    second: int
    geometry: pycolmap.TwoViewGeometry

    @property
    def matches(self) -> I32:
        return np.asarray(self.geometry.inlier_matches, np.int32).reshape(-1, 2)


def verify(
    first_xy: F32, second_xy: F32, cameras: tuple[pycolmap.Camera, pycolmap.Camera], matches: I32, seed: int
) -> pycolmap.TwoViewGeometry | None:
    """The geometry that explains the matches, or None when too few agree."""
    if len(matches) < MIN_INLIERS:
        return None
    geometry = pycolmap.estimate_two_view_geometry(
        cameras[0],
        first_xy.astype(np.float64),
        cameras[1],
        second_xy.astype(np.float64),
        matches.astype(np.uint32),
        options(seed),
    )
    return geometry if len(geometry.inlier_matches) >= MIN_INLIERS else None


def options(seed: int) -> pycolmap.TwoViewGeometryOptions:
    chosen = pycolmap.TwoViewGeometryOptions()
    chosen.min_num_inliers = MIN_INLIERS
    chosen.detect_watermark = False
    chosen.ransac.random_seed = seed
    return chosen
