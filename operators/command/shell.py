"""What the subcommands share: the engine with its progress on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import bpy

from ... import preferences
from ...engine.protocol import ErrorEvent, ResultEvent
from ...engine.terminal import Terminal
from ..runner import EngineRun, engine_command


def run_engine(words: Sequence[str]) -> ResultEvent | ErrorEvent:
    """Blocks until the engine has ended. What went wrong is printed already; the event holds the exit code."""
    pack = preferences.pack_folder(bpy.context)
    return EngineRun(engine_command(words, [] if pack is None else [pack])).wait(Terminal(sys.stderr).show)
