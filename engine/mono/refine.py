"""Depth at a network's size ─► at the photo's size, with its edges on the photo's edges.

A network is sure that there is an edge of depth, but only roughly where. So only in a band along each such edge is anything decided
anew: every pixel there belongs to what is near or to what is far, never to a mixture, and which of them is voted by the pixels of
like colour around it whose side is known. Outside the bands depth is enlarged smoothly: patterns on a surface leave no trace.
The first vote is held on a small picture; its borders are then followed up to the photo's own size, in ever thinner bands.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..datatypes import F32, U8
from .sides import REACH, Sides, sides_of
from .voting import Electorate, vote

FIRST_SIDE = 640  # the first vote is held at this size, the longer side
ROUNDS = (
    (6.0, 14.0, 40, 0.25),
    (3.0, 10.0, 28, 0.15),
    (1.5, 10.0, 20, 0.1),
)  # reach in the network's pixels, colour, voters, prior
FOLLOW = (3.5, 16.0, 16, 0.2)  # reach in pixels
CRISP = 10.0  # how much steeper the border becomes than the vote
STRIP = 256  # rows that are put together at once


def refined(coarse: F32, picture: U8, check: Callable[[], None] = lambda: None) -> F32:
    """`coarse` is inverse depth of the picture's ratio, any size; gives it for each pixel of `picture`."""
    height, width = picture.shape[:2]
    sides = sides_of(coarse)
    if sides is None:
        return enlarged(coarse, width, height)
    share = _decided(coarse, sides, _at(picture, *_first_size(width, height)), check)
    return _put(coarse, sides, _up(share, picture, check), check)


def refined_share(coarse: F32, picture: U8, check: Callable[[], None] = lambda: None) -> F32:
    """The same for a share of 0..1 that each pixel has either wholly or not at all, as of sky."""
    height, width = picture.shape[:2]
    zero = np.zeros_like(coarse)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    unsure = np.asarray((cv2.dilate(coarse, disc) > 0.5) & (cv2.erode(coarse, disc) < 0.5), np.float32)
    sides = Sides(near=zero + 1, far=zero, jump=unsure, known=(2 * coarse - 1) ** 2)
    share = _decided(coarse, sides, _at(picture, *_first_size(width, height)), check)
    away = enlarged(unsure, share.shape[1], share.shape[0]) <= 0
    share[away] = enlarged(coarse, share.shape[1], share.shape[0])[away] > 0.5
    return _up(share, picture, check)


def _up(share: F32, picture: U8, check: Callable[[], None]) -> F32:
    """From the first vote's size to the picture's."""
    height, width = picture.shape[:2]
    while share.shape != (height, width):
        doubled = (min(2 * share.shape[1], width), min(2 * share.shape[0], height))
        size = doubled if max(width / doubled[0], height / doubled[1]) > 1.4 else (width, height)
        share = _followed(enlarged(share, *size), _at(picture, *size), check)
    return share


def enlarged(plane: F32, width: int, height: int) -> F32:
    """Bilinear: the plain way."""
    if plane.shape == (height, width):
        return plane.copy()
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _first_size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, FIRST_SIDE / max(width, height))
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _at(picture: U8, width: int, height: int) -> U8:
    """Shrunk, and without single pixels of noise."""
    if picture.shape[:2] != (height, width):
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.medianBlur(picture, 3), np.uint8)


def _decided(coarse: F32, sides: Sides, picture: U8, check: Callable[[], None]) -> F32:
    """The share of what is near at each pixel, nearly 0 or 1; 0 outside the bands."""
    height, width = picture.shape[:2]
    depth, near, far, jump = (enlarged(p, width, height) for p in (coarse, sides.near, sides.far, sides.jump))
    known = enlarged(sides.known, width, height)
    share: F32 = np.clip((depth - far) / np.maximum(near - far, 1e-12), 0, 1)
    band = np.flatnonzero(jump > 0).astype(np.int32)
    pixel = max(width, height) / max(coarse.shape)  # one of the network's, in the picture's
    for reach, colour, count, prior in ROUNDS:
        electorate = Electorate(picture, depth, known, near, far)
        share = vote(electorate, share, band, reach * pixel, colour, count, prior, check)
        known.ravel()[band] = np.maximum(known.ravel()[band], np.abs(2 * share.ravel()[band] - 1) ** 2)
        depth.ravel()[band] = (far + share * (near - far)).ravel()[band]
    share[jump <= 0] = 0
    return share


def _followed(share: F32, picture: U8, check: Callable[[], None]) -> F32:
    """The borders alone, a few pixels wide."""
    reach, colour, count, prior = FOLLOW
    crisp = np.clip((share - 0.5) * 2 + 0.5, 0, 1)
    unsure = cv2.dilate(((crisp > 0.01) & (crisp < 0.99)).view(np.uint8), np.ones((3, 3), np.uint8))
    band = np.flatnonzero(unsure).astype(np.int32)
    return vote(Electorate(picture, crisp, np.abs(2 * crisp - 1)), crisp, band, reach, colour, count, prior, check)


def _put(coarse: F32, sides: Sides, share: F32, check: Callable[[], None]) -> F32:
    """Near or far in the bands, smooth elsewhere; strip by strip, for large photos."""
    height, width = share.shape
    out = np.empty((height, width), np.float32)
    wide = [_smooth_wide(coarse, width)] + [
        np.asarray(cv2.resize(p, (width, p.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)
        for p in (sides.near, sides.far, sides.jump)
    ]
    for first in range(0, height, STRIP):
        check()
        rows = slice(first, min(first + STRIP, height))
        plain, near, far, jump = (_rows(p, rows.start, rows.stop, height) for p in wide)
        crisp = np.clip((share[rows] - 0.5) * CRISP + 0.5, 0, 1)
        out[rows] = plain + jump * (far + crisp * (near - far) - plain)
    return out


def _smooth_wide(coarse: F32, width: int) -> F32:
    """Cubic before it is linear: the facets of a linear enlargement show on a relief."""
    times = min(4, max(round(width / coarse.shape[1]), 1))
    size = (coarse.shape[1] * times, coarse.shape[0] * times)
    fine = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)
    np.clip(fine, coarse.min(), coarse.max(), out=fine)
    return np.asarray(cv2.resize(fine, (width, fine.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _rows(plane: F32, first: int, last: int, height: int) -> F32:
    """Rows `first` to `last` of the plane enlarged to `height` rows, as `cv2.resize` would have them."""
    at = (np.arange(first, last) + 0.5) * (plane.shape[0] / height) - 0.5
    low = np.clip(np.floor(at).astype(int), 0, plane.shape[0] - 1)
    high = np.minimum(low + 1, plane.shape[0] - 1)
    t = np.clip(at - low, 0, 1).astype(np.float32)[:, None]
    return np.asarray(plane[low] * (1 - t) + plane[high] * t, np.float32)
