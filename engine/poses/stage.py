"""Photos ─► solved cameras: features, pairs, mapping, final adjustment; upright, origin on the ground under the subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pycolmap

from ..datatypes import I32, Photo, Sparse
from ..report import Report
from ..settings import PoseSettings
from . import diagnose
from .features import Features, extract_all
from .latecomers import place_latecomers
from .lenses import Lenses, make_lenses
from .mapping import quiet
from .pairs import all_pairs, cheap_scores, choose_pairs, match_pairs
from .refine import refine
from .result import median_angle, model_points, model_poses, to_sparse
from .retrieval import likely_pairs
from .solve import Solved, photos_of, rescue, solve
from .still import find_still
from .turning import only_turned
from .upright import place

AMPLE_BELOW = 33  # photos: below it a photo gets more features than the setting says


def run(photos: Sequence[Photo], settings: PoseSettings, report: Report, scratch: Path) -> Sparse:
    """Solves the photos' cameras. `scratch` is an existing folder for what is only needed meanwhile."""
    diagnose.check_count(photos)
    settings = _affordable(settings, len(photos))
    quiet()
    lenses = make_lenses(photos)
    features, moving = _features(photos, lenses, settings, report)
    scores, candidates = _look(features, settings, report)
    chosen = choose_pairs(scores, settings.neighbours)
    with report.step("matching", len(chosen), share=0.37) as step:
        pairs = match_pairs(features, lenses, chosen, settings, step, ratio=settings.match_ratio, moving=moving)
    if only_turned(pairs, [lenses.solver_xy(i, f) for i, f in enumerate(features)], lenses):
        raise diagnose.no_parallax()
    with report.step("mapping", len(photos), share=0.13) as step:
        solved = solve(lenses, features, pairs, settings, scratch, step)
    solved = rescue(solved, lenses, features, scores.tolist(), settings, scratch, report, chosen=chosen, moving=moving)
    report.count("pairs", {"looked_at": candidates, "matched": len(chosen), "verified": len(solved.pairs)})
    model = _checked(photos, solved)
    with report.step("refine", 2, share=0.07) as step:
        refine(model, step)
        late = place_latecomers(model, features, lenses, solved.pairs, step)
        if late:
            refine(model, step)
    report.count("latecomers", late)
    return _finish(photos, features, lenses, solved, settings, report)


def _affordable(settings: PoseSettings, count: int) -> PoseSettings:
    """Few photos stand far apart and have few pairs: there each can have, and needs, up to twice the points."""
    most = min(settings.max_features * AMPLE_BELOW // count, 2 * settings.max_features)
    return replace(settings, max_features=max(settings.max_features, most))


def _features(
    photos: Sequence[Photo], lenses: Lenses, settings: PoseSettings, report: Report
) -> tuple[list[Features], bool]:
    """Every photo's keypoints, without those that stand still while the subject turns; and whether there were such."""
    with report.step("features", len(photos), share=0.35) as step:
        features = extract_all(photos, settings, step)
    report.count("features", [len(f) for f in features])
    diagnose.check_features(photos, features)
    with report.step("still background", len(photos), share=0.03) as step:
        xy = [lenses.solver_xy(i, f) for i, f in enumerate(features)]
        still = find_still(features, xy, [(p.width, p.height) for p in photos], step, certain=settings.turned)
    report.count("still_features", round(still.per_photo))
    if not still.found:
        return features, settings.turned
    if not settings.turned:  # else it was said when the background was masked
        report.warn(
            "still_background",
            f"The subject turns before a camera that stands still: {still.per_photo:.0f} points of the background per photo are left out.",
            advice="If parts of the subject are missing, switch the turntable on, or give masks that keep the subject alone.",
        )
    return [f.keep(~drop) for f, drop in zip(features, still.drop, strict=True)], True


def _look(features: Sequence[Features], settings: PoseSettings, report: Report) -> tuple[I32, int]:
    """The cheap pass: how alike each pair is that deserves a look, and how many were looked at."""
    small = len(features) <= settings.exhaustive_below
    candidates = all_pairs(len(features)) if small else likely_pairs(features, settings.seed)
    with report.step("pairs", len(candidates), share=0.05) as step:
        return cheap_scores(features, candidates, step), len(candidates)


def _checked(photos: Sequence[Photo], solved: Solved) -> pycolmap.Reconstruction:
    """The model that goes on; an error where there is none worth it."""
    if not solved.models or len(solved.registered) < 2:
        raise diagnose.no_model(photos, solved.pairs)
    angle = median_angle(solved.models[0])
    if angle < diagnose.MIN_ANGLE:
        raise diagnose.no_parallax(angle)
    if len(solved.registered) < 3 and len(photos) > 2:
        raise diagnose.too_few(len(solved.registered), len(photos), diagnose.match_groups(len(photos), solved.pairs))
    return solved.models[0]


def _finish(
    photos: Sequence[Photo],
    features: Sequence[Features],
    lenses: Lenses,
    solved: Solved,
    settings: PoseSettings,
    report: Report,
) -> Sparse:
    """Sets the model upright and tells what was found."""
    model = solved.models[0]
    placement = place(model_poses(model)[1], model_points(model), settings.seed)
    others = [photos_of(m) for m in solved.models[1:]]
    missing = diagnose.reasons(photos, features, solved.pairs, solved.registered, others)
    sparse = to_sparse(model, photos, features, lenses, placement, missing)
    report.count("mapper", solved.mapper)
    report.count("points", len(sparse.points_in_world))
    report.count("mean_reprojection_error", round(float(sparse.point_errors.mean()), 3))
    report.count("triangulation_angle", round(median_angle(model), 2))
    report.count("observations", np.bincount(sparse.seen_posed, minlength=len(sparse.posed)).tolist())
    report.count("up_from", placement.up_from)
    report.count("ground_from", placement.ground_from)
    diagnose.tell_focal(sparse, lenses, report)
    diagnose.tell_missing(missing, len(photos), report)
    return sparse
