"""`blender --command maquette model PHOTOS… -o OUT`: the engine, then a .blend, without a window."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy

from ..engine.errors import EngineError, Exit
from ..engine.protocol import ResultEvent
from ..engine.terminal import Terminal
from ..scene import build, result
from .runner import EngineRun, engine_command

NAME = "maquette"


def main(words: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    try:
        ours, engines = _parser().parse_known_args(words)
    except SystemExit as ending:  # Blender wants a number, not an exit
        return int(ending.code or 0)
    out = ours.out.absolute()
    blend = out if out.suffix == ".blend" else out / f"{out.name}.blend"
    folder = out.with_suffix("") if out.suffix == ".blend" else out
    try:
        run = EngineRun(engine_command([ours.command, *engines, "-o", str(folder)]))
        outcome = run.wait(Terminal(sys.stderr).show)
        if not isinstance(outcome, ResultEvent):
            return outcome.exit_code
        build.save_blend(result.read(outcome.files), blend, beside=ours.texture_beside)
    except EngineError as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return int(error.exit_code)
    except (OSError, RuntimeError) as error:  # Blender's own operators raise RuntimeError
        print(f"Stopped: {blend} could not be written: {error}", file=sys.stderr)
        return int(Exit.ENVIRONMENT)
    print(f"  {'blend':8s} {blend}", file=sys.stderr)
    return int(Exit.DONE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"blender --command {NAME}",
        description="Photos become a textured mesh in a .blend. All other options are the engine's: "
        "--quality draft|standard|high, --faces N, --texture N, --masks DIR, --region subject|all, --device NAME.",
        usage="%(prog)s model PHOTOS… -o OUT [options]",
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=["model"])
    parser.add_argument("-o", "--out", type=Path, required=True, help="NAME.blend, or a folder for the results")
    parser.add_argument("--texture-beside", action="store_true", help="save the texture beside the .blend")
    return parser


_handles: list[object] = []  # what Blender gave for the registered command, to take it away again


def register() -> None:
    _handles.append(bpy.utils.register_cli_command(NAME, main))


def unregister() -> None:
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
