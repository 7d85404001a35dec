"""Events for a person at a shell: a progress bar on a terminal, one line per stage elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from .protocol import ErrorEvent, Event, PreviewEvent, ProgressEvent, ResultEvent, StageEvent, WarningEvent

STAGE_TITLES = {
    "prepare": "Reading photos",
    "open": "Opening the model",
    "overlap": "Comparing photos",
    "poses": "Finding cameras",
    "scale": "Measuring the markers",
    "depth": "Measuring depth",
    "mono": "Reading depth",
    "relief": "Building the relief",
    "layers": "Filling in what is hidden",
    "film": "Filming the move",
    "surface": "Building the surface",
    "texture": "Painting the texture",
    "export": "Writing files",
    "masks": "Making the masks",
    "subject": "Finding the subject",
    "coverage": "Checking the capture",
    "selftest": "Testing this machine",
    "markers": "Drawing the markers",
    "pack": "Adding the PyTorch pack",
}
_BAR = 24


class Terminal:
    """Shows events as they come."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self.started = time.monotonic()
        self._shown = 0

    def show(self, event: Event) -> None:
        """One event."""
        if isinstance(event, ProgressEvent):
            self._progress(event)
        elif isinstance(event, StageEvent):
            title = STAGE_TITLES.get(event.name, event.name)
            self._line(f"[{event.index + 1}/{event.of}] {title}" + (" (done before)" if event.skipped else ""))
        elif isinstance(event, WarningEvent):
            self._line("  ! " + _sentence(event.sentence, event.file, event.advice))
        elif isinstance(event, ErrorEvent):
            self._line("Stopped: " + _sentence(event.sentence, event.file, event.advice))
        elif isinstance(event, ResultEvent):
            self._result(event)
        elif not isinstance(event, PreviewEvent):
            raise TypeError(f"unknown event {event!r}")

    def _progress(self, event: ProgressEvent) -> None:
        if not self.live:
            return
        full = round(_BAR * event.overall)
        bar = "█" * full + "░" * (_BAR - full)
        spent = int(time.monotonic() - self.started)
        title = STAGE_TITLES.get(event.stage, event.stage)
        count = f" {event.done}/{event.total}" if event.total > 1 else ""
        text = f"{bar} {event.overall:4.0%} {spent // 60}:{spent % 60:02d}  {title}: {event.step}{count}"
        self.stream.write("\r" + text.ljust(self._shown)[:119])
        self._shown = len(text)
        self.stream.flush()

    def _line(self, text: str) -> None:
        if self.live:
            self.stream.write("\r" + " " * self._shown + "\r")
            self._shown = 0
        self.stream.write(text + "\n")
        self.stream.flush()

    def _result(self, event: ResultEvent) -> None:
        summary = event.summary
        if "lines" in summary:  # it says itself what it found
            for kind, text in summary["lines"]:
                self._line(("  " if kind == "INFO" else "! ") + text)
            return
        self._line(
            f"Done in {summary.get('seconds', 0):.0f} s: {summary.get('registered')} of {summary.get('photos')} photos, "
            f"{summary.get('faces', 0):,} faces, {summary.get('device')}."
        )
        for name in ("model", "preview", "cameras", "points", "report"):
            if name in event.files:
                self._line(f"  {name:8s} {event.files[name]}")


def _sentence(sentence: str, file: str | None, advice: str) -> str:
    where = f" [{file}]" if file and file not in sentence else ""
    return f"{sentence}{where}" + (f" {advice}" if advice else "")
