"""Depth at a network's size ─► at the photo's size, with its edges on the photo's edges."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..datatypes import F32, U8


def refined(coarse: F32, picture: U8, check: Callable[[], None] = lambda: None) -> F32:
    """`coarse` is inverse depth of the picture's ratio, any size; gives it for each pixel of `picture`."""
    return enlarged(coarse, picture.shape[1], picture.shape[0])


def enlarged(plane: F32, width: int, height: int) -> F32:
    """Bilinear: the plain way."""
    if plane.shape == (height, width):
        return plane
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
