"""What is to be said of a set as a whole: a verdict first, then what to do, most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..datatypes import Overlap, Photo
from ..verdicts import Doubt, LeftOut, Verdict
from .hanging import Hanging

FEWEST = 3  # photos that a model needs
FEW = 12  # photos: fewer show a side of a subject, not the whole of it
NAMED = 4  # photos that a sentence names
STEP = "step sideways 10 to 15 degrees from one photo to the next"


@dataclass(frozen=True, kw_only=True)
class Said:
    """`mood`: INFO, WARNING where something is worth mending, ERROR where no model can come of it."""

    mood: str
    lines: tuple[str, ...]


def say(
    photos: Sequence[Photo],
    doubts: Sequence[Sequence[Doubt]],
    left_out: Sequence[LeftOut],
    overlap: Overlap,
    hang: Hanging,
    soft: bool,
) -> Said:
    """The set's verdict."""
    names = [photo.path.stem for photo in photos]
    if len(photos) < FEWEST:
        count = {0: "No photo", 1: "Only one photo", 2: "Only two photos"}[len(photos)]
        lines = [f"{count} can be used, and a model needs at least three; 20 to 60 around the subject serve best."]
        return Said(mood="ERROR", lines=(*lines, *_left_out(left_out)))
    if overlap.only_turned:
        turned = "The camera only turned on the spot: there is no depth to measure."
        return Said(mood="ERROR", lines=(turned, f"Walk around the subject and {STEP}."))
    advice = [
        *_gaps(names, doubts, hang),
        *_threads(names, hang),
        *(["All photos are soft: hold still, use more light, tap on the subject to focus."] if soft else []),
        *_doubted(names, doubts),
        *_left_out(left_out),
        *_few(photos, hang),
        *_repeats(hang),
    ]
    mood, head = _head(photos, doubts, hang, bool(advice))
    return Said(mood=mood, lines=(head, *advice))


def _head(
    photos: Sequence[Photo], doubts: Sequence[Sequence[Doubt]], hang: Hanging, has_advice: bool
) -> tuple[str, str]:
    total, main = len(photos), len(hang.main)
    if main < FEWEST:
        return "ERROR", f"The {total} photos don't hang together: too little of what one shows is in another."
    if main == total:
        blurred = sum(any(d.verdict is Verdict.BLURRED for d in found) for found in doubts)
        if not blurred and not hang.threads:
            return "INFO", f"All {total} photos hang together and are sharp" + (
                ": good to go." if not has_advice else "."
            )
        return "WARNING", f"All {total} photos hang together."
    several = [len(group) for group in hang.groups if len(group) > 1]
    if len(several) > 1:
        return "WARNING", f"The photos fall into groups of {_and([str(n) for n in several])} that share too little."
    return "WARNING", f"{main} of {total} photos hang together."


def _gaps(names: Sequence[str], doubts: Sequence[Sequence[Doubt]], hang: Hanging) -> list[str]:
    """Each stretch of photos outside the main group, and between which photos more are needed."""
    main, out = set(hang.main), []
    # A blurred or dark photo is alone because nothing in it can be recognised: to take it again is advice enough.
    for first, last in _stretches([i for i in range(len(names)) if i not in main and not doubts[i]]):
        alone = all(len(group) == 1 for group in hang.groups if first <= group[0] <= last)
        what = "hangs on nothing" if first == last else "hang on nothing" if alone else "hang on none of the others"
        ends = [(a, b) for a, b in ((first - 1, first), (last, last + 1)) if a >= 0 and b < len(names)]
        between = _and([f"between {names[a]} and {names[b]}" for a, b in ends])
        out.append(f"{_range(names, first, last)} {what}: take two more photos {between}; {STEP}.")
    return out[:NAMED]


def _threads(names: Sequence[str], hang: Hanging) -> list[str]:
    return [
        f"Two parts hang together by {names[t.first]} and {names[t.second]} alone: take two more photos between them."
        for t in hang.threads
    ]


def _doubted(names: Sequence[str], doubts: Sequence[Sequence[Doubt]]) -> list[str]:
    what = {
        Verdict.BLURRED: ("is blurred", "are blurred", "Take {them} again, or take the tick away."),
        Verdict.DARK: ("is too dark", "are too dark", "More light, or a longer exposure."),
        Verdict.BRIGHT: ("is too bright", "are too bright", "Lock the exposure before you shoot."),
    }
    out = []
    for verdict, (one, many, do) in what.items():
        found = [n for n, of in zip(names, doubts, strict=True) if any(d.verdict is verdict for d in of)]
        if found:
            do = do.replace("{them}", "it" if len(found) == 1 else "them")
            out.append(f"{_list(found)} {one if len(found) == 1 else many}. {do}")
    return out


def _left_out(left_out: Sequence[LeftOut]) -> list[str]:
    unreadable = [one for one in left_out if one.verdict is not Verdict.DUPLICATE]
    if not unreadable:
        return []
    if len(unreadable) == 1:
        one = unreadable[0]
        return [f"{one.path.name} {one.clause}. {one.advice}".strip()]
    advice = unreadable[0].advice if len({one.advice for one in unreadable}) == 1 else ""
    named = _list([one.path.name for one in unreadable])
    return [f"{len(unreadable)} files can't be used: {named}. {advice}".strip()]


def _few(photos: Sequence[Photo], hang: Hanging) -> list[str]:
    if len(photos) >= FEW:
        return []
    return [f"{len(photos)} photos show a side or two; 20 to 60 all around give the whole subject."]


def _repeats(hang: Hanging) -> list[str]:
    count = len(hang.repeats)
    if not count:
        return []
    return [
        f"{count} photo{' repeats another' if count == 1 else 's repeat others'}: taken from the same place, {'it brings' if count == 1 else 'they bring'} nothing new."
    ]


def _stretches(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of neighbours in the order."""
    out: list[tuple[int, int]] = []
    for index in indices:
        if out and out[-1][1] == index - 1:
            out[-1] = (out[-1][0], index)
        else:
            out.append((index, index))
    return out


def _range(names: Sequence[str], first: int, last: int) -> str:
    if first == last:
        return names[first]
    return f"{names[first]} {'and' if last == first + 1 else 'to'} {names[last]}"


def _list(names: Sequence[str]) -> str:
    return _and([*names[:NAMED], f"{len(names) - NAMED} more"]) if len(names) > NAMED + 1 else _and(names)


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
