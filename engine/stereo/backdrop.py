"""Finds a photo's plain backdrop: smooth ground, wall or sky that reaches the picture's border.

Nothing can be measured there, yet beside a silhouette the subject's edge lends plain pixels its own depth, which grows skirts and
membranes around the subject. What has no texture and is connected with the border is therefore left out of the depth maps.
A plain part of the subject that the subject's own edge encloses is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..datatypes import U8, Bool

WINDOW = 5  # pixels at map size over which texture is judged
NOISE_GAIN = 3.0  # texture must stand this much above the picture's noise
LEAST_TEXTURE, MOST_TEXTURE = 1.6, 2.6  # grey levels: JPEG leaves nothing to match below, there is something to above
RIM_SHARE = 0.75  # of a photo's border is plain where it was taken before a plain backdrop


def plain_backdrop(grey: U8) -> Bool:
    """(H, W) -> True on the backdrop."""
    texture = _texture(grey)
    plain = texture < np.clip(NOISE_GAIN * np.percentile(texture, 10), LEAST_TEXTURE, MOST_TEXTURE)
    # an opening of one pixel closes the leaks through which a faint silhouette would let the flood in
    plain = cv2.morphologyEx(plain.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    backdrop = _reaching_border(plain)
    return _up_to_the_edge(backdrop, grey)


def taken_before_backdrop(backdrops: Sequence[Bool]) -> bool:
    """Whether the set was: in most photos nearly the whole border is plain. A textured floor or room is never cut."""
    rims = [np.concatenate([b[0], b[-1], b[:, 0], b[:, -1]]).mean() for b in backdrops]
    return bool(rims and np.median(rims) > RIM_SHARE)


def _texture(grey: U8) -> np.ndarray:
    """The standard deviation in a small window, a linear ramp of light taken out."""
    values = grey.astype(np.float32)
    size = (WINDOW, WINDOW)
    mean = cv2.blur(values, size)
    variance = cv2.blur(values * values, size) - mean * mean
    # A ramp of slope g adds g² (n² − 1) / 12 to the variance along each axis: soft shading is not texture.
    slope_x = cv2.blur(cv2.Sobel(values, cv2.CV_32F, 1, 0, scale=1 / 8), size)
    slope_y = cv2.blur(cv2.Sobel(values, cv2.CV_32F, 0, 1, scale=1 / 8), size)
    variance -= (slope_x**2 + slope_y**2) * (WINDOW**2 - 1) / 12
    return np.asarray(np.sqrt(np.maximum(variance, 0)))


def _reaching_border(plain: np.ndarray) -> Bool:
    count, labels = cv2.connectedComponents(plain, connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    touching = np.zeros(count, bool)
    touching[np.unique(rim)] = True
    touching[0] = False  # what is not plain
    return np.asarray(touching[labels])


def _up_to_the_edge(backdrop: Bool, grey: U8) -> Bool:
    """Grows back what the window kept away from the silhouette: pixels as bright as the backdrop beside them."""
    kernel = np.ones((3, 3), np.uint8)
    grown = backdrop.astype(np.uint8)
    level = np.where(backdrop, grey, 0).astype(np.uint8)
    for _ in range(WINDOW // 2 + 1):
        wider = cv2.dilate(grown, kernel)
        spread = cv2.dilate(level, kernel)
        near = np.abs(grey.astype(np.int16) - spread) < 12
        new = (wider > 0) & (grown == 0) & near
        level[new] = spread[new]
        grown[new] = 1
    return grown > 0
