"""Markers in one photo: which they are, and where their corners lie, to a small part of a pixel.

OpenCV reads the markers; its corners lie up to half a pixel inside the black square, by which a small marker would come out
two percent too small. So each side is found again: the places where dark turns to light, in linear light (a blurred edge is
even there and not in a photo's own values), on a line that is straight once the lens's bend is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F64, U8

DICTIONARIES = {  # by the names that they are printed under; the first hundred numbers serve everybody
    "ArUco 4x4": cv2.aruco.DICT_4X4_100,
    "ArUco 5x5": cv2.aruco.DICT_5X5_100,
    "ArUco 6x6": cv2.aruco.DICT_6X6_250,
    "AprilTag 36h11": cv2.aruco.DICT_APRILTAG_36h11,
}
SMALLEST = 12.0  # pixels: a smaller marker's sides are too short to measure
PROFILE = 0.6  # of a marker's cell: how far across a side is looked; its rim is one cell wide
MARGIN = 12  # pixels around a marker that are read
STEP = 0.25  # pixels between two looks across a side
CONTRAST = 0.08  # of white, in linear light
ENDS = 0.12  # of a side, left out at both ends: there the other sides blur it


@dataclass(frozen=True, kw_only=True, eq=False)
class Sighting:
    """A marker in one photo. `ideal` are its corners (4, 2) in normalised coordinates without the lens's bend, in print order."""

    dictionary: str
    number: int
    view: int
    ideal: F64
    side_px: float  # its shortest side in the photo as it was looked at


class Detector:
    """Finds the markers of all dictionaries. `straighten` takes (N, 2) pixels (middles at .5) to ideal coordinates."""

    def __init__(self, find_side: int) -> None:
        self._find_side = find_side
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE
        parameters.minMarkerPerimeterRate = 0.015
        self._kinds = [(name, cv2.aruco.getPredefinedDictionary(kind)) for name, kind in DICTIONARIES.items()]
        self._finders = [cv2.aruco.ArucoDetector(kind, parameters) for _, kind in self._kinds]

    def find(self, pixels: U8, view: int, straighten: Callable[[F64], F64]) -> list[Sighting]:
        """All markers of a photo (H, W, 3) sRGB."""
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        ratio = min(1.0, self._find_side / max(width, height))
        size = max(round(width * ratio), 1), max(round(height * ratio), 1)
        small = grey if ratio == 1.0 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        back = np.array([width / size[0], height / size[1]])
        found = []
        for (name, kind), finder in zip(self._kinds, self._finders, strict=True):
            corners, numbers, _ = finder.detectMarkers(small)
            for corner, number in zip(corners, [] if numbers is None else np.ravel(numbers), strict=True):
                rough = (corner.reshape(4, 2).astype(np.float64) + 0.5) * back
                side = float(np.linalg.norm(rough - np.roll(rough, -1, 0), axis=1).min())
                ideal = None if side < SMALLEST else _refined(grey, rough, kind.markerSize + 2, straighten)
                if ideal is not None:
                    found.append(Sighting(dictionary=name, number=int(number), view=view, ideal=ideal, side_px=side))
        return found


def _linear() -> F64:
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear().astype(np.float32)


def _refined(grey: U8, rough: F64, cells: int, straighten: Callable[[F64], F64]) -> F64 | None:
    """The corners as the crossings of their sides' lines, ideal; None where a side can't be seen well."""
    low = np.maximum(np.floor(rough.min(axis=0)).astype(int) - MARGIN, 0)
    high = np.ceil(rough.max(axis=0)).astype(int) + MARGIN
    light = _LINEAR[grey[low[1] : high[1], low[0] : high[0]]]
    furthest = 4 * max(1.0, float(np.ptp(rough, axis=0).max()) / 100)
    corners = rough = rough - low
    lines: list[F64] = []
    for _ in range(2):  # the first look may start a pixel off
        edges = [_edge(light, np.roll(corners, -i, axis=0), cells) for i in range(4)]
        if any(edge is None for edge in edges):
            return None
        straight = [_line(edge) for edge in edges if edge is not None]
        corners = np.array([_crossing(straight[i - 1], straight[i]) for i in range(4)])
        if not np.isfinite(corners).all() or np.abs(corners - rough).max() > furthest:
            return None
        lines = [_line(straighten(edge + low)) for edge in edges if edge is not None]
    ideal = np.array([_crossing(lines[i - 1], lines[i]) for i in range(4)])
    return ideal if np.isfinite(ideal).all() else None


def _edge(light: np.ndarray, corners: F64, cells: int) -> F64 | None:
    """(N, 2) places along the first side where the marker's dark rim ends."""
    a, b, *others = corners
    along = b - a
    length = float(np.linalg.norm(along))
    along = along / length
    out = np.array([along[1], -along[0]])
    depth = float(out @ (a - np.mean(others, axis=0)))  # of the marker behind this side, as it is seen
    out, depth = (out, depth) if depth > 0 else (-out, -depth)
    reach = float(np.clip(PROFILE * depth / cells, 1.0, 6.0))
    t = np.linspace(ENDS, 1 - ENDS, max(int(length), 8)) * length
    across = np.arange(-reach, reach + STEP / 2, STEP)
    places = a + t[:, None, None] * along + across[None, :, None] * out - 0.5  # OpenCV's middles
    places = places.astype(np.float32)
    profile = cv2.remap(light, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    few = max(len(across) // 6, 2)
    dark, bright = profile[:, :few].mean(axis=1), profile[:, -few:].mean(axis=1)
    half = (dark + bright)[:, None] / 2
    crosses = (profile[:, :-1] <= half) & (profile[:, 1:] > half)
    seen = crosses.any(axis=1) & (bright - dark > CONTRAST)
    if seen.sum() < 0.6 * len(t):
        return None
    distance = np.where(crosses, np.abs(across[:-1] + STEP / 2)[None], np.inf)
    first = distance.argmin(axis=1)[seen]
    row = np.nonzero(seen)[0]
    low, high = profile[row, first], profile[row, first + 1]
    where = across[first] + STEP * (half[row, 0] - low) / (high - low)
    found: F64 = a + t[seen][:, None] * along + where[:, None] * out
    return found


def _line(points: F64) -> F64:
    """The line (a, b, c) with a x + b y = c that most of the points lie on."""
    keep = np.ones(len(points), bool)
    line = np.zeros(3)
    for _ in range(3):
        middle = points[keep].mean(axis=0)
        normal = np.linalg.svd(points[keep] - middle, full_matrices=False)[2][1]
        line = np.array([*normal, normal @ middle])
        off = np.abs(points @ normal - line[2])
        keep = off <= 3 * max(float(np.median(off)), 1e-9)
    return line


def _crossing(one: F64, other: F64) -> F64:
    M = np.stack([one[:2], other[:2]])
    if abs(np.linalg.det(M)) < 1e-6:
        return np.full(2, np.nan)
    return np.asarray(np.linalg.solve(M, [one[2], other[2]]))
