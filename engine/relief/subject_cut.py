"""A guess of the subject ─► a better one: what tells it from its surroundings, then the cheapest cut."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, U8, Bool
from .subject_sight import NEAR, Pixel, Sight, disc

CUT_CHANNELS = 65  # numbers that OpenCV keeps a model of five bells in: weights, means, covariances
RANGE = 64.0  # of a byte: what likelihood takes of it, so that edges of colour weigh more than its own
LIMIT = 3.0  # nats that one measure may say at most
BINS = 32
SEED = 0.012  # of the longer side: around a click all is as it says
CRUMB = 0.15  # of the largest piece: smaller ones without a click are none
HOLE = 0.02  # of the subject: smaller holes are filled, but for one that was clicked away


def refined(
    sight: Sight,
    guess: Bool,
    leaning: F32,
    trust: float,
    clicks: tuple[list[Pixel], list[Pixel]],
    rounds: int,
) -> Bool:
    """`leaning` (nats) says beforehand where it may be; `trust` weighs depth against colour."""
    ins, outs = clicks
    mask = guess
    for _ in range(rounds):
        if not mask.any() or mask.all():
            break
        evidence = told_apart(sight, mask, trust) + leaning
        mask = _cheapest_cut(sight, evidence, ins, outs)
        mask = tidied(mask, ins, outs)
    return mask


def told_apart(sight: Sight, mask: Bool, trust: float) -> F32:
    """How many nats speak for each pixel being of the mask's kind and not of its surroundings' kind."""
    area = float(mask.sum())
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    outside = np.where(mask, 0, np.exp(-away / (0.5 * np.sqrt(area))) + 0.05).astype(np.float32)
    inside = mask.astype(np.float32)
    colour = _ratio(_told(sight, inside), _told(sight, outside), 0.02)[sight.words]
    cells = _depth_cells(sight, mask, outside)
    depth = _ratio(_counted(cells, inside), _counted(cells, outside), 0.02)[cells]
    return np.asarray(np.clip(colour, -LIMIT, LIMIT) + trust * np.clip(depth, -LIMIT, LIMIT), np.float32)


def _told(sight: Sight, weight: F32) -> F32:
    counts = np.bincount(sight.words.ravel(), weight.ravel(), minlength=len(sight.alike))
    return np.asarray(counts / max(counts.sum(), 1e-9) @ sight.alike, np.float32)


def _counted(cells: np.ndarray, weight: F32) -> F32:
    counts = np.bincount(cells.ravel(), weight.ravel(), minlength=BINS * BINS).reshape(BINS, BINS)
    smooth = cv2.GaussianBlur(counts.astype(np.float32), (0, 0), 1.2)
    return np.asarray(smooth.ravel() / max(float(smooth.sum()), 1e-9), np.float32)


def _ratio(one: F32, other: F32, floor: float) -> F32:
    """What neither has seen says nothing: both get a share of what there is at all."""
    every = floor * (one + other) + 1e-6
    return np.asarray(np.log((one + every) / (other + every)), np.float32)


def _depth_cells(sight: Sight, mask: Bool, outside: F32) -> np.ndarray:
    """Two measures: how far a pixel is from the mask's depth, and how far from the plane of what surrounds it (planes are flat in
    inverse depth). The second finds what hardly rises from a floor that runs from near to far."""
    there = max(float(np.median(sight.depth[mask])), 1e-9)
    off = sight.depth / there - 1
    rise = (sight.depth - plane_around(sight, outside)) / there
    if sight.height is not None:
        rise = np.where(np.abs(off) < 3 * NEAR, sight.height * there, rise)
    columns = [values / (np.abs(values) + scale) for values, scale in ((off, NEAR), (rise, NEAR / 2))]
    first, second = (np.clip((column + 1) / 2 * BINS, 0, BINS - 1).astype(np.int32) for column in columns)
    return np.asarray(first * BINS + second)


def plane_around(sight: Sight, weight: F32) -> F32:
    """Through most of what is weighed, in inverse depth; what rises from it counts less and less."""
    tall, wide = sight.shape
    v, u = np.mgrid[0:tall, 0:wide].astype(np.float32)
    u, v = u / wide - 0.5, v / wide - 0.5
    every = slice(None, None, 7)
    basis = np.stack([np.ones(u.size), u.ravel(), v.ravel()], 1)[every]
    values, weights = sight.depth.ravel()[every], weight.ravel()[every].astype(np.float64)
    plane, still = np.zeros(3), weights
    for _ in range(4):
        weighed = basis * still[:, None]
        plane = np.linalg.solve(weighed.T @ basis + 1e-9 * np.eye(3), weighed.T @ values)
        miss = np.abs(basis @ plane - values)
        spread = float(np.average(miss, weights=weights + 1e-12)) + 1e-9
        still = weights / (1 + (miss / spread) ** 2)
    return np.asarray(plane[0] + plane[1] * u + plane[2] * v, np.float32)


def _cheapest_cut(sight: Sight, evidence: F32, ins: list[Pixel], outs: list[Pixel]) -> Bool:
    """OpenCV's GrabCut with its models held still, as a solver for evidence of any kind: the first channel carries it, and two bells
    of one width, one at each end of that channel, give it back as costs; the other two channels have the photo's edges, and so
    wide bells that they cost nothing."""
    most = float(np.abs(evidence).max()) + 1e-6
    first = RANGE * (evidence / most + 1) / 2
    eight = np.dstack([first, 128 + 1.2 * sight.tones[..., 0], 128 + 1.2 * sight.tones[..., 1]])
    words = np.where(evidence > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    stamp(words, ins, outs)
    width = RANGE**2 / (2 * most)
    models = []
    for mean in (0.0, RANGE):
        model = np.zeros((1, CUT_CHANNELS))
        model[0, 0] = 1
        model[0, 5:8] = mean, 128, 128
        model[0, 20:29] = np.diag([width, 1e8, 1e8]).ravel()
        models.append(model)
    both = np.isin(words, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if both.any() and not both.all():
        picture = np.clip(eight, 0, 255).astype(np.uint8)
        cv2.grabCut(picture, words, None, *models, 1, cv2.GC_EVAL_FREEZE_MODEL)  # type: ignore[call-overload]
    return np.asarray(np.isin(words, (cv2.GC_FGD, cv2.GC_PR_FGD)))


def stamp(words: U8, ins: list[Pixel], outs: list[Pixel]) -> None:
    """Around the clicks there is no doubt; the last word is the later one's, and clicks away come later."""
    radius = max(round(SEED * max(words.shape)), 1)
    for clicks, word in ((ins, cv2.GC_FGD), (outs, cv2.GC_BGD)):
        for x, y in clicks:
            words[disc(words.shape, x, y, radius)] = word


def tidied(mask: Bool, ins: list[Pixel], outs: list[Pixel]) -> Bool:
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
