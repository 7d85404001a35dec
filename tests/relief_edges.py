"""How well a relief's tears follow the true edges of depth: shares within so many pixels, both ways."""

from __future__ import annotations

import cv2
import numpy as np

from engine.datatypes import F32, F64, Bool
from engine.relief.frame import LEVEL, projected
from engine.single import UvMesh

CLEAR, FAINT = 0.10, 0.03  # of the nearer side's inverse depth: edges that must be torn; edges that may be


def true_edges(inverse_depth: F32, ratio: float) -> F64:
    """(N, 2) places, in pixels, between neighbours whose jump no plane on either side foretells."""
    out = []
    for turned in (False, True):
        q = inverse_depth.T if turned else inverse_depth
        step = np.diff(np.pad(q, ((0, 0), (1, 1)), mode="edge"), axis=1)
        before, plain, after = step[:, :-2], step[:, 1:-1], step[:, 2:]
        before, after = before.copy(), after.copy()
        before[:, 0], after[:, -1] = plain[:, 0], plain[:, -1]
        near = np.maximum(q[:, :-1], q[:, 1:])
        off = np.minimum(np.abs(plain - before), np.abs(plain - after))
        rows, columns = np.nonzero((np.minimum(off, np.abs(plain)) > ratio * near) & (near > 0))
        places = np.stack([columns + 1.0, rows + 0.5], 1)
        out.append(places[:, ::-1] if turned else places)
    return np.concatenate(out)


def torn_edges(surface: UvMesh, K: F64, width: int, height: int, step: float = 0.5) -> F64:
    """(N, 2) places along the sheet's rims, in pixels, but for the photo's own border."""
    shown = surface.mesh.faces[~surface.mesh.filled].astype(np.int64)
    start, end = shown.ravel(), np.roll(shown, -1, 1).ravel()
    key, back = start * len(surface.mesh.vertices) + end, end * len(surface.mesh.vertices) + start
    rim = ~np.isin(key, back)
    pixels = projected(surface.mesh.vertices.astype(np.float64), LEVEL, K)
    a, b = pixels[start[rim]], pixels[end[rim]]
    size = np.array([width, height])
    outside = ((np.minimum(a, b) < 0.01) & (np.abs(a - b) < 0.01)) | (
        (np.maximum(a, b) > size - 0.01) & (np.abs(a - b) < 0.01)
    )
    a, b = a[~outside.any(1)], b[~outside.any(1)]
    count = np.maximum(np.ceil(np.linalg.norm(b - a, axis=1) / step), 1).astype(int)
    which = np.repeat(np.arange(len(a)), count)
    at = (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[which]
    return np.asarray(a[which] + (b - a)[which] * at[:, None])


def share_near(places: F64, others: F64, width: int, height: int, reach: float) -> float:
    """The share of `places` with one of `others` within `reach` pixels (to a quarter of a pixel)."""
    fine = 4
    canvas: Bool = np.ones((height * fine + 1, width * fine + 1), np.uint8)
    at = np.clip(np.round(others * fine).astype(int), 0, [width * fine, height * fine])
    canvas[at[:, 1], at[:, 0]] = 0
    far = cv2.distanceTransform(canvas, cv2.DIST_L2, 5) / fine
    at = np.clip(np.round(places * fine).astype(int), 0, [width * fine, height * fine])
    return float((far[at[:, 1], at[:, 0]] <= reach).mean()) if len(places) else 1.0
