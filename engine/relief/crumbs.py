"""Crumbs: scraps of depth with tears all around them, too small to be anything. They join what surrounds them, so that no hole is left."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..datatypes import F32, I32, Bool
from .edges import Tears
from .lattice import Lattice

SMALLEST = 5e-5  # of the photo's area
FEWEST = 12  # nodes
SHORTEST = 0.008  # of the photo's longer side: a tear that is shorter is none
OPEN = 0.02  # the same for one that ends in the open, if its jump is plain: longer if not
PLAIN = 0.3  # of the nearer side's inverse depth


def pieces(tears: Tears) -> tuple[I32, I32]:
    """(each node's piece, each piece's nodes): what hangs together without crossing a tear."""
    return _joined(tears.right, tears.below)


def _joined(right: Bool, below: Bool) -> tuple[I32, I32]:
    rows, columns = right.shape[0], below.shape[1]
    grid = np.zeros((2 * rows - 1, 2 * columns - 1), np.uint8)
    grid[::2, ::2] = 1
    grid[::2, 1::2] = ~right
    grid[1::2, ::2] = ~below
    count, labels = cv2.connectedComponents(grid, connectivity=4, ltype=cv2.CV_32S)
    label = np.ascontiguousarray(labels[::2, ::2])
    return label, np.bincount(label.ravel(), minlength=count).astype(np.int32)


def without_scratches(q: F32, right: Bool, below: Bool) -> tuple[Bool, Bool]:
    """Tears without those that are too short to part anything: where a foot meets the floor, depth often jumps a little.

    One that goes all around something is kept if it is not tiny; one that ends in the open must be long, or its jump large.
    """
    rows, columns = right.shape[0], below.shape[1]
    grid = np.zeros((2 * rows - 1, 2 * columns - 1), np.uint8)
    grid[::2, 1::2], grid[1::2, ::2] = right, below
    around = grid[::2, 1::2], grid[1::2, ::2]
    # where four cells meet, the tears around it are one
    grid[1::2, 1::2] = around[0][:-1] | around[0][1:] | around[1][:, :-1] | around[1][:, 1:]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grid, connectivity=4, ltype=cv2.CV_32S)
    length = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) / 2
    tear = np.concatenate([labels[::2, 1::2][right], labels[1::2, ::2][below]])
    one = np.concatenate([q[:, :-1][right], q[:-1][below]])
    other = np.concatenate([q[:, 1:][right], q[1:][below]])
    sheet, _ = _joined(right, below)
    parts = np.concatenate([(sheet[:, :-1] != sheet[:, 1:])[right], (sheet[:-1] != sheet[1:])[below]])
    number = np.maximum(np.bincount(tear, minlength=count), 1)
    jump = np.bincount(tear, np.abs(one - other) / np.maximum(one, other), count) / number
    closed = np.bincount(tear, parts, count) > 0.5 * number
    longest = max(rows, columns)
    short = length < max(SHORTEST * longest, 4)
    short |= ~closed & (length * np.minimum(jump / PLAIN, 1) < OPEN * longest)
    return right & ~short[labels[::2, 1::2]], below & ~short[labels[1::2, ::2]]


def without_crumbs(lattice: Lattice, tears: Tears) -> tuple[Lattice, Bool]:
    """The lattice with every crumb given the depth of the nearest node that is none; and which nodes those were."""
    label, sizes = pieces(tears)
    least = max(FEWEST, int(SMALLEST * label.size))
    crumb = (sizes < least)[label] & lattice.kept
    if not crumb.any() or crumb.all():
        return lattice, np.zeros_like(crumb)
    # islands of what is left out stay as they are: nobody asked for them
    _, nearest = cv2.distanceTransformWithLabels(
        (crumb | ~lattice.kept).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(int(nearest.max()) + 1, np.int64)
    solid = ~(crumb | ~lattice.kept)
    source[nearest[solid]] = np.nonzero(solid.ravel())[0]
    taken = source[nearest[crumb]]
    q, sky = lattice.q.copy(), lattice.sky.copy()
    q[crumb], sky[crumb] = lattice.q.ravel()[taken], lattice.sky.ravel()[taken]
    return replace(lattice, q=q, sky=sky), crumb
