"""`blender --command maquette model PHOTOS… -o OUT`: photos to a textured mesh in a .blend."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ResultEvent
from ...scene import build, result
from .shell import run_engine

NAME = "model"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="photos to a textured mesh in a .blend",
        description="Photos become a textured mesh in a .blend. All other options are the engine's: "
        "--quality draft|standard|high, --faces N, --texture N, --masks DIR, --region subject|all, --device NAME.",
        usage="%(prog)s PHOTOS… -o OUT [options]",
        allow_abbrev=False,
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="NAME.blend, or a folder for the results")
    parser.add_argument("--texture-beside", action="store_true", help="save the texture beside the .blend")
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine, then the .blend."""
    out = arguments.out.absolute()
    blend = out if out.suffix == ".blend" else out / f"{out.name}.blend"
    folder = out.with_suffix("") if out.suffix == ".blend" else out
    outcome = run_engine([NAME, *arguments.engine_words, "-o", str(folder)])
    if not isinstance(outcome, ResultEvent):
        return outcome.exit_code
    if "textured" not in outcome.files:  # it was to stop early (--until): there is no model to save yet
        return int(Exit.DONE)
    try:
        build.save_blend(result.read(outcome.files), blend, beside=arguments.texture_beside)
    except (OSError, RuntimeError) as error:  # Blender's own operators raise RuntimeError
        print(f"Stopped: {blend} could not be written: {error}", file=sys.stderr)
        return int(Exit.ENVIRONMENT)
    print(f"  {'blend':8s} {blend}", file=sys.stderr)
    return int(Exit.DONE)
