"""The sky apart from what stands before it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..datatypes import F32, U8, Bool
from .guess import Guess
from .refine import enlarged, refined_share

SURE = 0.5  # a network's probability
TOP = 0.02  # of the picture's height: what comes so near to its upper edge reaches it
PLENTY = 0.1  # of the picture: so much sky is believed wherever it is


def split_sky(guess: Guess, picture: U8, check: Callable[[], None] = lambda: None) -> tuple[F32, Bool]:
    """Inverse depth without the sky's influence, at the guess's size, and the sky's pixels in the picture."""
    height, width = picture.shape[:2]
    if guess.sky is None:
        return guess.inverse_depth, np.zeros((height, width), bool)
    coarse = guess.inverse_depth
    probability = enlarged(guess.sky.astype(np.float32), coarse.shape[1], coarse.shape[0])
    if not _is_believed(probability > SURE):
        return coarse, np.zeros((height, width), bool)
    return _beside(coarse, probability), np.asarray(refined_share(probability, picture, check) > SURE)


def _is_believed(sky: Bool) -> bool:
    """A little sky that nowhere reaches the picture's upper edge is a bright wall, or what a window shows: far away, but no sky."""
    rows = max(round(TOP * sky.shape[0]), 1)
    return bool(sky.mean() > PLENTY or sky[:rows].any())


def _beside(coarse: F32, probability: F32) -> F32:
    """In the sky, and where it blends with what is before it, the depth of what stands beside it."""
    below = (probability < 0.2).view(np.uint8)
    if not below.any():
        return coarse
    inner = cv2.erode(below, np.ones((3, 3), np.uint8))  # the rim may be blurred with the sky already
    thin = below & ~cv2.dilate(inner, np.ones((5, 5), np.uint8))
    ground = np.asarray(inner | thin, np.float32)
    filled, known = coarse * ground, ground
    for size in (3, 5, 9, 17, 33, 65, 129):
        wide, share = (
            cv2.blur(plane, (size, size), borderType=cv2.BORDER_REFLECT) for plane in (coarse * ground, ground)
        )
        new = (known == 0) & (share > 1e-3)
        filled[new] = (wide[new] / share[new]).astype(np.float32)
        known = np.maximum(known, new.astype(np.float32))
    filled[known == 0] = float(np.median(coarse[ground > 0]))
    return np.asarray(filled, np.float32)
