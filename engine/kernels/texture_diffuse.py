"""Averages values over the edges of a graph, round after round: a kernel and its NumPy twin."""

from __future__ import annotations

import numpy as np
import quadrants as qd

from ..datatypes import F32, I32
from .device import open_device


def diffuse(starts: I32, neighbours: I32, values: F32, rounds: int) -> F32:
    """(V, C) values -> each replaced, `rounds` times, by the mean of itself and its neighbours.

    `neighbours[starts[i]:starts[i + 1]]` are those of node i.
    """
    open_device()
    here = np.ascontiguousarray(values, np.float32)
    if rounds < 1 or here.size == 0:
        return here
    here = here.copy() if here is values else here
    there = np.empty_like(here)
    for _ in range(rounds):
        _average(starts, neighbours, here, there, len(here), here.shape[1])
        here, there = there, here
    return here


def diffuse_twin(starts: I32, neighbours: I32, values: F32, rounds: int) -> F32:
    """The same in plain NumPy."""
    here = values.astype(np.float32)
    degree = np.diff(starts)
    owner = np.repeat(np.arange(len(here)), degree)
    for _ in range(rounds):
        total = here.astype(np.float64)
        np.add.at(total, owner, here[neighbours])
        here = (total / (degree + 1)[:, None]).astype(np.float32)
    return here


@qd.kernel
def _average(
    starts: qd.types.NDArray[qd.i32, 1],
    neighbours: qd.types.NDArray[qd.i32, 1],
    here: qd.types.NDArray[qd.f32, 2],
    there: qd.types.NDArray[qd.f32, 2],
    count: qd.i32,
    channels: qd.i32,
) -> None:
    for i in range(count):
        first, last = starts[i], starts[i + 1]
        scale = 1.0 / qd.cast(last - first + 1, qd.f32)
        for c in range(channels):
            there[i, c] = here[i, c]
        for k in range(first, last):
            j = neighbours[k]
            for c in range(channels):
                there[i, c] += here[j, c]
        for c in range(channels):
            there[i, c] *= scale
