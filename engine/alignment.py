"""The same cameras placed in two worlds ─► the transform that leads from the one to the other, whatever a few of them did since."""

from __future__ import annotations

import numpy as np

from .datatypes import F64

ROUNDS = 12
STRETCHED = 1.01  # the longest against the shortest axis: above it, somebody stretched the one world on purpose
PAIRINGS = 8  # cameras that each one's distance to is looked at
FAR = 1e-6  # of the cameras' spread: closer to the fit than this, all count alike


def target_from_source(source: F64, target: F64) -> F64:
    """(N, 4, 4) placements of the same cameras, same axes, in both worlds -> (4, 4). N is at least 1.

    A camera's own scale says nothing of the world's, its direction and its place do. Cameras that were moved alone are
    outvoted. Where one world is stretched the result is affine, else a similarity.
    """
    linear = target[:, :3, :3] @ np.linalg.inv(source[:, :3, :3])
    size = np.cbrt(np.abs(np.linalg.det(linear)))
    turn = _turn(linear / size[:, None, None])
    scale, shift = _scale_and_shift(source[:, :3, 3] @ turn.T, target[:, :3, 3], float(np.median(size)))
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = scale * turn, shift
    return out


def _turn(linear: F64) -> F64:
    """The linear part that most agree on, of volume one; straightened to a rotation unless it is stretched indeed."""
    weight = np.ones(len(linear))
    mean = linear[0]
    for _ in range(ROUNDS):
        mean = np.einsum("n,nij->ij", weight, linear) / weight.sum()
        weight = 1 / (np.linalg.norm(linear - mean, axis=(1, 2)) + FAR)
    u, values, vt = np.linalg.svd(mean)
    if values[0] < STRETCHED * values[2]:
        return np.asarray(u @ vt)
    return np.asarray(mean / np.cbrt(abs(np.linalg.det(mean))))


def _scale_and_shift(source: F64, target: F64, otherwise: float) -> tuple[float, F64]:
    """target = scale * source + shift, as most have it. `otherwise` is the scale where all stand in one place."""
    scale = _ratio(source, target, otherwise)
    shift = np.median(target - scale * source, axis=0)
    spread = float(np.median(np.linalg.norm(target - np.median(target, axis=0), axis=1)))
    for _ in range(ROUNDS):
        miss = np.linalg.norm(target - scale * source - shift, axis=1)
        near = max(float(np.median(miss)), FAR * spread, 1e-12)
        share = 1 / (1 + (miss / (3 * near)) ** 2) ** 2  # what lies far off counts next to nothing
        share /= share.sum()
        a, b = source - share @ source, target - share @ target
        width = float(share @ (a * a).sum(1))
        fitted = float(share @ (a * b).sum(1)) / width if width > 1e-18 else 0.0
        scale = fitted if fitted > 0 else scale
        shift = share @ target - scale * (share @ source)
    return scale, shift


def _ratio(source: F64, target: F64, otherwise: float) -> float:
    """The median ratio of the distances between two cameras: some that were moved alone do not sway it."""
    offsets = range(1, min(len(source) // 2, PAIRINGS) + 1)
    before = np.concatenate([np.linalg.norm(source - np.roll(source, k, 0), axis=1) for k in offsets] or [np.zeros(0)])
    after = np.concatenate([np.linalg.norm(target - np.roll(target, k, 0), axis=1) for k in offsets] or [np.zeros(0)])
    apart = before > 1e-9 * max(float(before.max(initial=0.0)), 1e-12)
    return (float(np.median(after[apart] / before[apart])) if apart.any() else 0.0) or otherwise
