"""Closes what small holes the trimming leaves: a dark or shiny spot that no photo could measure in an otherwise sound wall.

The solver spans such a hole too, but often far inside, together with all else that nobody saw. Here each rim gets a lid of its own:
only where it is small, nearly flat, goes on as the wall around it does, and no photo looks through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..datatypes import F32, F64, I32, DepthMap
from ..report import Step
from .support import votes
from .topology import border_loops, face_normals

WIDER = 2.0  # times the limit for what the solver spans: a lid is let in only where more speaks for it
FLAT = 0.2  # of the rim's width: its depth across the plane through it
GOES_ON = 0.5  # cosine between the lid and the wall around it; a cut-off sheet's rim has a negative one
LOOKED_THROUGH = 0.3  # of a lid's corners: the photos know better


def capped(
    vertices: F32, faces: I32, maps: Sequence[DepthMap], spacing: float, limit: float, step: Step
) -> tuple[F32, I32, int]:
    """The mesh with lids on its small rims, and how many. `spacing` is the points' own."""
    limit *= WIDER
    lids = [lid for loop in border_loops(faces) if (lid := _lid(vertices, faces, loop, limit)) is not None]
    if not lids:
        step.advance(len(maps))
        return vertices, faces, 0
    inner = np.concatenate([points for points, _ in lids]).astype(np.float32)
    through, confirmed = votes(inner, np.full(len(inner), spacing, np.float32), maps, step)
    open_air = (through >= 3) & (through > confirmed)
    added_points, added_faces, start, count = [vertices], [faces], 0, 0
    for points, triangles in lids:
        if open_air[start : start + len(points)].mean() < LOOKED_THROUGH:
            base = sum(len(part) for part in added_points) - len(vertices)
            # a lid's own corners are numbered from the mesh's end on
            added_faces.append(np.where(triangles >= len(vertices), triangles + base, triangles).astype(np.int32))
            added_points.append(points.astype(np.float32))
            count += 1
        start += len(points)
    return np.concatenate(added_points), np.concatenate(added_faces), count


def _lid(vertices: F32, faces: I32, loop: list[int], limit: float) -> tuple[F64, I32] | None:
    """New corners and triangles that close a rim; None where a lid would be a guess."""
    ring = np.array(loop[::-1], np.int64)  # border edges run with the faces: the lid runs against them
    rim = vertices[ring].astype(np.float64)
    width = float(np.linalg.norm(np.ptp(rim, axis=0)))
    if len(ring) < 4 or len(np.unique(ring)) < len(ring) or width >= limit:
        return None
    middle = rim.mean(0)
    area = np.cross(rim - middle, np.roll(rim, -1, 0) - middle).sum(0)
    size = float(np.linalg.norm(area))
    if size < 0.05 * width * width:  # a slit: nearly no area for its length
        return None
    normal = area / size
    if np.ptp((rim - middle) @ normal) > FLAT * width:
        return None
    if float((_wall(vertices, faces, ring) * normal).sum()) < GOES_ON:
        return None
    return _rings(rim, ring, middle, len(vertices))


def _wall(vertices: F32, faces: I32, ring: np.ndarray) -> F64:
    """The mean direction of the faces around a rim."""
    on_rim = np.zeros(len(vertices), bool)
    on_rim[ring] = True
    touching = faces[on_rim[faces].any(1)]
    normals, areas = face_normals(vertices, touching)
    mean = (normals * areas[:, None]).sum(0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12))


def _rings(rim: F64, ring: np.ndarray, middle: F64, first: int) -> tuple[F64, I32]:
    """Rings of the rim's own edge length that shrink to its middle: faces as even as the wall's."""
    count = len(ring)
    edge = float(np.linalg.norm(rim - np.roll(rim, 1, 0), axis=1).mean())
    radius = float(np.linalg.norm(rim - middle, axis=1).mean())
    steps = int(np.clip(round(radius / max(edge, 1e-12)), 1, 200))
    inner = [middle + (rim - middle) * (1 - k / steps) for k in range(1, steps)]
    points = np.concatenate([*inner, middle[None]])
    rows = [ring] + [first + k * count + np.arange(count) for k in range(steps - 1)]
    triangles = []
    for outer, within in pairwise(rows):
        a, b, c, d = outer, np.roll(outer, -1), np.roll(within, -1), within
        triangles += [np.stack([a, b, c], 1), np.stack([a, c, d], 1)]
    centre = np.full(count, first + (steps - 1) * count)
    triangles.append(np.stack([rows[-1], np.roll(rows[-1], -1), centre], 1))
    return points, np.concatenate(triangles).astype(np.int32)
