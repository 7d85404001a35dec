"""The engine's events: one JSON object a line, of six kinds. Sender and readers share these classes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

DEVICE_LOST = "device_lost"  # the code of an error after which the processor can take over


@dataclass(frozen=True, kw_only=True)
class StageEvent:
    """A stage begins. `skipped` says that an earlier run had made its product already; `until` is what `overall` will be at its end."""

    kind: ClassVar[str] = "stage"
    name: str
    index: int
    of: int
    skipped: bool = False
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class ProgressEvent:
    """Within a stage. `overall` runs from 0 to 1 over the whole run and never goes back."""

    kind: ClassVar[str] = "progress"
    stage: str
    step: str
    done: int
    total: int
    overall: float


@dataclass(frozen=True, kw_only=True)
class WarningEvent:
    """Something the user should know; the run goes on."""

    kind: ClassVar[str] = "warning"
    code: str
    sentence: str
    file: str | None = None
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class PreviewEvent:
    """A file that can be shown before the run ends. `what`: sparse, dense, mesh, picture."""

    kind: ClassVar[str] = "preview"
    what: str
    path: str


@dataclass(frozen=True, kw_only=True)
class ResultEvent:
    """The run is done; `files` maps a product's name to its path."""

    kind: ClassVar[str] = "result"
    files: dict[str, str] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ErrorEvent:
    """The run has ended without a result."""

    kind: ClassVar[str] = "error"
    code: str
    sentence: str
    exit_code: int
    file: str | None = None
    advice: str = ""


Event = StageEvent | ProgressEvent | WarningEvent | PreviewEvent | ResultEvent | ErrorEvent
KINDS: dict[str, type[Any]] = {
    k.kind: k for k in (StageEvent, ProgressEvent, WarningEvent, PreviewEvent, ResultEvent, ErrorEvent)
}


def encode(event: Event) -> str:
    """One line, no newline inside."""
    return json.dumps({"event": event.kind, **asdict(event)}, ensure_ascii=True)


def decode(line: str) -> Event:
    """The event of one line; ValueError where it is none."""
    values = json.loads(line)
    if not isinstance(values, dict) or values.get("event") not in KINDS:
        raise ValueError(f"not an engine event: {line[:80]!r}")
    kind = KINDS[values.pop("event")]
    event: Event = kind(**values)
    return event
