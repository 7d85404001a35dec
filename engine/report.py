"""What a stage tells while it works and leaves behind: progress, warnings, counts, seconds, peak memory; and the ask to stop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from . import meter
from .errors import Cancelled
from .protocol import Event, PreviewEvent, ProgressEvent, StageEvent, WarningEvent

# Percent of a usual run's time on a processor, for the overall progress bar: measured over draft and standard runs of 13 to 24 photos.
STAGE_WEIGHTS = {
    "open": 1,
    "prepare": 1,
    "poses": 28,
    "scale": 3,
    "overlap": 8,
    "depth": 34,
    "mono": 20,
    "relief": 20,
    "layers": 40,
    "film": 40,
    "surface": 20,
    "texture": 14,
    "export": 3,
}
PROGRESS_INTERVAL = 0.1  # seconds between progress events of one step


@dataclass
class StageRecord:
    """One stage's entry in report.json."""

    name: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    skipped: bool = False
    steps: dict[str, float] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    warnings: list[dict[str, Any]] = field(default_factory=list)


def _cpu_seconds() -> float:
    """Of this process and of the helpers that it has waited for."""
    return sum(os.times()[:4])


class RunReport:
    """The whole run's report: makes one `Report` per stage and keeps their records."""

    def __init__(
        self, stages: tuple[str, ...], emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None
    ) -> None:
        self.stages = stages
        self.emit = emit or (lambda event: None)
        self.stop = stop or threading.Event()
        self.records: list[StageRecord] = []
        self.notes: list[str] = []
        self.watched = True  # whether previews are worth making
        self.started = time.perf_counter()

    @contextmanager
    def stage(self, name: str, *, skipped: bool = False) -> Iterator[Report]:
        """Times the stage; its record is kept also when it fails."""
        record = StageRecord(name, skipped=skipped)
        self.records.append(record)
        index, until = self.stages.index(name), round(self.overall(name, 1.0), 4)
        self.emit(StageEvent(name=name, index=index, of=len(self.stages), skipped=skipped, until=until))
        meter.reset_peak()
        wall, cpu, helpers = time.perf_counter(), _cpu_seconds(), meter.helpers_peak_mb()
        report = Report(self, record)
        try:
            report.check()
            yield report
        finally:
            record.seconds = round(time.perf_counter() - wall, 3)
            record.cpu_seconds = round(_cpu_seconds() - cpu, 3)
            largest = meter.helpers_peak_mb()  # a helper works while we wait for it: both are in memory
            record.peak_mb = round(meter.peak_mb() + (largest if largest > helpers else 0.0), 1)

    def note(self, code: str, sentence: str) -> None:
        """Something about the whole run that the user should know."""
        self.notes.append(sentence)
        self.emit(WarningEvent(code=code, sentence=sentence))

    def overall(self, stage: str, share: float) -> float:
        """0..1 over all stages."""
        weights = [STAGE_WEIGHTS.get(name, 5) for name in self.stages]
        index = self.stages.index(stage)
        return (sum(weights[:index]) + weights[index] * min(share, 1.0)) / sum(weights)


class Report:
    """One stage's handle."""

    def __init__(self, run: RunReport | None = None, record: StageRecord | None = None) -> None:
        self.run = run or RunReport(("stage",))
        self.record = record or StageRecord(self.run.stages[0])
        self._share = 0.0

    def check(self) -> None:
        """Raises Cancelled if the user asked to stop. Call it at least twice a second in long loops."""
        if self.run.stop.is_set():
            raise Cancelled()

    @property
    def stopped(self) -> threading.Event:
        """For threads and callbacks that cannot raise."""
        return self.run.stop

    def step(self, name: str, total: int = 1, *, share: float = 0.0) -> Step:
        """A named part of the stage: `with report.step("features", len(photos), share=0.5) as step: … step.advance()`.

        `share` is the part of the stage's bar that this step fills; the shares of a stage's steps add up to 1.
        """
        return Step(self, name, total, share)

    def count(self, name: str, value: Any) -> None:
        """A figure for report.json (a number, a string, or a list of them)."""
        self.record.counts[name] = value

    def reject(self, name: str, reason: str) -> None:
        """Something left out, and why."""
        self.record.rejected[name] = reason

    def warn(self, code: str, sentence: str, *, file: Path | str | None = None, advice: str = "") -> None:
        """Tells the user; the run goes on."""
        event = WarningEvent(code=code, sentence=sentence, file=None if file is None else str(file), advice=advice)
        self.record.warnings.append({"code": code, "sentence": sentence, "file": event.file, "advice": advice})
        self.run.emit(event)

    def preview(self, what: str, path: Path) -> None:
        """A file that can be shown already."""
        self.run.emit(PreviewEvent(what=what, path=str(path)))


class Step:
    """Progress within a stage; also its clock."""

    def __init__(self, report: Report, name: str, total: int, share: float) -> None:
        self.report, self.name, self.total, self.share = report, name, max(total, 1), share
        self.done = 0
        self._base = report._share
        self._told = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Step:
        self._started = time.perf_counter()
        self.report.check()
        self._tell()
        return self

    def advance(self, count: int = 1) -> None:
        """Some of it is done. Raises Cancelled if the user asked to stop. Safe from several threads."""
        with self._lock:
            self.done = min(self.done + count, self.total)
            now = time.perf_counter()
            if now - self._told > PROGRESS_INTERVAL or self.done == self.total:
                self._told = now
                self._tell()
        self.report.check()

    def check(self) -> None:
        self.report.check()

    def _tell(self) -> None:
        run, stage = self.report.run, self.report.record.name
        overall = run.overall(stage, self._base + self.share * self.done / self.total)
        run.emit(
            ProgressEvent(stage=stage, step=self.name, done=self.done, total=self.total, overall=round(overall, 4))
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.report._share = self._base + self.share
        steps = self.report.record.steps
        steps[self.name] = round(steps.get(self.name, 0.0) + time.perf_counter() - self._started, 3)
