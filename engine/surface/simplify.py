"""Fewer faces where the surface is flat: quadric decimation to a budget, then a sound, manifold, oriented mesh."""

from __future__ import annotations

import fast_simplification
import numpy as np

from ..datatypes import F32, I32
from .topology import Edges, border_loops, compact, sound, split_fans

GENTLE = 4.0  # fast_simplification's aggressiveness: slower and more faithful than its 7


def simplify(vertices: F32, faces: I32, budget: int) -> tuple[F32, I32]:
    """At most `budget` faces, where the shape allows it."""
    if len(faces) > budget:
        # about the origin in units of its size: the decimator's thresholds are absolute
        middle, scale = vertices.mean(0), float(np.ptp(vertices, axis=0).max())
        unit = np.ascontiguousarray((vertices - middle) / scale, np.float32)
        out, triangles = fast_simplification.simplify(
            unit, np.ascontiguousarray(faces, np.int32), target_count=budget, agg=GENTLE
        )
        vertices, faces = (out * scale + middle).astype(np.float32), np.asarray(triangles, np.int32)
    return clean(vertices, faces)


def clean(vertices: F32, faces: I32) -> tuple[F32, I32]:
    """No degenerate or doubled face, no crowded edge, no bow tie, no unused vertex."""
    faces = faces[sound(vertices, faces)]
    for _ in range(3):
        crowded = Edges(faces).crowded
        if len(crowded) == 0:
            break
        faces = np.delete(faces, np.unique(crowded // 3), axis=0)
    vertices, faces = split_fans(vertices, faces)
    return compact(vertices, faces)


def without_ears(faces: I32, rounds: int = 2) -> np.ndarray:
    """Indices of the faces that stay when triangles hanging on by one edge only are cut off a border."""
    index = np.arange(len(faces))
    for _ in range(rounds):
        loose = np.bincount(Edges(faces[index]).border // 3, minlength=len(index)) >= 2
        if not loose.any():
            break
        index = index[~loose]
    return index


def close(vertices: F32, faces: I32) -> tuple[F32, I32, int]:
    """A watertight mesh: every border is capped. Gives the number of faces that were added, which come last."""
    before = len(faces)
    added = 0
    for _ in range(6):
        vertices, faces = clean(vertices, faces)
        kept = len(faces)
        loops = border_loops(faces)
        if not loops:
            break
        vertices, faces = _capped(vertices, faces, loops)
        added += len(faces) - kept
    return vertices, faces, min(added, before)


def _capped(vertices: F32, faces: I32, loops: list[list[int]]) -> tuple[F32, I32]:
    """A triangle on a loop of three, a fan around the middle on a larger one."""
    caps: list[np.ndarray] = []
    middles: list[np.ndarray] = []
    for loop in loops:
        ring = np.array(loop[::-1], np.int64)  # border edges run with the faces: the cap runs against them
        if len(ring) == 3:
            caps.append(ring[None])
            continue
        centre = len(vertices) + len(middles)
        middles.append(vertices[ring].mean(0))
        caps.append(np.stack([ring, np.roll(ring, -1), np.full(len(ring), centre)], 1))
    if middles:
        vertices = np.concatenate([vertices, np.array(middles, np.float32)])
    return vertices, np.concatenate([faces, *caps]).astype(np.int32)
