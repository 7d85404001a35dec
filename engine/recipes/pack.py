"""The optional PyTorch pack, added to a folder or taken away."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .. import guard
from ..errors import EngineError
from ..jobs import PackJob
from ..pack import install
from ..protocol import Event, ResultEvent
from ..report import RunReport

STAGES = ("pack",)
_DEVICES = {"cuda": "the graphics card", "mps": "the graphics card (Metal)", "cpu": "the processor"}


def run(job: PackJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """Adds it to `job.out`; a pack that is there already is replaced only once the new one works."""
    if job.wheels is not None and not any(job.wheels.glob("*.whl")):
        raise EngineError(
            "no_wheels",
            f"{job.wheels.name} holds no wheels.",
            file=job.wheels,
            advice="Choose the folder that the .whl files lie in.",
        )
    guard.check_folder(job.out)
    report = RunReport(STAGES, emit, stop)
    with report.stage("pack") as stage:
        found, device = install.install(job.out, job.wheels, job.index, stage)
    lines = [["INFO", f"PyTorch {found.versions['torch']} is there; it computes on {_DEVICES.get(device, device)}."]]
    summary = {"versions": found.versions, "device": device, "bytes": install.weight_of(found.folder), "lines": lines}
    return ResultEvent(files={"pack": str(found.folder)}, summary=summary)
