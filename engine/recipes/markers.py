"""A sheet of markers, as a file to print."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..errors import EngineError
from ..jobs import MarkersJob
from ..protocol import Event, ResultEvent
from ..report import RunReport
from ..scale import sheet
from ..workspace import written_aside

STAGES = ("markers",)


def run(
    job: MarkersJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None
) -> ResultEvent:
    """Writes `job.out`."""
    kind = job.out.suffix.lower()
    if kind not in sheet.WRITERS:
        raise EngineError(
            "sheet_kind",
            f"{job.out.name} is neither a .pdf nor a .png.",
            advice="Give the sheet a name that ends in .pdf or .png.",
        )
    report = RunReport(STAGES, emit, stop)
    with report.stage("markers"):
        drawn = sheet.draw(job.settings)
        with written_aside(job.out) as part:
            sheet.WRITERS[kind](part, drawn)
    lines = [("INFO", drawn.sentence), ("INFO", str(job.out))]
    return ResultEvent(files={"sheet": str(job.out)}, summary={"lines": lines, "markers": drawn.count})
