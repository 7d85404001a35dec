"""Cuts the extrapolated surface down to what was measured, small holes closed and marked; throws floaters out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, I32, Bool
from .neighbours import Index
from .topology import face_components, face_normals

SUPPORTED = 2.5  # spacings to the third nearest point


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Per face: kept and measured, kept and filled, or dropped."""

    keep: Bool
    filled: Bool
    holes_filled: int
    holes_open: int


def judge(
    vertices: F32, faces: I32, isolation: F64, looked_through: Bool, inside: Bool, *, hole_limit: float
) -> Verdict:
    """`hole_limit` is a length; `looked_through` and `inside` are per vertex."""
    far = isolation[faces].mean(1)
    thin_air = looked_through[faces].sum(1) >= 2
    measured = (far < SUPPORTED) & ~(thin_air & (far > 1.5))
    in_region = inside[faces].all(1)
    measured &= in_region
    gaps = face_components(faces, among=~measured & in_region)
    count = int(gaps.max(initial=-1)) + 1
    of_face, gap = np.nonzero(gaps >= 0)[0], gaps[gaps >= 0]
    width = _widths(vertices, faces[of_face], gap, count)
    cut = np.bincount(gap, thin_air[of_face], count) / np.maximum(np.bincount(gap, minlength=count), 1)
    closed = (width < hole_limit) & (cut < 0.3)
    filled = np.zeros(len(faces), bool)
    filled[of_face] = closed[gap]
    large = width > 0.2 * hole_limit
    return Verdict(
        keep=measured | filled,
        filled=filled,
        holes_filled=int((closed & large).sum()),
        holes_open=int((~closed & large).sum()),
    )


def _widths(vertices: F32, faces: I32, label: Index, count: int) -> F64:
    """Each piece's extent: the diagonal of its box."""
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    corners = vertices[faces]
    for axis in range(3):
        np.minimum.at(low[:, axis], label, corners[:, :, axis].min(1))
        np.maximum.at(high[:, axis], label, corners[:, :, axis].max(1))
    return np.asarray(np.linalg.norm(high - low, axis=1)) if count else np.zeros(0)


def floaters(vertices: F32, faces: I32, filled: Bool, diagonal: float, *, smallest: float) -> Bool:
    """Faces of pieces narrower than `smallest` of the diagonal, or mostly filled, or tiny beside the largest piece."""
    label = face_components(faces)
    count = int(label.max(initial=-1)) + 1
    areas = np.bincount(label, face_normals(vertices, faces)[1], count)
    width = _widths(vertices, faces, label, count)
    guessed = np.bincount(label, filled, count) / np.maximum(np.bincount(label, minlength=count), 1)
    drop = (width < smallest * diagonal) | (guessed > 0.5) | (areas < 0.0005 * areas.max(initial=0))
    if drop.all() and count:
        drop[areas.argmax()] = False
    return np.asarray(drop[label])
