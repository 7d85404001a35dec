"""Which photos to match with which: a cheap look at every likely pair, then the full matching of each photo's best partners."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import pycolmap

from ..datatypes import I32
from ..report import Step
from ..settings import PoseSettings
from .features import Features
from .matching import mutual_matches
from .verify import Pair, verify

CHEAP_FEATURES = 1000  # strongest keypoints that the cheap pass compares
CHEAP_RATIO = 0.8
PairIndex = tuple[int, int]
In = TypeVar("In")
Out = TypeVar("Out")


def cheap_scores(features: Sequence[Features], candidates: Sequence[PairIndex], step: Step) -> I32:
    """(N, N) symmetric: how many of the strongest keypoints match, 0 where not looked at."""
    few = [f.unit()[:CHEAP_FEATURES] for f in features]
    scores = np.zeros((len(features), len(features)), np.int32)
    for i, j in candidates:
        scores[i, j] = scores[j, i] = len(mutual_matches(few[i], few[j], CHEAP_RATIO))
        step.advance()
    return scores


def choose_pairs(scores: I32, neighbours: int) -> list[PairIndex]:
    """Each photo's best partners, and what a spanning tree needs to keep the set in one piece; (i, j) with i < j."""
    count = len(scores)
    keep = np.zeros((count, count), bool)
    for i in range(count):
        best = np.argsort(-scores[i], kind="stable")
        best = best[(best != i)][:neighbours]
        keep[i, best] = True
    keep |= keep.T
    for i, j in spanning_tree(scores):
        keep[i, j] = True
    keep &= scores > 0 if count > neighbours + 1 else True
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(keep | keep.T, 1)), strict=True)]


def spanning_tree(scores: I32) -> list[PairIndex]:
    """The strongest tree over all photos that any score links (Prim's)."""
    count = len(scores)
    inside = np.zeros(count, bool)
    edges: list[PairIndex] = []
    for start in range(count):
        if inside[start]:
            continue
        inside[start] = True
        while True:
            reach = np.where(inside[:, None] & ~inside[None], scores, 0)
            i, j = np.unravel_index(int(reach.argmax()), reach.shape)
            if reach[i, j] <= 0:
                break
            inside[j] = True
            edges.append((int(min(i, j)), int(max(i, j))))
    return edges


def match_pairs(
    features: Sequence[Features],
    cameras: Sequence[pycolmap.Camera],
    chosen: Sequence[PairIndex],
    settings: PoseSettings,
    step: Step,
    *,
    ratio: float | None = None,
) -> list[Pair]:
    """Full matching and verification of the chosen pairs, `cameras` per photo; those that hold, in order."""

    def one(pair: PairIndex) -> Pair | None:
        i, j = pair
        matches = mutual_matches(features[i].unit(), features[j].unit(), ratio or settings.match_ratio)
        geometry = verify(features[i].xy, features[j].xy, (cameras[i], cameras[j]), matches, settings.seed)
        return None if geometry is None else Pair(first=i, second=j, geometry=geometry)

    out = []
    for pair in in_threads(one, chosen):
        step.advance()
        if pair is not None:
            out.append(pair)
    return out


def in_threads(work: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Results in order; what has not begun is dropped when the reader stops (a cancel)."""
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def all_pairs(count: int) -> list[PairIndex]:
    return [(i, j) for i in range(count) for j in range(i + 1, count)]
