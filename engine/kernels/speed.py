"""How fast the open device matches: one pass of the depth stage over a made-up picture with four neighbours, timed."""

from __future__ import annotations

import time

import numpy as np

from . import buffers, ncc, patchmatch, selftest

TIMES = 5  # as wide and high as the self-test's picture: 360 x 270
SOURCES = 4
BUDGET = 1.5  # seconds of measuring
PASSES_PER_MAP = (
    10.5  # such passes take as long as a pixel of a finished depth map (CPU-seconds of the bench's rendered set)
)


def map_megapixels_per_second() -> float:
    """Pixels of finished depth maps, in millions per second."""
    reference, source, row, truth = selftest.problem(TIMES)
    height, width = truth.shape
    count, focal = width * height, selftest.FOCAL * TIMES
    tex = buffers.int_buffer(np.concatenate([ncc.pack(reference), *[ncc.pack(source)] * SOURCES]))
    idepth = buffers.float_buffer(np.concatenate([truth.ravel(), np.zeros(SOURCES * count, np.float32)]))
    cams = buffers.float_buffer(np.tile(row, SOURCES))
    slots = buffers.int_buffer(np.array([[(1 + j) * count, width, height, 0] for j in range(SOURCES)], np.int32))
    offsets, weights = (buffers.float_buffer(a) for a in ncc.window())
    spread, views = buffers.int_buffer(patchmatch.reach()), buffers.int_buffer(np.full(count, 2**SOURCES - 1, np.int32))
    start = np.zeros((count, 4), np.float32)
    start[:, 0] = truth.ravel() * np.random.default_rng(1).uniform(0.98, 1.02, count)
    plane = buffers.floats(4 * count)

    def one_pass(number: int) -> float:
        buffers.put_floats(plane, 0, start)
        begun = time.perf_counter()
        for parity in (0, 1):
            patchmatch.sweep(
                tex, idepth, cams, slots, offsets, weights, spread, plane, views, 0, width, height, 0, height, parity,
                SOURCES, 1, 4, 3, 2 * number + parity, focal, focal, width / 2, height / 2, 0.7, 0.35,
                1 / (focal * selftest.BASELINE[0]), 1.0, 0.2, 2.0, 0.0,
            )  # fmt: skip
        buffers.get_floats(plane, 0, 4)  # waits until the device is done
        return time.perf_counter() - begun

    one_pass(0)  # compiles, and wakes the device up
    quickest, ends = one_pass(1), time.perf_counter() + BUDGET
    while time.perf_counter() < ends:
        quickest = min(quickest, one_pass(2))
    return float(count) / 1e6 / quickest / PASSES_PER_MAP
