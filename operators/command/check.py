"""`blender --command maquette check PHOTOS…`: what photos are worth before a run, and what to shoot next."""

from __future__ import annotations

import argparse
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from .shell import run_engine

NAME = "check"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="which photos are blurred or alone, and what to shoot next",
        description="A quick look at photos before a run. The engine's option: -o OUT, the folder for check.json.",
        usage="%(prog)s PHOTOS… [-o OUT]",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine's own table."""
    outcome = run_engine([NAME, *arguments.engine_words])
    return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
