"""Filtered maps ─► one cloud: each surface point once, with the normals of all the views that saw it."""

from __future__ import annotations

import numpy as np

from ..datatypes import PointCloud
from ..geometry import rays_in_world
from ..images import load_view
from ..kernels import buffers, consistency
from ..report import Step
from ..settings import DepthSettings
from ..storage import DepthMaps
from .level import Level
from .neighbours import Plan

MAX_PIXELS = 1.0
MAX_SHARE = 0.005


def fuse_maps(level: Level, plans: list[Plan], maps: DepthMaps, settings: DepthSettings, step: Step) -> PointCloud:
    """Views take turns; a pixel that an earlier view's point fell on is used up."""
    used = buffers.ints(len(plans) * level.room)
    buffers.fill_ints(used, 0)
    level.forget_slots()  # the pictures have done their work: packed normals take their place
    parts = []
    for plan in plans:
        if plan.sources:
            level.hold([plan.view, *plan.sources], lambda i: consistency.pack_normals(maps[i].normal).ravel())
            parts.append(_fuse_one(level, plan, maps, used))
        step.advance()
    empty = (np.zeros((0, 3), np.float32),) * 2 + (
        np.zeros((0, 3), np.uint8),
        np.zeros(0, np.int32),
        np.zeros(0, np.float32),
    )
    columns = [np.concatenate(column) for column in zip(empty, *parts, strict=True)]
    return PointCloud(**dict(zip(("points", "normals", "colours", "support", "spacing"), columns, strict=True)))


def _fuse_one(level: Level, plan: Plan, maps: DepthMaps, used: buffers.Buffer) -> tuple[np.ndarray, ...]:
    view = level.views[plan.view]
    count = view.width * view.height
    cams, slots = level.pairs(plan)
    fused = buffers.floats(4 * count)
    consistency.fuse(
        level.idepth, level.tex, used, cams, slots, fused, level.base(plan.view), plan.view * level.room, view.width, 0,
        view.height, len(plan.sources), MAX_PIXELS, MAX_SHARE,
    )  # fmt: skip
    rows = buffers.get_floats(fused, 0, 4 * count).reshape(view.height, view.width, 4)
    taken = rows[..., 0] > 0
    depth = maps[plan.view].depth[taken]
    points = view.centre_in_world + rays_in_world(view)[taken] * depth[:, None]
    normal = rows[taken][:, 1:4]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    return (
        points.astype(np.float32),
        normal.astype(np.float32),
        load_view(view)[taken],
        level.support[plan.view][taken].astype(np.int32),
        (depth / view.K[0, 0]).astype(np.float32),
    )
