"""`blender --command maquette masks`: what of a finished model is wanted becomes masks for all its photos."""

from __future__ import annotations

import argparse
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from .shell import run_engine

NAME = "masks"


def add_to(commands: Any) -> None:
    """The command's words; the options are the engine's."""
    parser = commands.add_parser(
        NAME,
        help="masks for all photos of a finished model, from what of it is wanted",
        usage=f"%(prog)s {NAME} OUT --mesh WANTED.obj [options]",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine writes them into OUT/masks."""
    outcome = run_engine([NAME, *arguments.engine_words])
    return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
