"""What can go wrong, said to an artist: a code, one plain sentence, the file it is about, and what to do."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """The engine's exit codes."""

    DONE = 0
    INPUT = 2
    ENVIRONMENT = 3
    RESOURCES = 4
    DEFECT = 5
    CANCELLED = 130


class EngineError(Exception):
    """Something that the user can act on. `sentence` and `advice` are shown as they are."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        exit_code: Exit = Exit.INPUT,
        file: Path | str | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.exit_code = exit_code
        self.file = None if file is None else str(file)
        self.advice = advice

    def __str__(self) -> str:
        where = f" ({self.file})" if self.file and self.file not in self.sentence else ""
        return f"{self.sentence}{where}" + (f" {self.advice}" if self.advice else "")


class Cancelled(Exception):
    """The user asked to stop. Not an error: nothing half-written is left behind."""
