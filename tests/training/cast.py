"""A scene in the making, ray-cast: what the tests of made-up scenes share."""

from __future__ import annotations

import numpy as np

from training.scenes import kernel
from training.scenes.builder import Builder

HEIGHT, WIDTH = 48, 64


def depth_of(b: Builder) -> np.ndarray:
    """(H, W) along the camera's axis, 0 in the sky."""
    depth = np.zeros((1, HEIGHT, WIDTH), np.float32)
    buffers = [np.zeros((1, HEIGHT, WIDTH, 3), np.float32) for _ in range(4)]
    packed = (b.prims[None], np.array([b.shapes], np.int32), b.looks[None], b.lights[None], b.g[None])
    kernel.shade(*packed, HEIGHT, WIDTH, depth, *buffers)
    return depth[0]
