"""What straight lines say of the camera: its focal length, and which way is up. Only where they leave no doubt.

Rooms and houses are made of lines in three directions at right angles. Where two of them run together in the picture, that angle gives
the focal length. Natural things have lines too, but not in three such directions: then nothing is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F64, U8

SIDE = 720  # the picture is looked through at this size, the longer side
SHORTEST = 0.03  # of the longer side: a shorter line's direction is too uncertain
MOST = 250  # lines: the longest
TRIES = 3000
OFF = math.radians(1.5)  # a line may miss its vanishing point by so much
EXPLAINED = 0.62  # of the lines' length must lead to one of the three points
MINIMUM = 5  # lines that must lead to each of the two points that give the focal length
UNSURE = 0.05  # relative: a focal length less certain than that is not told
FIELD_OF_VIEW = (20.0, 110.0)  # degrees over the longer side
LEAN = math.radians(38)  # how far up may be from the picture's up
SEED = 1


@dataclass(frozen=True)
class _Lines:
    """In pixels from the picture's centre; `length` is their weight."""

    middle: F64  # (N, 2)
    along: F64  # (N, 2) unit
    length: F64  # (N,)


def focal_of(picture: U8) -> float | None:
    """In the picture's pixels; None where the lines don't tell."""
    found = _frame(_lines(picture), max(picture.shape[:2]))
    return None if found is None else found[0]


