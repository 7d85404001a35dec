"""`blender --command maquette depth PHOTOS… -o OUT`: the depth of single photos as pictures."""

from __future__ import annotations

import argparse
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from .shell import run_engine

NAME = "depth"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="the depth of single photos, each for itself, as PNG, EXR or NPY",
        description="Reads the depth of single photos. The engine's options: -o OUT, --format png|exr|npy, --provider NAME, "
        "--weights PATH, --sequence …",
        usage="%(prog)s PHOTOS… -o OUT [options]",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine's own files."""
    outcome = run_engine([NAME, *arguments.engine_words])
    return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
