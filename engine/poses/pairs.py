"""Which photos to match with which: a cheap look at every likely pair, then the full matching of each photo's best partners."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from ..datatypes import I32
from ..report import Step
from ..settings import PoseSettings
from .features import Features
from .lenses import Lenses
from .matching import mutual_matches
from .verify import Pair, verify

CHEAP_FEATURES = 1000  # strongest keypoints that the cheap pass compares
CHEAP_RATIO = 0.8
STAYS_PUT = 3.0  # solver's pixels: a match that moves less is background, where the background stands still
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
    if count <= neighbours + 1:
        return all_pairs(count)
    keep = np.zeros((count, count), bool)
    for i in range(count):
        best = np.argsort(-scores[i], kind="stable")
        keep[i, best[best != i][:neighbours]] = True
    for i, j in spanning_tree(scores):
        keep[i, j] = True
    keep = np.triu((keep | keep.T) & (scores > 0), 1)
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(keep), strict=True)]


def spanning_tree(scores: I32) -> list[PairIndex]:
    """The strongest tree over all photos that any score links (Kruskal's)."""
    rows, columns = np.nonzero(np.triu(scores, 1))
    order = np.argsort(-scores[rows, columns], kind="stable")
    groups = Groups(len(scores))
    return [(int(i), int(j)) for i, j in zip(rows[order], columns[order], strict=True) if groups.join(int(i), int(j))]


class Groups:
    """Which photos hang together."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def root(self, item: int) -> int:
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, first: int, second: int) -> bool:
        """True if they were apart before."""
        first, second = self.root(first), self.root(second)
        self.parent[max(first, second)] = min(first, second)
        return first != second

    def members(self) -> list[list[int]]:
        """The groups, the largest first."""
        found: dict[int, list[int]] = {}
        for item in range(len(self.parent)):
            found.setdefault(self.root(item), []).append(item)
        return sorted(found.values(), key=lambda group: (-len(group), group))


def match_pairs(
    features: Sequence[Features],
    lenses: Lenses,
    chosen: Sequence[PairIndex],
    settings: PoseSettings,
    step: Step,
    *,
    ratio: float,
    moving: bool = False,
) -> list[Pair]:
    """Full matching and verification of the chosen pairs; those that hold, in order. `moving` leaves out what stays put."""
    xy = [lenses.solver_xy(i, f) for i, f in enumerate(features)]

    def one(pair: PairIndex) -> Pair | None:
        i, j = pair
        matches = mutual_matches(features[i].unit(), features[j].unit(), ratio)
        if moving:
            matches = matches[np.linalg.norm(xy[i][matches[:, 0]] - xy[j][matches[:, 1]], axis=1) > STAYS_PUT]
        geometry = verify(xy[i], xy[j], (lenses.of(i), lenses.of(j)), matches, settings.seed)
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
