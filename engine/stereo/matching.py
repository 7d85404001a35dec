"""The schedule: from coarse to fine, first what looks alike, then what agrees with the neighbours' depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, U8, Bool, View
from ..kernels import buffers, patchmatch
from .level import Level, Store
from .neighbours import Plan
from .pyramid import level_view, pixel_K, pixel_of, seed_planes, upsample


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


_COARSE = (
    Pass(sweeps=5, keep=0, candidates=8, trials=5, geometric=0.0, shake=6.0, tilt=0.5),
    Pass(sweeps=2, keep=4, candidates=8, trials=5, geometric=0.15, shake=2.0, tilt=0.3),
    Pass(sweeps=1, keep=4, candidates=8, trials=3, geometric=0.2, shake=1.0, tilt=0.2),
)
_MIDDLE = (
    Pass(sweeps=2, keep=4, candidates=5, trials=3, geometric=0.0, shake=2.0, tilt=0.3),
    Pass(sweeps=1, keep=4, candidates=5, trials=3, geometric=0.15, shake=1.0, tilt=0.2),
)
_FINE = (
    Pass(sweeps=1, keep=4, candidates=5, trials=3, geometric=0.0, shake=1.0, tilt=0.2),
    Pass(sweeps=2, keep=4, candidates=4, trials=3, geometric=0.15, shake=0.5, tilt=0.1),
)
# Above a thousand pixels a level only sharpens what the one below found: one lean pass around it.
_FINEST = (Pass(sweeps=1, keep=3, candidates=3, trials=2, geometric=0.15, shake=1.0, tilt=0.1),)
LEAN_ABOVE = 1000  # pixels of the longer side


def schedule_for(side: int) -> tuple[Stage, ...]:
    """The levels for maps whose longer side is `side`: from an eighth where that is large, else from a quarter."""
    three = ((4, _COARSE), (2, _MIDDLE), (1, _FINE))
    if side > LEAN_ABOVE:
        lifted = [Stage(shrink=2 * shrink, passes=passes) for shrink, passes in three]
        return (*lifted, Stage(shrink=1, passes=_FINEST))
    return tuple(Stage(shrink=shrink, passes=passes) for shrink, passes in three)


def match(level: Level, plan: Plan, one: Pass, seed: int, check: Callable[[], None]) -> None:
    """One pass over one view; its planes and its inverse depth in the atlas are renewed."""
    level.hold([plan.view, *plan.sources])
    view = level.views[plan.view]
    count, base, sources = view.width * view.height, level.base(plan.view), len(plan.sources)
    cams, slots = level.pairs(plan)
    plane, chosen = level.plane, level.chosen
    buffers.put_floats(plane, 0, level.planes(plan.view))
    buffers.put_ints(chosen, 0, np.where(level.valid(plan.view), 0, -1).astype(np.int32))
    K = pixel_K(view)
    fx, fy, cx, cy = float(K[0, 0]), float(K[1, 1]), float(K[0, 2]), float(K[1, 2])
    common = (level.tex, level.idepth, cams, slots, level.offsets, level.weights)
    if one.keep:
        for row0, row1 in level.bands(view):
            patchmatch.choose_views(
                *common, plane, chosen, base, view.width, view.height, row0, row1, sources, one.keep, one.noise,
                one.geometric,
            )  # fmt: skip
            check()
    spread = buffers.int_buffer(patchmatch.reach())
    for turn in range(one.sweeps):
        fade = 0.5**turn
        for parity in (0, 1):
            for row0, row1 in level.bands(view):
                patchmatch.sweep(
                    *common, spread, plane, chosen, base, view.width, view.height, row0, row1, parity, sources,
                    int(turn == 0 and not one.keep), one.candidates, one.trials, seed * 64 + turn * 2 + parity,
                    fx, fy, cx, cy, 1 / plan.near, 1 / plan.far, 1 / (fx * plan.baseline), one.shake * fade,
                    one.tilt * fade, one.noise, one.geometric,
                )  # fmt: skip
                check()
    buffers.copy_floats(plane, 0, 4, level.idepth, base, count)
    level.set_planes(plan.view, buffers.get_floats(plane, 0, 4 * count).reshape(view.height, view.width, 4))


def match_all(
    views: list[View],
    plans: list[Plan],
    grey: Callable[[int], U8],
    valid: Callable[[int, View], Bool],
    store: Store,
    seed: int,
    advance: Callable[[float], None],
    check: Callable[[], None],
    landed: Callable[[Level, Plan], None],
) -> Level:
    """The finest level, matched. `advance` is told the share of the work that a view's pass was, `landed` of each view that is done at a size."""
    schedule = schedule_for(max(max(view.width, view.height) for view in views))
    work = sum(len(stage.passes) / stage.shrink**2 for stage in schedule) * len(plans)
    last: Level | None = None
    for stage in schedule:
        level = Level([level_view(view, stage.shrink) for view in views], grey, valid, store)
        for plan in plans:
            plane = (
                upsample(last.planes(plan.view), level.views[plan.view]) if last else _first(views, level, plan, seed)
            )
            level.set_planes(plan.view, plane)
            check()
        if last:
            last.drop()
        for number, one in enumerate(stage.passes):
            for plan in plans:
                if plan.sources:
                    match(level, plan, one, seed + 1000 * stage.shrink + 100 * number + 1, check)
                advance(1 / stage.shrink**2 / work)
                if one is stage.passes[-1]:
                    landed(level, plan)
        last = level
    assert last is not None
    return last


def _first(views: list[View], level: Level, plan: Plan, seed: int) -> F32:
    view = level.views[plan.view]
    pixel = pixel_of(view, views[plan.view], plan.seeds_pixel)
    return seed_planes(view, plan.near, plan.far, pixel, plan.seeds_depth, seed + plan.view)
