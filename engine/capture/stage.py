"""Before a run: what each photo is worth and whether they hang together, from a look at each and at what they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..datatypes import Overlap, Photo
from ..verdicts import Doubt, Judged, LeftOut, Verdict, worst
from .advice import Said, say
from .hanging import FIRM, Hanging, hanging


@dataclass(frozen=True, kw_only=True)
class Capture:
    """Every file's verdict, in the order of the files' own stage, those left out last; and the set's."""

    judged: tuple[Judged, ...]
    said: Said
    groups: tuple[tuple[str, ...], ...]  # names, the largest first


def run(
    photos: Sequence[Photo],
    doubts: Sequence[Sequence[Doubt]],
    left_out: Sequence[LeftOut],
    overlap: Overlap,
    *,
    soft: bool,
) -> Capture:
    """The check's verdict."""
    hang = hanging(overlap)
    judged = [_judge(i, photos, doubts[i], hang) for i in range(len(photos))]
    judged += [judge_left_out(one) for one in left_out]
    return Capture(
        judged=tuple(judged),
        said=say(photos, doubts, left_out, overlap, hang, soft),
        groups=tuple(tuple(photos[i].name for i in group) for group in hang.groups),
    )


def judge_left_out(one: LeftOut) -> Judged:
    """A file that gave no photo."""
    sentence = f"{one.path.name} {one.clause}, so it is left out. {one.advice}".strip()
    return Judged(path=one.path, verdict=one.verdict, sentence=sentence)


def _judge(index: int, photos: Sequence[Photo], doubts: Sequence[Doubt], hang: Hanging) -> Judged:
    photo, best = photos[index], hang.best[index]
    verdicts = [doubt.verdict for doubt in doubts]
    clauses = [doubt.clause for doubt in doubts]
    partner = None if best is None else photos[best.second if best.first == index else best.first].name
    if len(photos) > 1 and hang.holds[index] == 0:
        verdicts.append(Verdict.ALONE)
        clauses.append(
            "shows too little of what other photos show" + (f": it is most like {partner}" if partner else "")
        )
    elif best is not None and hang.is_loose(index):
        verdicts.append(Verdict.LOOSE)
        clauses.append(f"hangs on {partner} by only {best.matches} points ({FIRM} are firm)")
    if index in hang.repeats:
        verdicts.append(Verdict.ALIKE)
        clauses.append(f"was taken from the same place as {photos[hang.repeats[index]].name}")
    if clauses:
        sentence = f"{photo.path.name} {'; it '.join(clauses)}."
    else:
        ties = hang.holds[index]
        shares = f" It shares most with {partner}, and enough with {ties} photos." if partner and ties > 1 else ""
        sentence = f"{photo.path.name} is sharp and well lit.{shares}"
    figures = {
        "sharpness": round(photo.sharpness, 3),
        "brightness": round(photo.brightness, 3),
        "ties": hang.holds[index],
        "matches": best.matches if best is not None else 0,
        "partner": partner,
    }
    return Judged(path=photo.path, verdict=worst(verdicts), sentence=sentence, figures=figures)
