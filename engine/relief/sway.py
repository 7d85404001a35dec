"""How far a camera may move over a stage before something shows that no layer has: planned before the layers are made, proven after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64
from ..report import Report
from ..single import Layer, MonoDepth
from .cut import nearest
from .film import View, draw, lens, ready
from .moves import moved

SHARE = 0.05  # of the picture's longer side: so far does the nearest thing move against the furthest
PROOF = 360  # pixels: the longer side of the pictures that prove it
WHOLE = 0.98  # a pixel that is covered less is a hole
ALLOWED = 2e-5  # of the pixels: rounding at the picture's border is no hole
SHRINK = 0.85
PIVOT_SIDE = 400  # pixels: a picture's longer side that is enough to find its usual depth
FEWEST = 0.05  # of what was planned: less is no move


@dataclass(frozen=True, kw_only=True)
class Reach:
    """`sway` sideways and up, `push` forwards; together at most so that their shares add up to 1. `pivot`: a depth to turn round."""

    sway: float
    push: float
    pivot: float


def planned(mono: MonoDepth) -> Reach:
    """What the layers are filled for. Everything scales with the nearest thing: a photo of a cup and one of a hill move alike."""
    height, width = mono.inverse_depth.shape
    near = max(nearest(mono.inverse_depth), 1e-9)
    side = SHARE * max(height, width)
    sway = side / (float(mono.K[0, 0]) * near)
    # forwards the border moves most: by half the picture times push * near
    push = 2 * SHARE / (1 + 2 * SHARE) / near
    return Reach(sway=sway, push=push, pivot=_pivot(mono))


def _pivot(mono: MonoDepth) -> float:
    """The depth of what the picture is about: the nearer half of what lies around its middle."""
    step = max(int(max(mono.inverse_depth.shape) / PIVOT_SIDE), 1)  # sorting all of a large photo takes seconds
    inverse, sky = mono.inverse_depth[::step, ::step], mono.sky[::step, ::step]
    height, width = inverse.shape
    y, x = np.mgrid[0:height, 0:width]
    centre = np.exp(-((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) / (2 * 0.2**2)) * ~sky
    order = np.argsort(inverse, axis=None)
    weight = np.cumsum(centre.ravel()[order])
    if weight[-1] <= 0:
        return 4.0
    at = np.searchsorted(weight, 0.6 * weight[-1])
    return float(1 / max(inverse.ravel()[order][min(at, order.size - 1)], 1e-9))


def proven(layers: Sequence[Layer], mono: MonoDepth, cam_from_world: F64, reach: Reach, report: Report) -> Reach:
    """The reach, shrunk until no place within it shows a hole in a rendered picture."""
    stage = ready(layers, PROOF)
    share = 1.0
    while share > FEWEST:
        if holes(stage, mono, cam_from_world, reach, share, report)[0] <= ALLOWED:
            return Reach(sway=reach.sway * share, push=reach.push * share, pivot=reach.pivot)
        share *= SHRINK
    return Reach(sway=0.0, push=0.0, pivot=reach.pivot)


def holes(
    stage: Sequence[View], mono: MonoDepth, cam_from_world: F64, reach: Reach, share: float, report: Report
) -> tuple[float, F32]:
    """The largest share of pixels that any place shows uncovered, and the picture (H, W) of that one's cover."""
    height, width = mono.inverse_depth.shape
    scale = PROOF / max(height, width)
    size = (round(width * scale), round(height * scale))
    worst, shown = 0.0, np.ones(size[::-1], np.float32)
    for place in places():
        for turn in (0.0, 1.0):
            report.check()
            at = place * [reach.sway, reach.sway, reach.push] * share
            cover = draw(stage, moved(cam_from_world, at, reach.pivot, turn), lens(mono, size), size)[..., 3]
            missing = float((cover < WHOLE).mean())
            if missing > worst:
                worst, shown = missing, cover
    return worst, shown


def places() -> list[F64]:
    """The rim of what is safe: sideways and up to 1 together, forwards as far as that leaves."""
    around = [np.array([np.cos(a), np.sin(a), 0.0]) for a in np.arange(8) * np.pi / 4]
    return [*around, np.array([0.0, 0.0, 1.0]), *(np.array([0.5 * p[0], 0.5 * p[1], 0.5]) for p in around[::2])]
