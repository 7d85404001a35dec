"""Depth maps against one another: how many views agree, what they say on average, and which pixels show the same point."""

# mypy: disable-error-code="valid-type,no-untyped-def,no-untyped-call,index"
from __future__ import annotations

import numpy as np
import quadrants as qd

from ..datatypes import F32, I32
from .ncc import there_and_back

_F = qd.types.NDArray[qd.f32, 1]
_I = qd.types.NDArray[qd.i32, 1]


@qd.kernel(fastcache=True)
def agree(
    idepth: _F, cams: _F, slots: _I, views: _I, support: _I, averaged: _F, ref_base: qd.i32, width: qd.i32,
    row0: qd.i32, row1: qd.i32, sources: qd.i32, max_pixels: qd.f32, max_share: qd.f32,
) -> None:  # fmt: skip
    """Per pixel: the sources whose depth leads back to it (count, and bits in `views`), and the mean inverse depth of all."""
    for t in range((row1 - row0) * width):
        p = row0 * width + t
        i = idepth[ref_base + p]
        count = 0
        bits = 0
        total = i
        if i > 0.0:
            u = qd.cast(p % width, qd.f32)
            v = qd.cast(p // width, qd.f32)
            for j in range(sources):
                back = there_and_back(idepth, cams, slots, j, u, v, i)
                if back[0] < max_pixels and qd.abs(back[1] - i) < max_share * i:
                    count += 1
                    bits |= 1 << j
                    total += back[1]
        support[p] = count
        views[p] = bits
        averaged[p] = total / qd.cast(count + 1, qd.f32)


@qd.kernel(fastcache=True)
def fuse(
    idepth: _F, normals: _I, used: _I, cams: _F, slots: _I, fused: _F, ref_base: qd.i32, marks: qd.i32, width: qd.i32,
    row0: qd.i32, row1: qd.i32, sources: qd.i32, max_pixels: qd.f32, max_share: qd.f32,
) -> None:  # fmt: skip
    """Takes the pixels that no earlier view has used: (taken, normal in world 3) into `fused`; marks the same
    point's pixels in the sources. A mark is only ever set to 1, and never in the view that is read: threads don't race."""
    for t in range((row1 - row0) * width):
        p = row0 * width + t
        i = idepth[ref_base + p]
        for k in range(4):
            fused[4 * p + k] = 0.0
        if i > 0.0 and used[marks + p] == 0:
            u = qd.cast(p % width, qd.f32)
            v = qd.cast(p // width, qd.f32)
            sum = _unpack(normals[ref_base + p])
            for j in range(sources):
                back = there_and_back(idepth, cams, slots, j, u, v, i)
                if back[0] < max_pixels and qd.abs(back[1] - i) < max_share * i:
                    column = qd.cast(back[2] + 0.5, qd.i32)
                    row = qd.cast(back[3] + 0.5, qd.i32)
                    at = row * slots[4 * j + 1] + column
                    if idepth[slots[4 * j] + at] > 0.0:
                        sum += _unpack(normals[slots[4 * j] + at])
                    used[slots[4 * j + 3] + at] = 1
            fused[4 * p] = 1.0
            for k in qd.static(range(3)):
                fused[4 * p + 1 + k] = sum[k]


@qd.func
def _unpack(packed: qd.i32):
    """Three signed components of 10 bits."""
    x = qd.cast(packed & 1023, qd.f32) - 512.0
    y = qd.cast((packed >> 10) & 1023, qd.f32) - 512.0
    z = qd.cast((packed >> 20) & 1023, qd.f32) - 512.0
    return qd.Vector([x, y, z]) / 511.0


def pack_normals(normals: F32) -> I32:
    """(..., 3) unit vectors -> one int each."""
    whole = np.round(normals * 511).astype(np.int32) + 512
    return np.asarray(whole[..., 0] | whole[..., 1] << 10 | whole[..., 2] << 20, np.int32)
