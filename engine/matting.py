"""A coarse mask ─► one that follows the photo's edges: what a stage found at a small size, at the size that others use it."""

from __future__ import annotations

import cv2
import numpy as np

from .datatypes import F32, U8, Bool

SMOOTH = 30.0  # grey levels: a step in the photo this high holds the mask's edge


def refined(mask: Bool, picture: U8, band: int) -> Bool:
    """The mask at the picture's size. Its edge may move by up to `band` pixels to where the picture has one."""
    height, width = picture.shape[:2]
    coarse = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    band = max(band, 2)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    sure = cv2.erode(coarse, kernel) > 0.99
    never = cv2.dilate(coarse, kernel) < 0.01
    soft = _guided(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), coarse, band)
    return np.asarray((sure | (soft > 0.5)) & ~never)


def grown(mask: Bool, pixels: float) -> Bool:
    """Wider by so many pixels; narrower where negative."""
    radius = round(abs(pixels))
    if radius == 0:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), kernel) > 0)


def _guided(guide: F32, values: F32, radius: int) -> F32:
    """A guided filter (He et al.): in each window the values are fitted as a straight function of the guide."""
    size = (2 * radius + 1, 2 * radius + 1)
    mean_g, mean_v = cv2.blur(guide, size), cv2.blur(values, size)
    slope = (cv2.blur(guide * values, size) - mean_g * mean_v) / (cv2.blur(guide * guide, size) - mean_g**2 + SMOOTH**2)
    offset = mean_v - slope * mean_g
    return np.asarray(cv2.blur(slope, size) * guide + cv2.blur(offset, size), np.float32)


def encoded(mask: Bool) -> bytes:
    """As a PNG: white is kept."""
    done, data = cv2.imencode(".png", mask.astype(np.uint8) * 255)
    assert done
    return bytes(data.tobytes())
