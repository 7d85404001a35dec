"""Gives a shell that photos see from both sides its other side: the inside of a shoe, of a bowl, behind a gap.

Poisson's surface has one side. Where a dark or plain inside was not measured, photos look at the back of the outer skin, which
would show them the outside's colours. There the skin is doubled a little farther in, and counts as filled: guessed, not measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..datatypes import F32, I32, Bool, View
from ..geometry import project
from ..kernels.raster import depth_buffer
from ..report import Step
from .topology import compact, face_components, face_normals, vertex_normals

VIEWS = 2  # that must see a face from behind
STEEP = 0.15  # cosine: how plainly it must turn its back
SMALLEST = 0.001  # of the whole area: a smaller patch is a crumb at a border


def lined(vertices: F32, faces: I32, views: Sequence[View], thickness: float, step: Step) -> tuple[F32, I32]:
    """The mesh and, apart from it, a second side behind all faces that are seen from behind."""
    count = np.zeros(len(faces), np.int32)
    for view in views:
        count += _seen_from_behind(vertices, faces, view, thickness)
        step.advance()
    back = _without_crumbs(vertices, faces, count >= VIEWS)
    if not back.any():
        return vertices, faces
    inner = (vertices - thickness * vertex_normals(vertices, faces)).astype(np.float32)
    inner, turned = compact(inner, np.ascontiguousarray(faces[back][:, ::-1]))
    return np.concatenate([vertices, inner]), np.concatenate([faces, turned + len(vertices)]).astype(np.int32)


def _seen_from_behind(vertices: F32, faces: I32, view: View, slack: float) -> Bool:
    pixel, depth = project(view, vertices.astype(np.float64))
    nearest = depth_buffer(pixel, depth, faces, view.width, view.height)
    middle = vertices[faces].mean(1).astype(np.float64)
    at, z = project(view, middle)
    normals, _ = face_normals(vertices, faces)
    ray = middle - view.centre_in_world
    behind = (normals * ray).sum(1) > STEEP * np.linalg.norm(ray, axis=1)
    inside = behind & (z > 0) & (at >= 0).all(1) & (at[:, 0] < view.width) & (at[:, 1] < view.height)
    out = np.zeros(len(faces), bool)
    who = np.nonzero(inside)[0]
    x, y = at[who].astype(np.int64).T
    out[who] = z[who] < nearest[y, x] + slack
    return out


def _without_crumbs(vertices: F32, faces: I32, chosen: Bool) -> Bool:
    label = face_components(faces, among=chosen)
    _, areas = face_normals(vertices, faces)
    patch = label[chosen]
    if not len(patch):
        return chosen
    size = np.bincount(patch, areas[chosen])
    keep = chosen.copy()
    keep[chosen] = (size > SMALLEST * areas.sum())[patch]
    return keep
