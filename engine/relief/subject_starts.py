"""A click ─► guesses of what was meant, of many kinds and sizes: no single rule finds a shoe, a face and a tower."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, Bool
from .subject_sight import NEAR, Pixel, Sight, around, disc, piece, reached, unlike

REACHES = 0.09, 0.16, 0.27, 0.42  # of the longer side: how large a thing may be, roughly
COLOUR = 30.0  # units of Lab: as telling as NEAR
WIDE = 0.25  # of the picture: what is larger in depth alone is looked at in colour, too
EASY = 0.02  # what a pixel without an edge costs a way, of what one on the strongest edge costs
STALLS = 2  # kept of each kind of way
LEAN = 1.0  # nats for being where a guess has it
TRUSTS = 0.4, 1.2  # in depth, against colour


@dataclass(frozen=True)
class Start:
    mask: Bool
    leaning: F32  # nats
    trust: float


def starts(sight: Sight, click: Pixel, outs: list[Pixel]) -> list[Start]:
    """What an outside click is nearer to, over edges, than the inside one is in none."""
    both = np.maximum(sight.colour_edge, sight.depth_edge)
    allowed = np.ones(sight.shape, bool)
    if outs:
        allowed = reached(EASY + both, [click]) <= reached(EASY + both, outs)
        allowed &= _closer(sight, click, outs)
    found = []
    for guess, leaning in _discs(sight, click):
        found += [Start(guess, leaning, trust) for trust in TRUSTS]
    for cost, trust in ((both, 0.8), (sight.colour_edge, 0.4), (sight.depth_edge, 1.2)):
        found += [Start(guess, _leaning(guess), trust) for guess in _stalls(reached(cost + EASY, [click]))]
    for trust in TRUSTS:
        guess = _by_depth(sight, *click)
        found.append(Start(guess, _leaning(guess), trust))
    guess = _by_colour(sight, *click)
    found.append(Start(guess, _leaning(guess), TRUSTS[0]))
    clicked = disc(sight.shape, *click, 2)
    against = np.where(allowed, 0, 2 * LEAN).astype(np.float32)
    return [Start((start.mask & allowed) | clicked, start.leaning - against, start.trust) for start in found]


def _leaning(guess: Bool) -> F32:
    """Into the guess near its edge as far from it, but for the edge itself, which is what is to be found."""
    reach = 0.25 * np.sqrt(float(guess.sum())) + 1
    inside = cv2.distanceTransform(guess.astype(np.uint8), cv2.DIST_L2, 3)
    outside = cv2.distanceTransform((~guess).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(LEAN * np.clip((inside - outside) / reach, -2, 1), np.float32)


def _discs(sight: Sight, click: Pixel) -> list[tuple[Bool, F32]]:
    """As one draws a rough ring around a thing: all in it may be of it, all outside is not. The colours do the rest."""
    v, u = np.mgrid[0 : sight.shape[0], 0 : sight.shape[1]]
    away = np.hypot(u - click[0], v - click[1])
    found = []
    for share in REACHES:
        radius = share * max(sight.shape)
        leaning = LEAN * np.clip(1 - (away / radius) ** 2, -3, 1)
        found.append((np.asarray(away <= radius), np.asarray(leaning, np.float32)))
    return found


def _stalls(far: F32) -> list[Bool]:
    """Where a growing region stops for long, it has come to something's border."""
    order = np.sort(far.ravel())
    sizes = np.geomspace(0.003, 0.6, 28)
    at = order[np.minimum((sizes * len(order)).astype(int), len(order) - 1)] + 1e-6
    stays = np.log(at[2:] / at[:-2])  # how much dearer the way gets while the region grows by a step
    peaks = [i for i in range(1, len(stays) - 1) if stays[i] >= stays[i - 1] and stays[i] >= stays[i + 1]]
    best = sorted(peaks, key=lambda i: -stays[i])[:STALLS]
    return [np.asarray(far <= at[i + 1]) for i in best]


def _by_depth(sight: Sight, x: int, y: int) -> Bool:
    """What hangs together at the clicked depth and, where it is known, above the ground."""
    there = max(around(sight.depth, x, y), 1e-9)
    near = np.abs(sight.depth - there) / there < NEAR
    if sight.height is not None and around(sight.height, x, y) > 0.02 / there:
        near &= sight.height > 0.012 / there  # what stands on the ground ends where the ground is
    found = piece(near & ~_jumps(sight.depth), x, y)
    if found.mean() > WIDE:  # depth tells nothing from its surroundings: colour has to
        found = piece(found & (unlike(sight, x, y) < COLOUR), x, y)
    return np.asarray(found | disc(sight.shape, x, y, 3))


def _by_colour(sight: Sight, x: int, y: int) -> Bool:
    return np.asarray(piece(unlike(sight, x, y) < COLOUR, x, y) | disc(sight.shape, x, y, 3))


def _jumps(depth: F32) -> Bool:
    """Where depth jumps from a pixel to the next, on both sides of it."""
    edge = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        one, other = (depth[:-1], depth[1:]) if axis == 0 else (depth[:, :-1], depth[:, 1:])
        jump = np.abs(one - other) > NEAR / 2 * np.maximum(one, other)
        if axis == 0:
            edge[:-1] |= jump
        else:
            edge[:, :-1] |= jump
    return edge


def _closer(sight: Sight, click: Pixel, outs: list[Pixel]) -> Bool:
    """Whether a pixel is more like the place that was clicked than like those clicked away: in place, depth and colour."""
    v, u = np.mgrid[0 : sight.shape[0], 0 : sight.shape[1]]
    reach = 0.15 * max(sight.shape)

    def distance(x: int, y: int) -> F32:
        there = max(around(sight.depth, x, y), 1e-9)
        off = np.abs(sight.depth - there) / there / NEAR
        return np.asarray(np.hypot(u - x, v - y) / reach + off + unlike(sight, x, y) / COLOUR, np.float32)

    return np.asarray(distance(*click) <= np.min([distance(*away) for away in outs], axis=0))
