"""What the engine thinks of a photo, in one word for a list and one sentence for whoever asks. Report, panel and tests share it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


class Verdict(str, Enum):
    """The worst that there is to say of a photo; the worst first."""

    UNREADABLE = "unreadable"  # the engine leaves it out
    DUPLICATE = "duplicate"  # so too
    UNPLACED = "unplaced"  # after a run: it has no place
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    ALONE = "alone"  # shares too little with any other photo, and none of the above says why
    LOOSE = "loose"  # hangs on the others by a thread
    ALIKE = "alike"  # taken from the same place as another
    GOOD = "good"

    @property
    def is_fine(self) -> bool:
        """Whether the photo serves as it is."""
        return self in (Verdict.GOOD, Verdict.ALIKE, Verdict.LOOSE)


WORDS = {
    Verdict.UNREADABLE: "bad file",
    Verdict.DUPLICATE: "copy",
    Verdict.UNPLACED: "no place",
    Verdict.BLURRED: "blurred",
    Verdict.DARK: "dark",
    Verdict.BRIGHT: "bright",
    Verdict.ALONE: "alone",
    Verdict.LOOSE: "loose",
    Verdict.ALIKE: "repeat",
    Verdict.GOOD: "sharp",
}


@dataclass(frozen=True)
class Doubt:
    """Something that may be wrong with a photo. `clause` goes on from its name ("is blurred")."""

    verdict: Verdict
    clause: str


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A file that gives no photo of its own, and why; `clause` goes on from its name."""

    path: Path
    code: str
    clause: str
    advice: str = ""

    @property
    def verdict(self) -> Verdict:
        return Verdict.DUPLICATE if self.code == "duplicate" else Verdict.UNREADABLE


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One photo's verdict; `sentence` is the whole of it, `figures` what it rests on."""

    path: Path
    verdict: Verdict
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several faults the one that counts; GOOD when there is none."""
    order = list(Verdict)
    return min(verdicts, key=order.index, default=Verdict.GOOD)


def to_plain(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """For a report in JSON."""
    return [{"path": str(j.path), "verdict": j.verdict.value, "sentence": j.sentence, **j.figures} for j in judged]


def from_plain(values: object) -> list[Judged]:
    """What `to_plain` wrote; what is not understood (another version's report) is passed over."""
    found = []
    known = {v.value for v in Verdict}
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict) and isinstance(value.get("path"), str) and value.get("verdict") in known:
            figures = {name: v for name, v in value.items() if name not in ("path", "verdict", "sentence")}
            found.append(
                Judged(
                    path=Path(value["path"]),
                    verdict=Verdict(value["verdict"]),
                    sentence=str(value.get("sentence", "")),
                    figures=figures,
                )
            )
    return found


def same_file(path: Path | str) -> str:
    """Equal for two spellings of one path; the disk is not asked."""
    return os.path.normcase(os.path.abspath(path))
