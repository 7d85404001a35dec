"""`blender --command maquette scale`: what printed markers in the photos of a finished run say about its size."""

from __future__ import annotations

import argparse
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from .shell import run_engine

NAME = "scale"


def add_to(commands: Any) -> None:
    """The command's words; the options are the engine's."""
    parser = commands.add_parser(
        NAME,
        help="the real size of a finished model, from printed markers in its photos",
        usage=f"%(prog)s {NAME} OUT --marker-size 50mm",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine measures it; nothing is changed."""
    outcome = run_engine([NAME, *arguments.engine_words])
    return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
