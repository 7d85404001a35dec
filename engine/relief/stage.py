"""One photo's depth ─► a relief: a mesh that follows it."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F64, TriMesh
from ..report import Report
from ..settings import ReliefSettings
from ..single import MonoDepth, Part, UvMesh
from .frame import LEVEL, in_camera, to_world


def relief(mono: MonoDepth, settings: ReliefSettings, report: Report, cam_from_world: F64 = LEVEL) -> UvMesh:
    """The mesh, in world."""
    height, width = mono.inverse_depth.shape
    count = (settings.faces / 2 / (width * height)) ** 0.5
    across, down = max(int(width * count), 1), max(int(height * count), 1)
    x, y = np.meshgrid(np.linspace(0, width, across + 1), np.linspace(0, height, down + 1))
    q = cv2.remap(
        mono.inverse_depth,
        (x - 0.5).astype(np.float32),
        (y - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    q = np.maximum(q, 0.2 * np.median(q[q > 0]))
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    points = to_world(in_camera(pixels, 1 / q.ravel().astype(np.float64), mono.K), cam_from_world)
    at = np.arange(q.size).reshape(q.shape)
    a, b, c, d = (at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, 1:].ravel(), at[1:, :-1].ravel())
    corners = q.ravel()[np.stack([a, b, c, d])]
    whole = corners.max(0) < corners.min(0) * 1.3
    faces = np.concatenate([np.stack([a, d, c], 1)[whole], np.stack([a, c, b], 1)[whole]]).astype(np.int32)
    mesh = TriMesh(vertices=points.astype(np.float32), faces=faces, filled=np.zeros(len(faces), bool))
    uvs = np.stack([x.ravel() / width, 1 - y.ravel() / height], 1).astype(np.float32)
    return UvMesh(mesh=mesh, uvs=uvs, part=np.full(len(faces), Part.FRONT.value, np.uint8))
