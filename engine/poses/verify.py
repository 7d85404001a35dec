"""Which matches obey one rigid motion of the camera: a quick sieve first, then COLMAP's two-view geometry."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pycolmap

from ..datatypes import F32, I32

MIN_INLIERS = 15
MAX_ERROR = 4.0  # solver's pixels
SIEVE_TRIALS = 4000


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two photos that see the same thing: their indices and the matches that a rigid scene explains."""

    first: int
    second: int
    geometry: pycolmap.TwoViewGeometry

    @property
    def matches(self) -> I32:
        return np.asarray(self.geometry.inlier_matches, np.int32).reshape(-1, 2)

    @property
    def planar(self) -> bool:
        """One flat thing, or a camera that only turned, explains it as well."""
        flat = pycolmap.TwoViewGeometryConfiguration
        return int(self.geometry.config) in (int(flat.PLANAR), int(flat.PANORAMIC), int(flat.PLANAR_OR_PANORAMIC))


def verify(
    first_xy: F32, second_xy: F32, cameras: tuple[pycolmap.Camera, pycolmap.Camera], matches: I32, seed: int
) -> pycolmap.TwoViewGeometry | None:
    """The geometry that explains the matches, or None when too few agree. Pixels are the solver's."""
    matches = _sieve(first_xy, second_xy, matches)
    if len(matches) < MIN_INLIERS:
        return None
    geometry = pycolmap.estimate_two_view_geometry(
        cameras[0],
        first_xy.astype(np.float64),
        cameras[1],
        second_xy.astype(np.float64),
        matches.astype(np.uint32),
        _options(seed),
    )
    return geometry if len(geometry.inlier_matches) >= MIN_INLIERS else None


def _sieve(first_xy: F32, second_xy: F32, matches: I32) -> I32:
    """Drops what no epipolar geometry explains. MAGSAC does it in a tenth of the time that COLMAP's RANSACs need for it."""
    if len(matches) < MIN_INLIERS:
        return matches[:0]
    try:
        _, inside = cv2.findFundamentalMat(
            first_xy[matches[:, 0]],
            second_xy[matches[:, 1]],
            method=cv2.USAC_MAGSAC,
            ransacReprojThreshold=MAX_ERROR,
            confidence=0.999,
            maxIters=SIEVE_TRIALS,
        )
    except cv2.error:  # it gives up so on matches that lie badly: then COLMAP decides alone
        return matches
    return matches[:0] if inside is None else matches[inside.ravel() > 0]


def _options(seed: int) -> pycolmap.TwoViewGeometryOptions:
    chosen = pycolmap.TwoViewGeometryOptions()
    chosen.min_num_inliers = MIN_INLIERS
    chosen.detect_watermark = False  # what stands still in all photos is dropped before, see still.py
    chosen.ransac.max_error = MAX_ERROR
    chosen.ransac.random_seed = seed
    return chosen
