"""A small matching problem with a known answer: tells a device that computes wrongly, and compiles the kernels on the way."""

from __future__ import annotations

import numpy as np

from ..datatypes import F32, F64, U8
from . import buffers, consistency, ncc, patchmatch

WIDTH, HEIGHT, FOCAL = 72, 54, 80.0
PLANE = (0.5, 0.0012, -0.0008)  # inverse depth at the middle, and its change per pixel
BASELINE = (0.35, 0.1, 0.0)


def _texture(x: F64, y: F64) -> U8:
    """Waves that never repeat together."""
    rng = np.random.default_rng(5)
    total = np.zeros_like(x)
    for fx, fy, phase in zip(*rng.uniform(-1.1, 1.1, (2, 24)), rng.uniform(0, 6.3, 24), strict=True):
        total += np.sin(fx * x + fy * y + phase)
    return np.clip(128 + 24 * total, 0, 255).astype(np.uint8)


def problem(times: int = 1) -> tuple[U8, U8, F32, F32]:
    """Reference, source, the pair's row and the true inverse depth (H, W); `times` as wide and high as the small one."""
    width, height, focal = WIDTH * times, HEIGHT * times, FOCAL * times
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    i0, gx, gy = PLANE[0], PLANE[1] / times, PLANE[2] / times
    inverse = i0 + gx * (x - width / 2) + gy * (y - height / 2)
    K = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    b = K @ np.array(BASELINE)
    # The source looks the same way: x_source = x + b_x * inverse(x), which is solved for x to draw the source.
    M = np.array([[1 + b[0] * gx, b[0] * gy], [b[1] * gx, 1 + b[1] * gy]])
    at_zero = i0 - gx * width / 2 - gy * height / 2
    back = np.linalg.inv(M) @ np.stack([x.ravel() - b[0] * at_zero, y.ravel() - b[1] * at_zero])
    row = np.zeros(ncc.CAM_ROW, np.float32)
    row[[0, 4, 8, 12, 16, 20]] = 1
    row[9:12], row[21:24], row[24] = b, -b, 1
    source = _texture(back[0], back[1]).reshape(height, width)
    return _texture(x, y), source, row, inverse.astype(np.float32)


def share_right() -> float:
    """The share of pixels, away from the border, whose depth and tilt come out right from a start at random."""
    ref, source, row, truth = problem()
    count = WIDTH * HEIGHT
    rng = np.random.default_rng(1)
    start = np.zeros((count, 4), np.float32)
    start[:, 0] = rng.uniform(0.35, 0.7, count)
    start[:, 1:3] = rng.uniform(-0.003, 0.003, (count, 2))
    tex = buffers.int_buffer(np.concatenate([ncc.pack(ref), ncc.pack(source)]))
    idepth = buffers.float_buffer(np.concatenate([truth.ravel(), np.zeros(count, np.float32)]))
    cams, slots = buffers.float_buffer(row), buffers.int_buffer(np.array([count, WIDTH, HEIGHT, 0], np.int32))
    offsets, weights = (buffers.float_buffer(a) for a in ncc.window(30.0))
    spread, views = buffers.int_buffer(patchmatch.reach()), buffers.ints(count)
    buffers.put_ints(views, 0, np.zeros(count, np.int32))
    plane = buffers.floats(4 * count)
    buffers.put_floats(plane, 0, start)
    pictures = (tex, idepth, cams, slots, offsets, weights)
    for turn in range(6):
        for parity in (0, 1):
            patchmatch.sweep(
                *pictures, spread, plane, views, 0, WIDTH, HEIGHT, 0, HEIGHT, parity, 1, int(turn == 0), 8, 3,
                turn * 2 + parity, FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2, 0.7, 0.35, 1 / (FOCAL * BASELINE[0]), 2.0,
                0.2, 2.0, 0.0,
            )  # fmt: skip
    patchmatch.choose_views(*pictures, plane, views, 0, WIDTH, HEIGHT, 0, HEIGHT, 1, 1, 2.0, 0.1)
    _compile_rest(idepth, cams, slots, plane, count)
    got = buffers.get_floats(plane, 0, 4 * count).reshape(HEIGHT, WIDTH, 4)
    right = np.abs(got[..., 0] / truth - 1) < 0.01
    right &= np.abs(got[..., 1:3] - np.array(PLANE[1:], np.float32)).max(-1) < 0.0015
    return float(right[8:-8, 8:-20].mean())


def _compile_rest(
    idepth: buffers.Buffer, cams: buffers.Buffer, slots: buffers.Buffer, plane: buffers.Buffer, count: int
) -> None:
    """Calls what else the depth stage needs, for the compiled code alone."""
    views, support, mean = buffers.ints(count), buffers.ints(count), buffers.floats(4 * count)
    consistency.agree(idepth, cams, slots, views, support, mean, 0, WIDTH, 0, HEIGHT, 1, 1.0, 0.01)
    consistency.fuse(idepth, views, support, cams, slots, mean, 0, 0, WIDTH, 0, HEIGHT, 0, 1.0, 0.01)
    buffers.copy_floats(plane, 0, 4, mean, 0, count)
    buffers.get_ints(support, 0, count)
