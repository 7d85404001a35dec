"""`blender --command maquette …`: what the panel does, without a window. One file per subcommand:

NAME                  the word after `maquette`
add_to(commands)      adds its parser, whose defaults are `run` and, where words go on to the engine, `engine_words=()`
run(arguments)        does it; gives the exit code. EngineError is caught here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import bpy

from ...engine.errors import EngineError
from . import asset, check, coverage, depth, markers, masks, model, retexture, scale, selftest, stage

COMMANDS = (model, check, coverage, selftest, retexture, asset, scale, markers, masks, stage, depth)
PROGRAM = "maquette"


def main(words: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    parser = _parser()
    try:
        arguments, rest = parser.parse_known_args(words)
        if rest and not hasattr(arguments, "engine_words"):
            parser.error(f"what is meant by {' '.join(rest)}?")
    except SystemExit as ending:  # Blender wants a number, not an exit
        return int(ending.code or 0)
    arguments.engine_words = tuple(rest)
    try:
        return int(arguments.run(arguments))
    except EngineError as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return int(error.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"blender --command {PROGRAM}",
        description="Photos become 3D, without a window.",
        epilog=f"More about one of them: blender --command {PROGRAM} COMMAND --help",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    return parser


_handles: list[object] = []  # what Blender gave for the registered command, to take it away again


def register() -> None:
    _handles.append(bpy.utils.register_cli_command(PROGRAM, main))


def unregister() -> None:
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
