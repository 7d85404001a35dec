"""A click on the photo ─► its subject: what hangs together with the clicked place in depth and in colour.

First a guess from depth and colour around the clicks, then GrabCut over four measures (lightness, two of colour, depth; the height
above the ground in the place of the last where that is known), then the edge brought to the photo's at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, U8, Bool

Click = tuple[float, float]  # x, y in pixels of the picture, from its upper left corner

WORK = 400  # pixels of the longer side that the cut is worked out at
DEPTH = 0.12  # of the clicked depth: so much nearer or further may a step's neighbour lie at most in all
STEP = 0.03  # of the depth: a larger jump from a pixel to the next is an edge
COLOUR = 30.0  # units of Lab: as telling as DEPTH
WIDE = 0.25  # of the picture: what is larger in depth alone is looked at in colour, too
SEED = 0.012  # of the longer side: around a click all is as it says
ROUNDS = 4
CRUMB = 0.15  # of the largest piece: smaller ones without a click are none
HOLE = 0.02  # of the subject: smaller holes are filled, but for one that was clicked away
SOFT = 3.0  # pixels of the working size: how wide the edge may be


def subject(
    colour: U8, inverse_depth: F32, inside: Sequence[Click], outside: Sequence[Click] = (), height: F32 | None = None
) -> F32:
    """(H, W) how much of each pixel belongs to it. `colour` (H, W, 3) and `inverse_depth` (any size of the same ratio, 0 = infinitely far) show
    the same; `height` above the ground, in units of depth, has `inverse_depth`'s size."""
    if not inside:
        raise ValueError("a subject needs a click")
    tall, wide = colour.shape[:2]
    shrink = min(WORK / max(tall, wide), 1.0)
    size = max(round(wide * shrink), 8), max(round(tall * shrink), 8)
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    depth = cv2.resize(inverse_depth, size, interpolation=cv2.INTER_NEAREST)
    lifted = None if height is None else cv2.resize(height, size, interpolation=cv2.INTER_NEAREST)
    scale = np.array([size[0] / wide, size[1] / tall])
    ins, outs = ([_pixel(click, scale, size) for click in clicks] for clicks in (inside, outside))
    lab = _lab(small)
    guess = _guess(lab, depth, lifted, ins, outs)
    cut = _cut(lab, depth, lifted, guess, ins, outs)
    whole = _tidied(cut, ins, outs)
    return _brought_to_edges(whole, small, colour)


def _pixel(click: Click, scale: np.ndarray, size: tuple[int, int]) -> tuple[int, int]:
    x, y = np.array(click) * scale
    return int(np.clip(x, 0, size[0] - 1)), int(np.clip(y, 0, size[1] - 1))


