"""A quick look at which photos show the same thing: few features of small pictures, no cameras solved. For the check before a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, I32, Overlap, Photo, Tie
from ..report import Report
from ..settings import CheckSettings, PoseSettings
from .features import Features, extract_all
from .lenses import Lenses, make_lenses
from .matching import mutual_matches
from .pairs import PairIndex, all_pairs, cheap_scores, choose_pairs, in_threads
from .retrieval import likely_pairs
from .still import find_still
from .turning import only_turned

RATIO = 0.8  # nearest against second nearest descriptor
MAX_ERROR = 2.0  # pixels of the small picture, from the epipolar line
TRIALS = 2000
FEWEST = 8  # matches: fewer explain themselves by chance
STAYS_PUT = 1.5  # pixels of the small picture: where the background stands still, such a match is of it


@dataclass(frozen=True, kw_only=True)
class _Pair:
    first: int
    second: int
    matches: I32


def run(photos: Sequence[Photo], settings: CheckSettings, report: Report) -> Overlap:
    """Every tie between two photos. However few there are, nothing is demanded of them."""
    if len(photos) < 2:
        return Overlap(ties=(), features=(0,) * len(photos), still=False, only_turned=False)
    lenses = make_lenses(photos)
    features, still = _features(photos, lenses, settings, report)
    chosen = _likely(features, settings, report)
    xy = [lenses.solver_xy(i, f) for i, f in enumerate(features)]
    pairs = _matched(features, xy, chosen, still, report)
    return Overlap(
        ties=tuple(_tie(pair, xy, features, photos) for pair in pairs),
        features=tuple(len(f) for f in features),
        still=still,
        only_turned=only_turned(pairs, xy, lenses, max_error=MAX_ERROR),
    )


def _features(
    photos: Sequence[Photo], lenses: Lenses, settings: CheckSettings, report: Report
) -> tuple[list[Features], bool]:
    """Without what stands still while the subject turns: it would tie everything to everything."""
    with report.step("features", len(photos), share=0.65) as step:
        features = extract_all(photos, PoseSettings(max_features=settings.features), step)
    with report.step("still background", len(photos), share=0.05) as step:
        xy = [lenses.solver_xy(i, f) for i, f in enumerate(features)]
        still = find_still(features, xy, [(p.width, p.height) for p in photos], step)
    if not still.found:
        return features, False
    return [f.keep(~drop) for f, drop in zip(features, still.drop, strict=True)], True


def _likely(features: Sequence[Features], settings: CheckSettings, report: Report) -> list[PairIndex]:
    """The pairs that deserve a comparison in earnest."""
    few = len(features) <= settings.exhaustive_below
    candidates = all_pairs(len(features)) if few else likely_pairs(features, settings.seed)
    with report.step("pairs", len(candidates), share=0.15) as step:
        return choose_pairs(cheap_scores(features, candidates, step), settings.neighbours)


def _matched(
    features: Sequence[Features], xy: Sequence[F32], chosen: Sequence[PairIndex], still: bool, report: Report
) -> list[_Pair]:
    """The matches of each pair that one motion of the camera explains."""
    units = [f.unit() for f in features]

    def one(pair: PairIndex) -> _Pair:
        i, j = pair
        matches = mutual_matches(units[i], units[j], RATIO)
        if still:
            matches = matches[np.linalg.norm(xy[i][matches[:, 0]] - xy[j][matches[:, 1]], axis=1) > STAYS_PUT]
        return _Pair(first=i, second=j, matches=_explained(xy[i], xy[j], matches))

    out = []
    with report.step("ties", len(chosen), share=0.15) as step:
        for pair in in_threads(one, chosen):
            step.advance()
            if len(pair.matches) >= FEWEST:
                out.append(pair)
    return out


def _explained(first: F32, second: F32, matches: I32) -> I32:
    if len(matches) < FEWEST:
        return matches[:0]
    try:
        _, inside = cv2.findFundamentalMat(
            first[matches[:, 0]],
            second[matches[:, 1]],
            method=cv2.USAC_MAGSAC,
            ransacReprojThreshold=MAX_ERROR,
            confidence=0.999,
            maxIters=TRIALS,
        )
    except cv2.error:  # it gives up so on matches that lie badly
        return matches[:0]
    return matches[:0] if inside is None else matches[inside.ravel() > 0]


def _tie(pair: _Pair, xy: Sequence[F32], features: Sequence[Features], photos: Sequence[Photo]) -> Tie:
    moved = xy[pair.first][pair.matches[:, 0]] - xy[pair.second][pair.matches[:, 1]]
    photo = photos[pair.first]
    return Tie(
        first=pair.first,
        second=pair.second,
        matches=len(pair.matches),
        shift=float(np.median(np.linalg.norm(moved, axis=1))) / max(photo.working_width, photo.working_height, 1),
        share=len(pair.matches) / max(min(len(features[pair.first]), len(features[pair.second])), 1),
    )
