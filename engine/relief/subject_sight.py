"""What a click is judged by: a small picture's colours as words, its depth, and what lies on an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, U8, Bool

Pixel = tuple[int, int]  # x, y

WORDS = 48  # colours that a picture is told in
BLEND = 7.0  # units of Lab: colours so far apart are still somewhat alike
NEAR = 0.12  # of the clicked inverse depth: so much nearer or further is another thing, most likely
CALM = 2.5  # of an edge against the unrest on both sides of it: from here on it is one
FAINT = 4.0  # units of Lab: unrest that is everywhere, if only from grain
FLAT = 0.012  # of the distance: so high above the ground at most is ground
JUMP = 0.06  # of the depth, from one side of a pixel to the other: as telling as an edge of colour


@dataclass(frozen=True)
class Sight:
    """All of one size (H, W)."""

    lab: F32
    tones: F32  # (H, W, 2) along the two directions that the colours differ most in
    words: NDArray[np.int32]
    alike: F32  # (WORDS, WORDS) how much of one colour is another's, each row summing to 1
    depth: F32  # inverse
    height: F32 | None  # above the ground
    colour_edge: F32  # 0 … 1
    depth_edge: F32

    @property
    def shape(self) -> tuple[int, int]:
        return self.depth.shape[0], self.depth.shape[1]


def look(picture: U8, inverse_depth: F32, height: F32 | None) -> Sight:
    """`picture` is small already; depth and height, of any size of the same ratio, are brought to its."""
    size = picture.shape[1], picture.shape[0]
    depth = cv2.resize(inverse_depth, size, interpolation=cv2.INTER_NEAREST)
    lifted = None if height is None else cv2.resize(height, size, interpolation=cv2.INTER_NEAREST)
    lab = _lab(picture)
    words, alike = _told_in_words(lab)
    tones = lab.reshape(-1, 3) - lab.reshape(-1, 3).mean(0)
    directions = np.linalg.svd(tones[:: max(len(tones) // 5000, 1)], full_matrices=False)[2]
    return Sight(
        lab=lab,
        tones=np.asarray((tones @ directions[:2].T).reshape(*depth.shape, 2), np.float32),
        words=words,
        alike=alike,
        depth=depth,
        height=lifted,
        colour_edge=_colour_edges(lab),
        depth_edge=_depth_edges(depth) if lifted is None else np.maximum(_depth_edges(depth), _feet(depth, lifted)),
    )


def _lab(picture: U8) -> F32:
    """Smoothed where it is grain, not where it is an edge."""
    calm = cv2.bilateralFilter(picture, 5, 25, 3)
    return np.asarray(cv2.cvtColor(calm.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _told_in_words(lab: F32) -> tuple[NDArray[np.int32], F32]:
    """Counting words instead of fitting bells: a thing of many colours, a shoe or a face, has no middle one."""
    pixels = lab.reshape(-1, 3)
    some = np.ascontiguousarray(pixels[:: max(len(pixels) // 4000, 1)])
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 8, 0.0)
    count = min(WORDS, len(some))
    centres = cv2.kmeans(some, count, None, stop, 1, cv2.KMEANS_PP_CENTERS)[2]
    far = (centres**2).sum(1)[None] - 2 * pixels @ centres.T
    between = ((centres[:, None] - centres[None]) ** 2).sum(2)
    alike = np.exp(-between / (2 * BLEND**2))
    words = far.argmin(1).reshape(lab.shape[:2]).astype(np.int32)
    return words, np.asarray(alike / alike.sum(1, keepdims=True), np.float32)


def _colour_edges(lab: F32) -> F32:
    """How far apart the means on two sides are, against the unrest on both: the chips of a terrazzo floor hardly are
    edges, its end is."""
    strongest = np.zeros(lab.shape[:2], np.float32)
    for radius in (1, 2):
        side = 2 * radius + 1
        mean = cv2.blur(lab, (side, side))
        unrest = np.maximum(cv2.blur(lab * lab, (side, side)) - mean * mean, 0).sum(2)
        for dx, dy in ((1, 0), (0, 1)):
            step = dx * (radius + 1), dy * (radius + 1)
            one, other = _moved(mean, *step), _moved(mean, -step[0], -step[1])
            apart = np.linalg.norm(one - other, axis=2)
            both = np.sqrt((_moved(unrest, *step) + _moved(unrest, -step[0], -step[1])) / 2 + FAINT**2)
            strongest = np.maximum(strongest, apart / both)
    return np.asarray(1 - np.exp(-((strongest / CALM) ** 2)), np.float32)


def _depth_edges(depth: F32) -> F32:
    """A jump from one side of a pixel to the other, beyond the slope that goes on on both sides of it: a floor that
    runs away has none.
    Looked for over two widths, since a small network's depth is blurred."""
    strongest = np.zeros(depth.shape, np.float32)
    for reach in (1, 3):
        for dx, dy in ((reach, 0), (0, reach)):
            one, other = _moved(depth, dx, dy), _moved(depth, -dx, -dy)
            on, back = _moved(depth, 3 * dx, 3 * dy), _moved(depth, -3 * dx, -3 * dy)
            slope = (np.abs(on - one) + np.abs(other - back)) / 2
            jump = (np.abs(one - other) - slope) / np.maximum(np.maximum(one, other), 1e-9)
            strongest = np.maximum(strongest, jump)
    return np.asarray(1 - np.exp(-((strongest / JUMP) ** 2)), np.float32)


