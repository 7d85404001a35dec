"""From pairs to the best model: the incremental mapper, a second try for photos left out, the global mapper as a last resort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pycolmap

from ..report import Report, Step
from ..settings import PoseSettings
from .database import write_database
from .features import Features
from .lenses import Lenses
from .mapping import global_mapper, incremental
from .pairs import PairIndex, match_pairs
from .verify import Pair

RESCUE_PARTNERS = 40  # photos that each left-out one is matched with in the second try


@dataclass(frozen=True, kw_only=True)
class Solved:
    """The models, the largest first, and the matches that they rest on."""

    models: list[pycolmap.Reconstruction]
    pairs: list[Pair]
    mapper: str

    @property
    def registered(self) -> set[int]:
        return photos_of(self.models[0]) if self.models else set()


def photos_of(model: pycolmap.Reconstruction) -> set[int]:
    return {image_id - 1 for image_id in model.reg_image_ids()}


def solve(
    lenses: Lenses, features: Sequence[Features], pairs: list[Pair], settings: PoseSettings, scratch: Path, step: Step
) -> Solved:
    """The incremental mapper's models."""
    database = scratch / "matches.db"
    write_database(database, lenses, features, pairs)
    models = incremental(database, scratch, settings, step)
    return Solved(models=models, pairs=pairs, mapper="incremental")


def rescue(
    first: Solved, lenses: Lenses, features: Sequence[Features], scores: Sequence[Sequence[int]], settings: PoseSettings,
    scratch: Path, report: Report, *, chosen: Sequence[PairIndex], moving: bool,
) -> Solved:  # fmt: skip
    """A second try when photos were left out: more partners and a looser ratio for those, then a more patient mapper."""
    left = [i for i in range(len(features)) if i not in first.registered]
    if not left or len(features) < 3:
        return first
    wanted = _rescue_pairs(left, scores)
    if len(features) <= settings.exhaustive_below:  # the others' ties get looser too: they may carry the missing ones
        wanted = sorted({*wanted, *chosen})
    with report.step("second try", len(wanted) + len(features)) as step:
        extra = match_pairs(features, lenses, wanted, settings, step, ratio=settings.rescue_ratio, moving=moving)
        pairs = _merged(first.pairs, extra)
        database = scratch / "more.db"
        write_database(database, lenses, features, pairs)
        models = incremental(database, scratch, settings, step, loose=True)
        best = _better(first, Solved(models=models, pairs=pairs, mapper="incremental, second try"))
        if 2 * len(best.registered) < len(features):  # it places every photo that it can, right or wrong
            models = global_mapper(database, scratch, settings, report)
            best = _better(best, Solved(models=models, pairs=pairs, mapper="global"))
    return best


def _better(old: Solved, new: Solved) -> Solved:
    return new if len(new.registered) > len(old.registered) else old


def _rescue_pairs(left: list[int], scores: Sequence[Sequence[int]]) -> list[PairIndex]:
    """Each left-out photo with its most promising partners, also those that were tried before."""
    out = set()
    for i in left:
        order = sorted((j for j in range(len(scores)) if j != i), key=lambda j: (-scores[i][j], abs(i - j)))
        out |= {(min(i, j), max(i, j)) for j in order[:RESCUE_PARTNERS]}
    return sorted(out)


def _merged(old: Sequence[Pair], new: Sequence[Pair]) -> list[Pair]:
    """Of each pair the version with more matches."""
    best: dict[PairIndex, Pair] = {}
    for pair in (*old, *new):
        key = (pair.first, pair.second)
        if key not in best or len(pair.matches) > len(best[key].matches):
            best[key] = pair
    return [best[key] for key in sorted(best)]
