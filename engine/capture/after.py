"""After a run: the same verdicts, now that it is known which photos found their place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..datatypes import Photo, Sparse
from ..verdicts import Judged, LeftOut, Verdict, worst
from .stage import judge_left_out


def judge_run(photos: Sequence[Photo], sparse: Sparse, prepared: dict[str, Any]) -> list[Judged]:
    """`prepared` are the figures that the first stage left in its report."""
    doubts: dict[str, list[tuple[Verdict, str]]] = {}
    for doubt in prepared.get("doubts", []):
        doubts.setdefault(doubt["name"], []).append((Verdict(doubt["verdict"]), doubt["clause"]))
    seen = np.bincount(sparse.seen_posed, minlength=len(sparse.posed))
    points = {posed.photo.name: int(count) for posed, count in zip(sparse.posed, seen, strict=True)}
    judged = [_judge(photo, doubts.get(photo.name, []), points, sparse.unregistered) for photo in photos]
    for one in prepared.get("left_out", []):
        judged.append(judge_left_out(LeftOut(**(one | {"path": Path(one["path"])}))))
    return judged


def _judge(
    photo: Photo, doubts: Sequence[tuple[Verdict, str]], points: dict[str, int], unregistered: dict[str, str]
) -> Judged:
    verdicts, clauses = [verdict for verdict, _ in doubts], [clause for _, clause in doubts]
    placed = photo.name in points
    if not placed:
        verdicts.append(Verdict.UNPLACED)
        reason = unregistered.get(photo.name, "")
        clauses.insert(0, "found no place" + (f": {reason}" if reason else ""))
    if clauses:
        sentence = f"{photo.path.name} {'; it '.join(clauses)}."
        sentence += "" if placed else " Take more photos between it and its neighbours."
    else:
        sentence = f"{photo.path.name} is in place; the model holds {points[photo.name]:,} points of it."
    figures = {"sharpness": round(photo.sharpness, 3), "points": points.get(photo.name, 0)}
    return Judged(path=photo.path, verdict=worst(verdicts), sentence=sentence, figures=figures)


def said_of_run(judged: Sequence[Judged]) -> tuple[str, list[str]]:
    """(mood, lines) for the list as a whole."""
    placed = sum("points" in j.figures and j.verdict is not Verdict.UNPLACED for j in judged)
    lost = [j for j in judged if j.verdict is Verdict.UNPLACED]
    lines = [f"{placed} of {len(judged)} photos found their place."]
    lines += [j.sentence for j in lost[:3]]
    if len(lost) > 3:
        lines.append(f"And {len(lost) - 3} more found no place: their rows say why.")
    return ("WARNING" if lost else "INFO"), lines
