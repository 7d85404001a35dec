"""Known values spread smoothly over where there are none: averaged upwards through a pyramid, and handed down again."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, Bool


def spread(values: F32, known: Bool) -> F32:
    """(H, W) or (H, W, C): the known values, and smooth ones between and beyond them."""
    weight = known.astype(np.float32)
    held = values * (weight if values.ndim == 2 else weight[..., None])
    return _pulled(np.ascontiguousarray(held, np.float32), weight)


def _pulled(total: F32, weight: F32) -> F32:
    """`total` is values times weights (0..1)."""
    height, width = weight.shape
    expanded = weight if total.ndim == 2 else weight[..., None]
    if weight.all() or max(height, width) < 2:
        return np.asarray(total / np.maximum(expanded, 1e-12), np.float32)
    size = ((width + 1) // 2, (height + 1) // 2)
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    less = cv2.resize(total, size, interpolation=cv2.INTER_AREA)
    # what is sure of itself needs no more of it: a full cell and one with a single known pixel count alike from here on
    sure = np.minimum(share * 4, 1)
    factor = sure / np.maximum(share, 1e-12)
    below = _pulled(less * (factor if total.ndim == 2 else factor[..., None]), np.asarray(sure, np.float32))
    up = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(total + (1 - expanded) * up, np.float32)


def relaxed(values: F32, free: Bool, rounds: int) -> F32:
    """The free ones drawn to the mean of their neighbours, some rounds: no step is left where they meet the others."""
    for _ in range(rounds):
        mean = cv2.blur(values, (3, 3), borderType=cv2.BORDER_REPLICATE)
        values = np.asarray(np.where(free if values.ndim == 2 else free[..., None], mean, values), np.float32)
    return values