def up_of(picture: U8, focal_px: float) -> F64 | None:
    """Which way is up, as a unit vector in the camera's frame; None where no upright lines tell. `focal_px` is the picture's."""
    lines = _lines(picture)
    steep = np.abs(lines.along[:, 1]) > math.cos(LEAN)
    upright = _Lines(lines.middle[steep], lines.along[steep], lines.length[steep])
    count = len(upright.length)
    if count < MINIMUM:
        return None
    # A line and the camera's place span a plane; up lies in all of those planes.
    ends = [_rays(upright.middle + sign * upright.along * 10, focal_px) for sign in (-1, 1)]
    normals = np.cross(ends[0], ends[1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    first, second = np.random.default_rng(SEED).integers(0, count, (2, 600))
    tried = np.cross(normals[first], normals[second])
    size = np.linalg.norm(tried, axis=1)
    tried = tried[size > 1e-4] / size[size > 1e-4, None]
    tried = tried[np.abs(tried[:, 1]) > math.cos(LEAN)]
    if not len(tried):
        return None
    agrees = _miss(upright, tried[:, :, None], focal_px)[:, :, 0] < OFF  # (tries, lines)
    best = int(np.argmax(agrees @ upright.length))
    fits = agrees[best]
    spread = float(np.ptp(upright.middle[fits, 0])) if fits.any() else 0.0
    if (
        fits.sum() < MINIMUM
        or float(upright.length[fits].sum()) < 0.55 * float(upright.length.sum())
        or spread < 0.3 * picture.shape[1]
    ):
        return None
    _, _, axes = np.linalg.svd(normals[fits] * upright.length[fits, None])
    up = axes[2] * -np.sign(axes[2][1])  # y points down in the camera
    return np.asarray(up, np.float64)


def _frame(lines: _Lines, longer: int) -> tuple[float, F64] | None:
    """(focal length, three directions as columns in the camera's frame)."""
    if len(lines.length) < 2 * MINIMUM:
        return None
    focal, axes = _guessed(lines, longer)
    if focal <= 0:
        return None
    focal, axes, certainty = _polished(lines, focal, axes)
    miss = _miss(lines, axes[None], focal)[0]  # (lines, 3)
    nearest, off = miss.argmin(1), miss.min(1)
    fits = off < OFF
    if not _believable(focal, longer) or float(lines.length[fits].sum()) < EXPLAINED * float(lines.length.sum()):
        return None
    support = sorted((int((fits & (nearest == i)).sum()) for i in range(3)), reverse=True)
    if support[1] < MINIMUM or certainty > UNSURE:
        return None
    return focal, axes


def _guessed(lines: _Lines, longer: int) -> tuple[float, F64]:
    """The best of many: two pairs of lines meet in two points; the angle between those is right at one focal length alone."""
    rng = np.random.default_rng(SEED)
    chance = lines.length / lines.length.sum()
    chosen = rng.choice(len(lines.length), (4, TRIES), p=chance)
    through = np.stack(
        [
            -lines.along[:, 1],
            lines.along[:, 0],
            (lines.along[:, 1] * lines.middle[:, 0] - lines.along[:, 0] * lines.middle[:, 1]),
        ],
        1,
    )
    through[:, 2] /= longer
    meets = [np.cross(through[chosen[i]], through[chosen[i + 1]]) for i in (0, 2)]  # homogeneous, in longer sides
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = -(meets[0][:, :2] * meets[1][:, :2]).sum(1) / (meets[0][:, 2] * meets[1][:, 2])
        focal = np.sqrt(squared)
    good = np.isfinite(focal)
    good[good] &= (focal[good] > 0.5 / math.tan(math.radians(FIELD_OF_VIEW[1] / 2))) & (
        focal[good] < 0.5 / math.tan(math.radians(FIELD_OF_VIEW[0] / 2))
    )
    if not good.any():
        return 0.0, np.eye(3)
    focal = focal[good]
    axes = []
    for meet in meets:
        ray = meet[good] * np.stack([np.ones_like(focal), np.ones_like(focal), focal], 1)
        axes.append(ray / np.linalg.norm(ray, axis=1, keepdims=True))
    frames = np.stack([*axes, np.cross(*axes)], 2)  # (tries, 3, 3)
    best, found = -1.0, 0
    for first in range(0, len(focal), 250):
        some = slice(first, first + 250)
        off = _miss(lines, frames[some], focal[some, None] * longer).min(2)
        score = (np.maximum(1 - (off / OFF) ** 2, 0) * lines.length).sum(1)
        if float(score.max()) > best:
            best, found = float(score.max()), first + int(score.argmax())
    return float(focal[found] * longer), frames[found]


def _polished(lines: _Lines, focal: float, axes: F64) -> tuple[float, F64, float]:
    """Least squares over the turn and the logarithm of the focal length; last, how uncertain the latter is, relatively."""
    u, _, v = np.linalg.svd(axes)
    axes = u @ v
    miss = _miss(lines, axes[None], focal)[0]
    uncertain = math.inf
    for _ in range(12):
        nearest, off = miss.argmin(1), miss.min(1)
        fits = off < 1.5 * OFF
        if fits.sum() < 8:
            break
        rows = np.flatnonzero(fits)
        weight = np.sqrt(lines.length[rows] / lines.length[rows].mean()) / (1 + (off[rows] / (0.5 * OFF)) ** 2)

        turns = [np.zeros(4), *(1e-5 * np.eye(4))]
        zero, *moved = (_off(lines, axes, focal, turn)[rows, nearest[rows]] * weight for turn in turns)
        jacobian = np.stack([(one - zero) / 1e-5 for one in moved], 1)
        normal = jacobian.T @ jacobian + 1e-9 * np.eye(4)
        step = np.clip(-np.linalg.solve(normal, jacobian.T @ zero), -0.1, 0.1)
        axes = cv2.Rodrigues(step[:3])[0] @ axes
        focal *= math.exp(step[3])
        noise = float((zero**2).sum()) / max(len(rows) - 4, 1) + math.radians(0.15) ** 2
        uncertain = math.sqrt(max(noise * float(np.linalg.inv(normal)[3, 3]), 0))
        miss = _miss(lines, axes[None], focal)[0]
        if float(np.abs(step).max()) < 1e-5:
            break
    return focal, axes, uncertain


def _off(lines: _Lines, axes: F64, focal: float, change: F64) -> F64:
    """(N, 3) signed misses after a small turn (three angles) and a change of the focal length's logarithm."""
    turned = cv2.Rodrigues(np.asarray(change[:3]))[0] @ axes
    return np.asarray(_miss(lines, turned[None], focal * math.exp(change[3]), signed=True)[0])


def _miss(lines: _Lines, frames: F64, focal: float | F64, *, signed: bool = False) -> F64:
    """The angle between each line and the direction to each frame's vanishing points, seen from the line's middle: (T, N, 3)."""
    f = np.asarray(focal, np.float64).reshape(-1, 1)
    points = [frames[:, 0, None, :] * f[..., None], frames[:, 1, None, :] * f[..., None]]  # times 1 / z, which may be 0
    z = frames[:, 2, None, :]
    x = points[0] - z * lines.middle[None, :, 0, None]
    y = points[1] - z * lines.middle[None, :, 1, None]
    crossed = x * lines.along[None, :, 1, None] - y * lines.along[None, :, 0, None]
    sine = crossed / np.maximum(np.hypot(x, y), 1e-9)
    return np.asarray(sine if signed else np.abs(sine))


def _lines(picture: U8) -> _Lines:
    """The longest straight lines."""
    scale = min(1.0, SIDE / max(picture.shape[:2]))
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    found = cv2.createLineSegmentDetector().detect(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))[0]
    if found is None:
        return _Lines(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    ends = np.asarray(found, np.float64).reshape(-1, 2, 2) + 0.5
    span = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(span, axis=1)
    middle = ends.mean(1) - np.array(size) / 2
    rim = (np.abs(middle) > np.array(size) / 2 - 4).any(1) & (np.abs(span) < 2).any(
        1
    )  # a frame around the picture is no line
    keep = np.flatnonzero((length > SHORTEST * max(size)) & ~rim)
    keep = keep[np.argsort(-length[keep])][:MOST]
    return _Lines(middle[keep] / scale, span[keep] / length[keep, None], length[keep] / scale)


def _rays(pixels: F64, focal: float) -> F64:
    return np.concatenate([pixels / focal, np.ones((len(pixels), 1))], 1)


def _believable(focal: float, longer: int) -> bool:
    low, high = FIELD_OF_VIEW
    return low < math.degrees(2 * math.atan(longer / 2 / focal)) < high
