"""Posed photos ─► a depth map per view and one cloud: plan, match from coarse to fine, keep what agrees, fuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from ..datatypes import U8, Bool, Dense, Sparse, View
from ..errors import EngineError
from ..geometry import view_of
from ..images import load_view, view_empty, view_valid
from ..kernels.device import open_device
from ..report import Report
from ..settings import DepthSettings
from ..storage import DepthMaps
from .backdrop import plain_backdrop, taken_before_backdrop
from .filtering import believable, filter_maps
from .fusion import fuse_maps
from .landing import Landing
from .level import Level, Store
from .matching import match_all
from .neighbours import MOST_SOURCES, Plan, plan_views


def run(sparse: Sparse, settings: DepthSettings, report: Report, folder: Path) -> Dense:
    """Writes one file per view into `folder`."""
    open_device()
    views = [view_of(posed, sparse.cameras[posed.camera_id], settings.max_side) for posed in sparse.posed]
    plans = plan_views(sparse, views, min(settings.neighbours, MOST_SOURCES))
    if not any(plan.sources for plan in plans):
        raise EngineError(
            "no_overlap",
            "No two photos show enough of the same surface from different places to measure depth.",
            advice="Take more photos, each moved a little sideways from the last.",
        )
    store = Store(views, settings.neighbours + 1, settings.memory_mb, folder)
    landing = Landing(views, folder, report)
    try:
        return _measure(views, plans, store, settings, report, folder, landing)
    finally:
        landing.close()
        store.close()


def _measure(
    views: list[View],
    plans: list[Plan],
    store: Store,
    settings: DepthSettings,
    report: Report,
    folder: Path,
    landing: Landing,
) -> Dense:
    greys = _Greys(views, store, landing)
    total = sum(view.width * view.height for view in views)
    with report.step("depth maps", 1000, share=0.85) as step:
        done = 0.0

        def advance(share: float) -> None:
            nonlocal done
            before, done = done, done + share
            step.advance(int(1000 * done) - int(1000 * before))

        valid = _Valid(views, greys, step.check)
        report.count("plain_backdrop", valid.before_backdrop)

        def landed(level: Level, plan: Plan) -> None:
            if report.run.watched:
                landing.tell(level.views[plan.view], *believable(level, plan, settings.min_support))

        level = match_all(views, plans, greys, valid, store, settings.seed, advance, report.check, landed)
    with report.step("consistency", len(views), share=0.1) as step:
        kept = filter_maps(level, plans, settings, folder, valid.empty, step, landing.tell)
    with report.step("fusion", len(views), share=0.05) as step:
        maps = DepthMaps(views, folder)
        cloud = fuse_maps(level, plans, maps, settings, step)
    report.count("views", len(views))
    report.count("pixels", total)
    report.count("valid_share", round(kept / max(total, 1), 4))
    report.count("points", len(cloud.points))
    if len(cloud.points) == 0:
        raise EngineError(
            "no_depth",
            "No surface could be measured: nothing that one photo shows was confirmed by the others.",
            advice="The subject may be plain, shiny or moving; take sharper photos with more overlap.",
        )
    return Dense(maps=maps, cloud=cloud)


class _Greys:
    """Grey pictures of the views at full map size, each read once."""

    def __init__(self, views: list[View], store: Store, landing: Landing) -> None:
        self.views, self.store, self.landing = views, store, landing
        self.kept: dict[int, U8] = {}

    def __call__(self, index: int) -> U8:
        if index not in self.kept:
            pixels = load_view(self.views[index])
            self.landing.see(self.views[index], pixels)
            grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
            self.kept[index] = self.store.array(grey.shape, np.uint8)
            self.kept[index][:] = grey
        return self.kept[index]


class _Valid:
    """Where a view may have depth: inside the photo, kept by its mask, not on a plain backdrop."""

    def __init__(self, views: list[View], greys: Callable[[int], U8], check: Callable[[], None]) -> None:
        backdrops = []
        for index in range(len(views)):
            backdrops.append(plain_backdrop(greys(index)))
            check()
        self.before_backdrop = taken_before_backdrop(backdrops)
        self.backdrops = [b.astype(np.uint8) for b in backdrops] if self.before_backdrop else None
        self.kept: dict[tuple[int, int], U8] = {}  # (view, width) -> bits: a lens makes this dear to work out

    def __call__(self, index: int, view: View) -> Bool:
        key, shape = (index, view.width), (view.height, view.width)
        if key not in self.kept:
            valid = view_valid(view)
            if self.backdrops is not None:
                small = cv2.resize(self.backdrops[index], shape[::-1], interpolation=cv2.INTER_NEAREST)
                valid = valid & (small == 0)
            self.kept[key] = np.packbits(valid)
        return np.unpackbits(self.kept[key], count=shape[0] * shape[1]).astype(bool).reshape(shape)

    def empty(self, index: int, view: View) -> Bool:
        """Where the view shows that nothing of the subject is."""
        empty = view_empty(view)
        if self.backdrops is not None:
            shape = (view.width, view.height)
            empty = empty | (cv2.resize(self.backdrops[index], shape, interpolation=cv2.INTER_NEAREST) > 0)
        return empty
