"""What to believe: depth that enough other views confirm, that looks alike, and that is no speckle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from ..datatypes import F32, I32, Bool, DepthMap, View
from ..kernels import buffers, consistency
from ..report import Step
from ..settings import DepthSettings
from ..storage import write_depth
from .level import Level
from .neighbours import Plan
from .pyramid import camera_normals

MAX_PIXELS = 1.0  # forward-backward error
MAX_SHARE = 0.01  # of depth
# A pixel that looks little alike (plain surfaces do: their noise differs) needs more views that confirm its place.
MAX_COST = (0.0, 0.4, 0.55, 0.8, 1.05)  # by the number of confirming sources; the last for more, too
SPECKLE_PIXELS = 60


def needed_support(views: int, min_support: int) -> int:
    """Views that must agree, the reference counted; fewer where few photos were taken."""
    return max(2, min(min_support, 2 if views < 8 else min_support))


def believable(level: Level, plan: Plan, min_support: int) -> tuple[F32, Bool]:
    """(H, W): inverse depth of a view while the matching still goes on, and which of it other views confirm already."""
    count, inverse = agreement(level, plan)
    return inverse, (count + 1 >= max(min_support, 2)) & (inverse > 0) & level.valid(plan.view)


def filter_maps(
    level: Level,
    plans: list[Plan],
    settings: DepthSettings,
    folder: Path,
    empty: Callable[[int, View], Bool],
    step: Step,
    landed: Callable[[View, F32, Bool], None],
) -> int:
    """Writes the filtered maps and puts them into the level in place of the raw ones; returns how many pixels are left."""
    needed = needed_support(len(plans), settings.min_support)
    kept = 0
    filtered: list[F32] = []
    for plan in plans:
        count, inverse = agreement(level, plan)
        plane = level.planes(plan.view)
        alike = plane[..., 3] < np.array(MAX_COST, np.float32)[np.minimum(count, len(MAX_COST) - 1)]
        good = (count + 1 >= needed) & alike & level.valid(plan.view)
        good = without_speckles(inverse, good)
        view = level.views[plan.view]
        _write(view, plane, np.where(good, inverse, 0), count, empty(plan.view, view), folder)
        landed(view, inverse, good)
        filtered.append(level.store.array(inverse.shape, np.float32))
        filtered[-1][:] = np.where(good, inverse, 0)
        level.support.append((count + 1).astype(np.uint8))
        kept += int(good.sum())
        step.advance()
    for plan, inverse in zip(plans, filtered, strict=True):  # only now: the others had to be compared with the raw ones
        level.set_inverse(plan.view, inverse)
    level.store.drop(*filtered)
    return kept


def _write(view: View, plane: F32, inverse: F32, count: I32, empty: Bool, folder: Path) -> None:
    good = inverse > 0
    normal = camera_normals(view, plane) @ view.rotation.astype(np.float32)
    confidence = (1 - np.clip(plane[..., 3], 0, 1)) * np.minimum(count / 4, 1)
    one = DepthMap(
        view=view,
        depth=np.where(good, 1 / np.where(good, inverse, 1), 0).astype(np.float32),
        normal=(normal * good[..., None]).astype(np.float32),
        confidence=(confidence * good).astype(np.float32),
        empty=empty,
    )
    write_depth(folder / f"{view.name}.npz", one)


def agreement(level: Level, plan: Plan) -> tuple[I32, F32]:
    """(H, W): how many sources confirm the pixel, and the mean inverse depth of all that do."""
    view = level.views[plan.view]
    count, shape = view.width * view.height, (view.height, view.width)
    if not plan.sources:
        return np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    level.hold([plan.view, *plan.sources])
    cams, slots = level.pairs(plan)
    support, averaged = buffers.ints(count), buffers.floats(count)
    consistency.agree(
        level.idepth, cams, slots, level.chosen, support, averaged, level.base(plan.view), view.width, 0, view.height,
        len(plan.sources), MAX_PIXELS, MAX_SHARE,
    )  # fmt: skip
    return buffers.get_ints(support, 0, count).reshape(shape), buffers.get_floats(averaged, 0, count).reshape(shape)


def without_speckles(inverse: F32, good: Bool) -> Bool:
    """Removes islands of few pixels: neighbours belong together when their depths differ by less than 2 %."""
    per_mille = 1000 * np.log(np.where(good, inverse, 1))
    low = per_mille[good].min(initial=0)
    scaled = np.where(good, np.clip(per_mille - low + 1, 1, 32000), 0).astype(np.int16)
    cv2.filterSpeckles(scaled, 0, SPECKLE_PIXELS, 20)
    return np.asarray(scaled > 0)
