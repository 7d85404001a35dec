"""Which photos hang together: groups, photos that are alone, and where a group hangs by a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..datatypes import Overlap, Tie

# Matches of a tie, out of the quick look's features. Sets with gaps were looked at both ways: photos whose best tie stays
# below the first were left out by the solver or hung on by 40 points; above the second none was in danger.
HOLDS = 20
FIRM = 40
SAME_PLACE = 0.008  # of the picture's side: hardly any motion between two photos
SAME_SHARE = 0.3  # of the features


@dataclass(frozen=True, kw_only=True)
class Hanging:
    """By photo index. `groups` the largest first, those of one photo too; `threads` are the only firm-less ties between two halves."""

    best: tuple[Tie | None, ...]
    holds: tuple[int, ...]  # ties that hold, per photo
    groups: tuple[tuple[int, ...], ...]
    threads: tuple[Tie, ...]
    repeats: dict[int, int]  # a photo ─► the earlier one from the same place

    @property
    def main(self) -> tuple[int, ...]:
        return self.groups[0] if self.groups else ()

    def is_loose(self, photo: int) -> bool:
        """Whether little is needed for it to get lost."""
        best = self.best[photo]
        return best is not None and HOLDS <= best.matches < FIRM and self.holds[photo] < 3


def hanging(overlap: Overlap) -> Hanging:
    """Read off the ties alone."""
    count = len(overlap.features)
    best: list[Tie | None] = [None] * count
    holds = [0] * count
    for tie in overlap.ties:
        for photo in (tie.first, tie.second):
            strongest = best[photo]
            if strongest is None or tie.matches > strongest.matches:
                best[photo] = tie
            holds[photo] += tie.matches >= HOLDS
    holding = [tie for tie in overlap.ties if tie.matches >= HOLDS]
    groups = components(count, holding)
    return Hanging(
        best=tuple(best),
        holds=tuple(holds),
        groups=tuple(tuple(group) for group in groups),
        threads=tuple(_threads(groups, holding)),
        repeats=_repeats(overlap),
    )


def components(count: int, ties: Sequence[Tie]) -> list[list[int]]:
    """Photos linked by those ties, the largest group first."""
    root = list(range(count))

    def find(item: int) -> int:
        while root[item] != item:
            root[item] = root[root[item]]
            item = root[item]
        return item

    for tie in ties:
        first, second = find(tie.first), find(tie.second)
        root[max(first, second)] = min(first, second)
    found: dict[int, list[int]] = {}
    for item in range(count):
        found.setdefault(find(item), []).append(item)
    return sorted(found.values(), key=lambda group: (-len(group), group))


def _threads(groups: Sequence[Sequence[int]], holding: Sequence[Tie]) -> list[Tie]:
    """Where several photos on either side hang together by one or two weak ties: the strongest of those."""
    found = []
    firm = [tie for tie in holding if tie.matches >= FIRM]
    for group in groups:
        members = set(group)
        parts = [p for p in components(max(group) + 1, [t for t in firm if t.first in members]) if set(p) <= members]
        for part in [p for p in parts if len(p) > 2][1:]:
            inside = set(part)
            across = [t for t in holding if (t.first in inside) != (t.second in inside)]
            if 0 < len(across) <= 2:
                found.append(max(across, key=lambda t: t.matches))
    return found


def _repeats(overlap: Overlap) -> dict[int, int]:
    found: dict[int, int] = {}
    for tie in sorted(overlap.ties, key=lambda t: (t.first, t.second)):
        if tie.shift < SAME_PLACE and tie.share > SAME_SHARE and tie.first not in found:
            found.setdefault(tie.second, tie.first)
    return found
