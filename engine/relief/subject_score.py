"""How well a mask stands out as one thing that an artist would mean."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import Bool
from .subject_cut import SEED
from .subject_sight import FLAT, Pixel, Sight, disc

RING = 0.2  # of the side of a square as large as the mask: how wide the rings on both sides of its border are
STEP = 0.06  # of the depth, from ring to ring: clearly another
BAND = 5  # pixels: an edge so near to the border is the border's
PLENTY = 0.9  # of the border on edges of depth: more is no better, since things stand on something
USUAL = 0.1  # of the picture: how large a subject is, if nothing else is known


def score(sight: Sight, mask: Bool, click: Pixel, outs: list[Pixel]) -> float:
    """The weights are round figures from a flat optimum over two kinds of made-up scenes, each with exact and with blurred depth."""
    area = float(mask.sum())
    ring = max(round(RING * np.sqrt(area)), 3)
    eight = mask.astype(np.uint8)
    within = cv2.distanceTransform(np.pad(eight, 1, constant_values=1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    beyond = cv2.distanceTransform(1 - eight, cv2.DIST_L2, 3)
    inner = np.asarray(mask & (within <= ring))
    outer = np.asarray(~mask & (beyond <= ring))
    border = np.asarray(mask & (within <= 1.5))
    if not border.any() or not outer.any():
        return -np.inf
    total = 2.0 * _on_edges(sight, border)
    plenty = PLENTY if sight.height is None else 1.0  # a known ground tells where things stand on it
    total += 2.0 * min(_on_edges(sight, border, depth_alone=True), plenty)
    depth, colour = _depth_apart(sight, border, ring, inner, outer), _colours_apart(sight, inner, outer)
    total += 2.0 * min(depth, PLENTY) + 1.5 * colour
    alike = 1 - max(depth, colour)
    total -= 3.0 * alike**2  # what is like all around it is a patch of it, whatever it is bounded by
    total += 2.0 * _solid(mask, area) - 4.0 * _grounded(sight, mask)
    total -= _torn(sight, np.asarray(within > BAND), float(border.sum()))
    total -= 0.5 * (np.log(area / mask.size / USUAL) / 3) ** 2  # neither a crumb nor all there is
    total += 2.0 * _understood(mask, [click]) + 2.0 * _understood(~mask, outs)
    return float(total - _framed(mask))


def _on_edges(sight: Sight, border: Bool, depth_alone: bool = False) -> float:
    """How much of the border lies on edges, or beside one."""
    edge = sight.depth_edge if depth_alone else np.maximum(sight.depth_edge, sight.colour_edge)
    return float(cv2.dilate(edge, np.ones((3, 3), np.uint8))[border].mean())


def _colours_apart(sight: Sight, one: Bool, other: Bool) -> float:
    """0 where two places have the same colours as often, 1 where they have none in common."""
    shares = []
    for place in (one, other):
        counts = np.bincount(sight.words[place], minlength=len(sight.alike)) @ sight.alike
        shares.append(counts / max(float(counts.sum()), 1e-9))
    return 1 - float(np.sqrt(shares[0] * shares[1]).sum())


def _depth_apart(sight: Sight, border: Bool, ring: int, inner: Bool, outer: Bool) -> float:
    """How much of the border has another depth on its two sides, by means over the ring's width: sees what is too blurred for an edge."""
    side = 2 * ring + 1
    means = []
    for place in (inner, outer):
        weight = cv2.blur(place.astype(np.float32), (side, side)) + 1e-6
        means.append(
            cv2.blur(np.where(place, sight.depth, 0).astype(np.float32), (side, side))[border] / weight[border]
        )
    step = (means[0] - means[1]) / np.maximum(np.maximum(means[0], means[1]), 1e-9)
    return float((1 - np.exp(-((step / STEP) ** 2))).mean())


def _understood(mask: Bool, clicks: list[Pixel]) -> float:
    """How much of what is close to the clicks follows them, the least followed first of all: more than a dot was meant."""
    radius = 3 * SEED * max(mask.shape)
    return min((float(mask[disc(mask.shape, x, y, radius)].mean()) for x, y in clicks), default=0.0)


def _solid(mask: Bool, area: float) -> float:
    """How much of what a rubber band around it would hold it fills: a thing seldom has the outline of a splash."""
    hull = cv2.convexHull(np.argwhere(mask).astype(np.int32)[:, None, ::-1])
    return area / max(cv2.contourArea(hull) + 0.5 * cv2.arcLength(hull, True), area, 1.0)


def _grounded(sight: Sight, mask: Bool) -> float:
    """How much of it is of the other kind, where it is known what is ground and what stands on it: a subject is one or the other."""
    if sight.height is None:
        return 0.0
    there = max(float(np.median(sight.depth[mask])), 1e-9)
    ground = float((sight.height[mask] * there < FLAT).mean())
    return min(ground, 1 - ground)


def _torn(sight: Sight, deep: Bool, border: float) -> float:
    """Jumps of depth well inside: it would be several things. Colours may jump there, a thing can have a pattern."""
    if not deep.any():
        return 0.0
    jumps = sight.depth_edge[deep]
    return 15.0 * float(jumps.mean()) + 3.0 * min(float(jumps.sum()) / (3 * border), 1.0)


def _framed(mask: Bool) -> float:
    """What lies along the picture's rim or touches three of its sides is the place, not the thing."""
    sides = [mask[0], mask[-1], mask[:, 0], mask[:, -1]]
    touched = sum(float(side.mean()) > 0.05 for side in sides)
    return 1.0 * max(touched - 2, 0) + 5.0 * float(np.concatenate(sides).mean())
