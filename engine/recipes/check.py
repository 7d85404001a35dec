"""Photos ─► OUT/check.json, in seconds: which are blurred, dark, alone or of no use, whether they hang together, what to shoot."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import guard
from ..capture import stage as capture
from ..capture.stage import Capture
from ..jobs import CheckJob
from ..photos import stage as prepare
from ..poses import overlap
from ..protocol import Event, ResultEvent
from ..report import RunReport
from ..settings import PhotoSettings
from ..verdicts import WORDS, Judged, Verdict, to_plain
from ..workspace import written_aside

STAGES = ("prepare", "overlap")
ALL_ROWS = 60  # files: of more the table shows only those with something to say


def run(job: CheckJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """Nothing is demanded of the photos: however bad they are, it says so."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        with report.stage("prepare") as stage:
            look = prepare.look(job.photos, PhotoSettings(max_side=job.settings.max_side, masks=job.masks), stage)
        with report.stage("overlap") as stage:
            shared = overlap.run(look.photos, job.settings, stage)
        found = capture.run(look.photos, look.doubts, look.left_out, shared, soft=look.soft)
        summary = summarise(found, len(look.photos), time.perf_counter() - report.started)
        path = job.out / "check.json"
        with written_aside(path) as part:
            _write(part, summary)
        table = [["INFO", line] for line in table_of(found.judged)]
        return ResultEvent(files={"check": str(path)}, summary={"lines": table + _lines(found), **_short(summary)})


def summarise(found: Capture, photos: int, seconds: float) -> dict[str, Any]:
    """check.json."""
    return {
        "seconds": round(seconds, 2),
        "photos": photos,
        "mood": found.said.mood,
        "said": list(found.said.lines),
        "groups": [list(group) for group in found.groups],
        "verdicts": to_plain(found.judged),
    }


def table_of(judged: Sequence[Judged]) -> list[str]:
    """For a terminal: a row per file."""
    shown = judged if len(judged) <= ALL_ROWS else [j for j in judged if j.verdict is not Verdict.GOOD]
    if not shown:
        return []
    width = min(max(len(j.path.name) for j in shown), 40)
    rows = [f"{'photo':{width}s}  {'verdict':10s}  {'sharp':>6s}  {'ties':>4s}  shares most with"]
    for j in shown:
        sharp = f"{j.figures['sharpness']:.0%}" if "sharpness" in j.figures else ""
        most = f"{j.figures['partner']} ({j.figures['matches']})" if j.figures.get("partner") else ""
        name = j.path.name if len(j.path.name) <= width else "…" + j.path.name[1 - width :]
        rows.append(
            f"{name:{width}s}  {WORDS[j.verdict]:10s}  {sharp:>6s}  {j.figures.get('ties', '')!s:>4s}  {most}".rstrip()
        )
    return [*rows, ""]


def _lines(found: Capture) -> list[list[str]]:
    head, *advice = found.said.lines
    return [[found.said.mood, head], *(["INFO", line] for line in advice)]


def _short(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: summary[name] for name in ("seconds", "photos", "mood", "said")}


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
