"""Triangles for flat outlines with holes, by cutting ears: no point is added, so what the outlines border stays closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..datatypes import F64, I32

Ring = list[int]


def triangulate(points: F64, rings: Sequence[Ring]) -> I32:
    """(N, 2) points; rings of their indices, outlines counter-clockwise and holes clockwise -> (T, 3), counter-clockwise."""
    areas = [_area(points[ring]) for ring in rings]
    outer = sorted((i for i, area in enumerate(areas) if area > 0), key=lambda i: areas[i])
    holes: dict[int, list[Ring]] = {i: [] for i in outer}
    for i, area in enumerate(areas):
        if area < 0:
            around = next(
                (o for o in outer if areas[o] > -area and _contains(points[rings[o]], points[rings[i][0]])), None
            )
            if around is not None:
                holes[around].append(rings[i])
    found: list[tuple[int, int, int]] = []
    for i in outer:
        ring = list(rings[i])
        for hole in sorted(holes[i], key=lambda ring: -float(points[ring, 0].max())):
            ring = _bridged(points, ring, hole)
        found += _ears(points, ring)
    return np.array(found, np.int32).reshape(-1, 3)


def _area(ring: F64) -> float:
    x, y = ring.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _contains(ring: F64, point: F64) -> bool:
    after = np.roll(ring, -1, axis=0)
    spans = (ring[:, 1] > point[1]) != (after[:, 1] > point[1])
    a, b = ring[spans], after[spans]
    x = a[:, 0] + (point[1] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return bool((x > point[0]).sum() % 2)


def _bridged(points: F64, ring: Ring, hole: Ring) -> Ring:
    """One ring that runs along the outline, over to the hole, around it and back."""
    start = int(points[hole, 0].argmax())
    tip = points[hole[start]]
    place = np.array(ring)
    # the nearest corner of the outline that the hole's tip sees: no edge of the outline crosses the line between them
    order = np.argsort(((points[place] - tip) ** 2).sum(1), kind="stable")
    a, b = points[place], points[np.roll(place, -1)]
    at = next((int(k) for k in order if not _crosses(a, b, tip, points[place[k]])), int(order[0]))
    around = hole[start:] + hole[: start + 1]
    return ring[: at + 1] + around + ring[at:]


def _crosses(a: F64, b: F64, p: F64, q: F64) -> bool:
    """Whether any of the edges a-b properly crosses p-q."""
    along, edge = q - p, b - a
    side_a, side_b = _cross(along, a - p), _cross(along, b - p)
    side_p, side_q = _cross(edge, p - a), _cross(edge, q - a)
    return bool(((side_a * side_b < 0) & (side_p * side_q < 0)).any())


def _ears(points: F64, ring: Ring) -> list[tuple[int, int, int]]:
    """Cuts one corner after the other that no other corner lies in."""
    out = []
    left = list(ring)
    at, tried = 0, 0
    while len(left) > 3:
        count = len(left)
        at %= count
        before, tip, after = left[at - 1], left[at], left[(at + 1) % count]
        if tried >= count or _is_ear(points, left, before, tip, after):  # a ring that crosses itself has no ear left
            out.append((before, tip, after))
            del left[at]
            tried = -1
        at, tried = at + 1, tried + 1  # on past the next corner: else all triangles would hang on one
    return [*out, (left[0], left[1], left[2])]


def _is_ear(points: F64, ring: Ring, before: int, tip: int, after: int) -> bool:
    a, b, c = points[before], points[tip], points[after]
    if _cross(b - a, c - b) <= 0:
        return False
    others = points[ring]
    inside = (_cross(b - a, others - a) >= 0) & (_cross(c - b, others - b) >= 0) & (_cross(a - c, others - c) >= 0)
    if not inside.any():
        return True
    corner = (others == a).all(1) | (others == b).all(1) | (others == c).all(1)  # the bridges' doubled corners too
    return not bool((inside & ~corner).any())


def _cross(a: F64, b: F64) -> F64:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