def _lab(picture: U8) -> F32:
    """Smoothed where it is grain, not where it is an edge."""
    calm = cv2.bilateralFilter(picture, 5, 25, 3)
    return np.asarray(cv2.cvtColor(calm.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _guess(lab: F32, depth: F32, height: F32 | None, ins: list[tuple[int, int]], outs: list[tuple[int, int]]) -> U8:
    """GrabCut's four words for each pixel, from depth first."""
    likely = np.zeros(depth.shape, bool)
    sure_out = np.ones(depth.shape, bool)
    edge = _depth_edges(depth)
    for x, y in ins:
        there = _around(depth, x, y)
        off = np.abs(depth - there) / max(there, 1e-9)
        near = off < DEPTH
        if height is not None and _around(height, x, y) > 0.02 / max(there, 1e-9):
            near &= height > 0.012 / max(there, 1e-9)  # what stands on the ground ends where the ground is
        piece = _piece(near & ~edge, x, y)
        if piece.mean() > WIDE:  # depth tells nothing from its surroundings: colour has to
            piece = _piece(piece & (_unlike(lab, x, y) < COLOUR), x, y)
        likely |= piece | _disc(depth.shape, x, y, 3)
        sure_out &= off > 3 * DEPTH
    if outs:
        likely &= _closer(lab, depth, ins, outs)
    words = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    words[sure_out] = cv2.GC_BGD
    _stamp(words, ins, outs)
    return words


def _stamp(words: U8, ins: list[tuple[int, int]], outs: list[tuple[int, int]]) -> None:
    """Around the clicks there is no doubt; the last word is the later one's, and clicks away come later."""
    radius = max(round(SEED * max(words.shape)), 1)
    for clicks, word in ((ins, cv2.GC_FGD), (outs, cv2.GC_BGD)):
        for x, y in clicks:
            words[_disc(words.shape, x, y, radius)] = word


def _closer(lab: F32, depth: F32, ins: list[tuple[int, int]], outs: list[tuple[int, int]]) -> Bool:
    """Whether a pixel is more like the places that were clicked than like those clicked away: in place, depth and colour."""
    v, u = np.mgrid[0 : depth.shape[0], 0 : depth.shape[1]]
    reach = 0.15 * max(depth.shape)

    def distance(x: int, y: int) -> F32:
        there = max(_around(depth, x, y), 1e-9)
        return np.asarray(
            np.hypot(u - x, v - y) / reach + np.abs(depth - there) / there / DEPTH + _unlike(lab, x, y) / COLOUR,
            np.float32,
        )

    return np.asarray(
        np.min([distance(*click) for click in ins], axis=0) <= np.min([distance(*click) for click in outs], axis=0)
    )


def _unlike(lab: F32, x: int, y: int) -> F32:
    """How far each pixel's colour is from one place's, without the grain."""
    calm = cv2.blur(lab, (5, 5))
    return np.asarray(np.linalg.norm(calm - calm[y, x], axis=2), np.float32)


def _cut(
    lab: F32, depth: F32, height: F32 | None, words: U8, ins: list[tuple[int, int]], outs: list[tuple[int, int]]
) -> Bool:
    """GrabCut takes three channels: lightness and colour's strongest direction, and depth against the clicked one."""
    there = max(float(np.median([_around(depth, x, y) for x, y in ins])), 1e-9)
    off = np.clip((depth / there - 1) / DEPTH, -3, 3)
    if height is not None:
        off = np.where(np.abs(off) < 1.5, off + np.clip(height * there / 0.05, -1, 2), off)
    tones = lab.reshape(-1, 3) - lab.reshape(-1, 3).mean(0)
    _, _, directions = np.linalg.svd(tones[:: max(len(tones) // 5000, 1)], full_matrices=False)
    strongest = (tones @ directions[:2].T).reshape(*depth.shape, 2)
    channels = np.dstack([128 + 1.2 * strongest[..., 0], 128 + 1.2 * strongest[..., 1], 128 + 32 * off])
    eight = np.clip(channels, 0, 255).astype(np.uint8)
    both = {cv2.GC_FGD, cv2.GC_PR_FGD} & set(np.unique(words)), {cv2.GC_BGD, cv2.GC_PR_BGD} & set(np.unique(words))
    if not all(both):
        return np.asarray(np.isin(words, (cv2.GC_FGD, cv2.GC_PR_FGD)))
    cv2.setRNGSeed(1)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(eight, words, None, background, foreground, ROUNDS, cv2.GC_INIT_WITH_MASK)
    _stamp(words, ins, outs)
    return np.asarray(np.isin(words, (cv2.GC_FGD, cv2.GC_PR_FGD)))


def _tidied(mask: Bool, ins: list[tuple[int, int]], outs: list[tuple[int, int]]) -> Bool:
    """Pieces that hang on no click go, small holes close."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    clicked = {int(labels[y, x]) for x, y in ins} - {0}
    largest = max((stats[label, cv2.CC_STAT_AREA] for label in clicked), default=0)
    kept = clicked | {
        label
        for label in range(1, count)
        if largest and stats[label, cv2.CC_STAT_AREA] > CRUMB * largest and _beside(stats, label, clicked)
    }
    whole = np.isin(labels, list(kept))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~whole).astype(np.uint8), connectivity=4)
    away = {int(labels[y, x]) for x, y in outs}
    for label in range(1, count):
        x, y, wide, tall, area = stats[label]
        inside = x > 0 and y > 0 and x + wide < whole.shape[1] and y + tall < whole.shape[0]
        if inside and label not in away and area < HOLE * whole.sum():
            whole |= labels == label
    return np.asarray(whole)


def _beside(stats: np.ndarray, label: int, clicked: set[int]) -> bool:
    """Whether a piece's box touches the box of a clicked one: an arm behind a strap, not a man in the distance."""
    x, y, wide, tall, _ = stats[label]
    for other in clicked:
        left, top, across, down, _ = stats[other]
        if x <= left + across and left <= x + wide and y <= top + down and top <= y + tall:
            return True
    return False


def _brought_to_edges(mask: Bool, small: U8, colour: U8) -> F32:
    """A guided filter: over a few pixels the mask becomes a linear function of the colours, which then holds at full size."""
    guide = small.astype(np.float32) / 255
    radius = 2 * round(SOFT) + 1

    def mean(values: NDArray[Any]) -> F32:
        return np.asarray(cv2.blur(values, (radius, radius)), np.float32)

    wanted = mask.astype(np.float32)
    m, p = mean(guide), mean(wanted)
    covariance = np.empty((*mask.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(3):
            covariance[..., i, j] = mean(guide[..., i] * guide[..., j]) - m[..., i] * m[..., j]
    covariance += 2e-4 * np.eye(3, dtype=np.float32)
    with_mask = np.dstack([mean(guide[..., i] * wanted) - m[..., i] * p for i in range(3)])
    slope = np.linalg.solve(covariance, with_mask[..., None])[..., 0].astype(np.float32)
    offset = p - (slope * m).sum(2)
    size = colour.shape[1], colour.shape[0]
    slope, offset = (
        cv2.resize(np.ascontiguousarray(mean(values)), size, interpolation=cv2.INTER_LINEAR)
        for values in (slope, offset)
    )
    soft = offset
    for channel in range(3):
        soft += slope[..., channel] * (colour[..., channel].astype(np.float32) / 255)
    around = cv2.resize(_band(mask), size, interpolation=cv2.INTER_LINEAR)  # away from its edge the mask is sure
    sure = cv2.resize(wanted, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(sure + around * (np.clip(1.6 * soft - 0.3, 0, 1) - sure), 0, 1), np.float32)


def _band(mask: Bool) -> F32:
    """1 along the edge, 0 further from it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    eight = mask.astype(np.uint8)
    band = cv2.dilate(eight, kernel) - cv2.erode(eight, kernel)
    return np.asarray(cv2.blur(band.astype(np.float32), (3, 3)), np.float32)


def _depth_edges(depth: F32) -> Bool:
    """Where depth jumps from a pixel to the next, on both sides of it."""
    edge = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        one, other = (depth[:-1], depth[1:]) if axis == 0 else (depth[:, :-1], depth[:, 1:])
        jump = np.abs(one - other) > 2 * STEP * np.maximum(one, other)
        if axis == 0:
            edge[:-1] |= jump
        else:
            edge[:, :-1] |= jump
    return edge


def _piece(wanted: Bool, x: int, y: int) -> Bool:
    """What hangs together with a pixel; with the nearest that is wanted, where it itself is not."""
    labels = cv2.connectedComponents(wanted.astype(np.uint8), connectivity=4)[1]
    label = int(labels[y, x])
    if label == 0:
        top, left = max(y - 3, 0), max(x - 3, 0)
        around = labels[top : y + 4, left : x + 4]
        if not around.any():
            return np.zeros(wanted.shape, bool)
        label = int(np.bincount(around[around > 0]).argmax())
    return np.asarray(labels == label)


def _around(values: F32, x: int, y: int) -> float:
    return float(np.median(values[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]))


def _disc(shape: tuple[int, ...], x: int, y: int, radius: int) -> Bool:
    v, u = np.ogrid[0 : shape[0], 0 : shape[1]]
    return np.asarray((u - x) ** 2 + (v - y) ** 2 <= radius * radius)
