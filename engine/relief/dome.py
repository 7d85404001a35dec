"""The sky behind the horizon's edge: a coarse curved sheet a little behind the photo's own sky, in the colours of the sky nearby."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..datatypes import F64, Bool
from .lattice import Lattice
from .sheet import Sheet

CELLS = 48  # along the longer side
UNDER = 0.15  # of the longer side: so far the sky goes on under what stands before it
BEHIND = 0.985  # of the photo's sky's inverse depth
SHARE = 0.05  # of the budget of faces, at most


def behind_horizon(lattice: Lattice, faces: int) -> Sheet | None:
    """None without sky, or without faces to spend."""
    sky = lattice.sky & lattice.kept
    cells = min(CELLS, int((faces * SHARE / 2) ** 0.5))
    if not sky.any() or sky.all() or cells < 4:
        return None
    ratio = lattice.down / lattice.across
    columns = max(round(cells * min(1.0, 1 / ratio)), 2)
    rows = max(round(cells * min(1.0, ratio)), 2)
    y, x = np.meshgrid(
        np.linspace(0, lattice.down, rows + 1), np.linspace(0, lattice.across, columns + 1), indexing="ij"
    )
    near, far = _nearest_sky(sky, np.round(y).astype(int).ravel(), np.round(x).astype(int).ravel())
    at = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (part.ravel() for part in (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]))
    close = far <= UNDER * max(lattice.across, lattice.down)
    under = far > 0
    quad = np.stack([a, b, c, d])
    wanted = close[quad].any(0) & under[quad].any(0)
    triangles = np.concatenate([np.stack([a, d, c], 1)[wanted], np.stack([a, c, b], 1)[wanted]])
    if not len(triangles):
        return None
    pitch = np.array(lattice.pitch)
    places = np.stack([x.ravel(), y.ravel()], 1)
    mirrored = np.clip(2 * near - places, 0, [lattice.across, lattice.down])
    inside = sky[np.round(mirrored[:, 1]).astype(int), np.round(mirrored[:, 0]).astype(int)]
    return Sheet(
        pixels=places * pitch,
        q=_depth_of_sky(lattice, sky, places) * BEHIND,
        uvs_at=np.where(inside[:, None], mirrored, near) * pitch,
        faces=triangles.astype(np.int64),
        invented=np.ones(len(triangles), bool),
        sky=np.ones(len(triangles), bool),
    )


def _nearest_sky(sky: Bool, rows: np.ndarray, columns: np.ndarray) -> tuple[F64, F64]:
    """((n, 2) the nearest node of sky, how far it is) from the nodes at those rows and columns."""
    far, label = cv2.distanceTransformWithLabels(
        (~sky).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    place = np.zeros((int(label.max()) + 1, 2))
    at = np.nonzero(sky)
    place[label[at]] = np.stack([at[1], at[0]], 1)
    return place[label[rows, columns]], np.asarray(far[rows, columns], np.float64)


def _depth_of_sky(lattice: Lattice, sky: Bool, places: F64) -> F64:
    """Inverse depth on the sphere that the sky's nodes lie on."""
    row, column = (int(v[0]) for v in np.nonzero(sky))
    here = _stretch(lattice, np.array([[column, row]], float))[0]
    return np.asarray(_stretch(lattice, places) * float(lattice.q[row, column]) / here)


def _stretch(lattice: Lattice, places: F64) -> F64:
    ray = (places * np.array(lattice.pitch) - lattice.K[:2, 2]) / lattice.K[[0, 1], [0, 1]]
    return np.asarray(np.sqrt(1 + (ray**2).sum(1)))


def joined(one: Sheet, other: Sheet | None) -> Sheet:
    """Both, one after the other."""
    if other is None:
        return one
    used, flat = np.unique(other.faces, return_inverse=True)
    return replace(
        one,
        pixels=np.concatenate([one.pixels, other.pixels[used]]),
        q=np.concatenate([one.q, other.q[used]]),
        uvs_at=np.concatenate([one.uvs_at, other.uvs_at[used]]),
        faces=np.concatenate([one.faces, flat.reshape(-1, 3) + len(one.q)]),
        invented=np.concatenate([one.invented, other.invented]),
        sky=np.concatenate([one.sky, other.sky]),
    )
