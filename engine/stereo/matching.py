"""The schedule: from coarse to fine, first what looks alike, then what agrees with the neighbours' depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, U8, Bool, View
from ..kernels import buffers, ncc, patchmatch
from .neighbours import Plan
from .pyramid import level_grey, level_view, pair_row, pixel_K, pixel_of, seed_planes, upsample

BAND_PIXELS = 150_000  # per launch: well under half a second, so that cancel is heard and no display driver times out


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One visit to every view."""

    sweeps: int
    keep: int  # views that a pixel is scored in; 0 = all, of which the three that agree best count
    candidates: int  # neighbours' planes that are tried
    trials: int
    geometric: float  # weight of a pixel of forward-backward error
    shake: float  # pixels of disparity
    tilt: float  # slope
    noise: float = 2.0  # variance of grey that is no texture


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One size of the pictures."""

    shrink: int
    passes: tuple[Pass, ...]


SCHEDULE = (
    Stage(
        shrink=4,
        passes=(
            Pass(sweeps=5, keep=0, candidates=8, trials=5, geometric=0.0, shake=6.0, tilt=0.5),
            Pass(sweeps=2, keep=4, candidates=8, trials=5, geometric=0.15, shake=2.0, tilt=0.3),
            Pass(sweeps=1, keep=4, candidates=8, trials=3, geometric=0.2, shake=1.0, tilt=0.2),
        ),
    ),
    Stage(
        shrink=2,
        passes=(
            Pass(sweeps=2, keep=4, candidates=5, trials=3, geometric=0.0, shake=2.0, tilt=0.3),
            Pass(sweeps=1, keep=4, candidates=5, trials=3, geometric=0.15, shake=1.0, tilt=0.2),
        ),
    ),
    Stage(
        shrink=1,
        passes=(
            Pass(sweeps=1, keep=4, candidates=5, trials=3, geometric=0.0, shake=1.0, tilt=0.2),
            Pass(sweeps=2, keep=4, candidates=4, trials=3, geometric=0.15, shake=0.5, tilt=0.1),
        ),
    ),
)


class Level:
    """All views at one size: pictures and inverse depths on the device, planes on the host."""

    def __init__(self, views: list[View], greys: Callable[[int], U8], valid: Callable[[int], Bool]) -> None:
        self.views = views
        self.valid = valid
        sizes = [v.width * v.height for v in views]
        self.base = np.concatenate([[0], np.cumsum(sizes)])
        self.tex = buffers.ints(int(self.base[-1]) + max(sizes))
        self.idepth = buffers.floats(int(self.base[-1]) + max(sizes))
        for i, view in enumerate(views):
            buffers.put_ints(self.tex, int(self.base[i]), ncc.pack(level_grey(greys(i), view)))
        offsets, weights = ncc.window()
        self.offsets, self.weights = buffers.float_buffer(offsets), buffers.float_buffer(weights)
        self.spread = buffers.int_buffer(patchmatch.reach())
        self.plane = buffers.floats(4 * max(sizes))
        self.chosen = buffers.ints(max(sizes))
        self.planes: list[F32] = []
        self.support: list[U8] = []  # views that confirm each pixel, itself counted; set by the filter

    def set_planes(self, planes: list[F32]) -> None:
        self.planes = planes
        for i, plane in enumerate(planes):
            buffers.put_floats(self.idepth, int(self.base[i]), plane[..., 0])

    def pairs(self, plan: Plan) -> tuple[buffers.Buffer, buffers.Buffer]:
        """The kernels' `cams` and `slots` of a reference."""
        ref = self.views[plan.view]
        rows = [pair_row(ref, self.views[j], prior) for j, prior in zip(plan.sources, plan.priors, strict=True)]
        slots = [[int(self.base[j]), self.views[j].width, self.views[j].height, 0] for j in plan.sources]
        return buffers.float_buffer(np.array(rows, np.float32)), buffers.int_buffer(np.array(slots, np.int32))

    def bands(self, view: View) -> list[tuple[int, int]]:
        rows = max(BAND_PIXELS // view.width, 1)
        return [(r, min(r + rows, view.height)) for r in range(0, view.height, rows)]

    def match(self, plan: Plan, one: Pass, seed: int, check: Callable[[], None]) -> None:
        """One pass over one view; its planes and its inverse depth in the atlas are renewed."""
        view = self.views[plan.view]
        count = view.width * view.height
        cams, slots = self.pairs(plan)
        buffers.put_floats(self.plane, 0, self.planes[plan.view])
        buffers.put_ints(self.chosen, 0, np.where(self.valid(plan.view), 0, -1).astype(np.int32))
        fx, fy, cx, cy = (float(pixel_K(view)[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
        base, sources = int(self.base[plan.view]), len(plan.sources)
        common = (self.tex, self.idepth, cams, slots, self.offsets, self.weights)
        if one.keep:
            for row0, row1 in self.bands(view):
                patchmatch.choose_views(
                    *common, self.plane, self.chosen, base, view.width, view.height, row0, row1, sources, one.keep,
                    one.noise, one.geometric,
                )  # fmt: skip
                check()
        for turn in range(one.sweeps):
            fade = 0.5**turn
            for parity in (0, 1):
                for row0, row1 in self.bands(view):
                    patchmatch.sweep(
                        *common, self.spread, self.plane, self.chosen, base, view.width, view.height, row0, row1,
                        parity, sources, int(turn == 0 and not one.keep), one.candidates, one.trials,
                        seed * 64 + turn * 2 + parity, fx, fy, cx, cy, 1 / plan.near, 1 / plan.far,
                        1 / (fx * plan.baseline), one.shake * fade, one.tilt * fade, one.noise, one.geometric,
                    )  # fmt: skip
                    check()
        buffers.copy_floats(self.plane, 0, 4, self.idepth, base, count)
        self.planes[plan.view] = buffers.get_floats(self.plane, 0, 4 * count).reshape(view.height, view.width, 4)


def match_all(
    views: list[View],
    plans: list[Plan],
    grey: Callable[[int], U8],
    valid: Callable[[int, View], Bool],
    seed: int,
    advance: Callable[[float], None],
    check: Callable[[], None],
    schedule: tuple[Stage, ...] = SCHEDULE,
) -> Level:
    """The finest level, matched. `advance` is told the share of the work that a view's pass was."""
    work = sum(len(stage.passes) / stage.shrink**2 for stage in schedule) * len(plans)
    planes: list[F32] = []
    level: Level | None = None
    for stage in schedule:
        sized = [level_view(view, stage.shrink) for view in views]
        level = Level(sized, grey, lambda i, sized=sized: valid(i, sized[i]))  # type: ignore[misc]
        if planes:
            level.set_planes([upsample(plane, view) for plane, view in zip(planes, sized, strict=True)])
        else:
            level.set_planes([_first(views, sized, plan, seed) for plan in plans])
        for number, one in enumerate(stage.passes):
            for plan in plans:
                if plan.sources:
                    level.match(plan, one, seed + 1000 * stage.shrink + 100 * number + 1, check)
                advance(1 / stage.shrink**2 / work)
        planes = level.planes
    assert level is not None
    return level


def _first(views: list[View], sized: list[View], plan: Plan, seed: int) -> F32:
    view = sized[plan.view]
    pixel = pixel_of(view, views[plan.view], plan.seeds_pixel)
    return seed_planes(view, plan.near, plan.far, pixel, plan.seeds_depth, seed + plan.view)