def _feet(depth: F32, height: F32) -> F32:
    """Where the ground begins and ends: a thing's foot is a border of it, though no depth jumps there. What wavers a
    little above and
    below the ground, as a small network's floor does, has no foot: close to one something stands clearly higher."""
    above = height * depth
    ground = cv2.medianBlur((above < FLAT).astype(np.uint8), 5)
    standing = cv2.dilate((above > 3 * FLAT).astype(np.uint8), np.ones((15, 15), np.uint8))
    return np.asarray(cv2.morphologyEx(ground, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) & standing, np.float32)


def _moved(values: F32, dx: int, dy: int) -> F32:
    """What lies so far beside each pixel; at the rim the last."""
    tall, wide = values.shape[:2]
    down = np.clip(np.arange(tall) + dy, 0, tall - 1)
    across = np.clip(np.arange(wide) + dx, 0, wide - 1)
    return np.asarray(values[down][:, across], np.float32)


def reached(cost: NDArray[np.floating[Any]], starts: list[Pixel], radius: int = 2, rounds: int = 4) -> F32:
    """What the cheapest way from the starts costs, for each pixel: swept down, up and along the rows till it has come
    round corners."""
    far = np.full(cost.shape, 1e9, np.float64)
    for x, y in starts:
        far[disc(cost.shape, x, y, radius)] = 0
    along = np.cumsum(cost, axis=1, dtype=np.float64)
    back = np.cumsum(cost[:, ::-1], axis=1, dtype=np.float64)
    for _ in range(rounds):
        for rows in (range(1, cost.shape[0]), range(cost.shape[0] - 2, -1, -1)):
            step = 1 if rows.step > 0 else -1
            for y in rows:
                before = far[y - step]
                best = before + cost[y]
                np.minimum(best[1:], before[:-1] + 1.4 * cost[y, 1:], out=best[1:])
                np.minimum(best[:-1], before[1:] + 1.4 * cost[y, :-1], out=best[:-1])
                np.minimum(far[y], best, out=far[y])
        far = np.minimum.accumulate(far - along, axis=1) + along
        far = (np.minimum.accumulate(far[:, ::-1] - back, axis=1) + back)[:, ::-1].copy()
    return np.asarray(far, np.float32)


def disc(shape: tuple[int, ...], x: int, y: int, radius: float) -> Bool:
    v, u = np.ogrid[0 : shape[0], 0 : shape[1]]
    return np.asarray((u - x) ** 2 + (v - y) ** 2 <= radius * radius)


def around(values: F32, x: int, y: int) -> float:
    return float(np.median(values[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]))


def clicked_depth(sight: Sight, ins: list[Pixel]) -> float:
    return max(float(np.median([around(sight.depth, x, y) for x, y in ins])), 1e-9)


def unlike(sight: Sight, x: int, y: int) -> F32:
    """How far each pixel's colour is from one place's, without the grain."""
    calm = cv2.blur(sight.lab, (5, 5))
    return np.asarray(np.linalg.norm(calm - calm[y, x], axis=2), np.float32)


def piece(wanted: Bool, x: int, y: int) -> Bool:
    """What hangs together with a pixel; with the nearest that is wanted, where it itself is not."""
    labels = cv2.connectedComponents(wanted.astype(np.uint8), connectivity=4)[1]
    label = int(labels[y, x])
    if label == 0:
        beside = labels[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4]
        if not beside.any():
            return np.zeros(wanted.shape, bool)
        label = int(np.bincount(beside[beside > 0]).argmax())
    return np.asarray(labels == label)
