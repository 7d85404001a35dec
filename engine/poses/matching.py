"""Which keypoint of one photo is which of another: mutual nearest neighbours with a ratio test, by blocked products."""

from __future__ import annotations

import numpy as np

from ..datatypes import F32, I32

BLOCK = 512  # rows at a time: 6000 x 512 floats stay near the processor


def mutual_matches(first: F32, second: F32, ratio: float) -> I32:
    """(M, 2) index pairs. Descriptors are unit vectors, so the nearest has the largest product.

    A match is each side's best, and nearer than `ratio` times the first side's second best.
    """
    if len(first) < 2 or len(second) < 2:
        return np.zeros((0, 2), np.int32)
    best, best_value, next_value, column_best = _nearest_two(first, second)
    mutual = best_value >= column_best[best]
    near, far = 2 - 2 * best_value, 2 - 2 * next_value
    ok = mutual & (near < ratio * ratio * far)
    rows = np.nonzero(ok)[0]
    return np.stack([rows, best[rows]], 1).astype(np.int32)


def _nearest_two(first: F32, second: F32) -> tuple[np.ndarray, F32, F32, F32]:
    """Per row of `first`: its best in `second`, that value, the second-best value; and per row of `second` its best value."""
    best = np.empty(len(first), np.int64)
    best_value, next_value = np.empty(len(first), np.float32), np.empty(len(first), np.float32)
    column_best = np.full(len(second), -np.inf, np.float32)
    turned = np.ascontiguousarray(second.T)
    for start in range(0, len(first), BLOCK):
        product = first[start : start + BLOCK] @ turned
        np.maximum(column_best, product.max(0), out=column_best)
        rows = np.arange(len(product))
        index = product.argmax(1)
        stop = start + len(product)
        best[start:stop] = index
        best_value[start:stop] = product[rows, index]
        product[rows, index] = -np.inf
        next_value[start:stop] = product.max(1)
    return best, best_value, next_value, column_best
