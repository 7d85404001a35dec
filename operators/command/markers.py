"""`blender --command maquette markers`: a sheet of markers to print."""

from __future__ import annotations

import argparse
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from .shell import run_engine

NAME = "markers"


def add_to(commands: Any) -> None:
    """The command's words; the options are the engine's."""
    parser = commands.add_parser(
        NAME,
        help="a sheet of markers to print, which give a model its real size",
        usage=f"%(prog)s {NAME} -o NAME.pdf [--size 50mm] [--paper a4|letter] [--kind NAME] [--first N]",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine draws it."""
    outcome = run_engine([NAME, *arguments.engine_words])
    return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
