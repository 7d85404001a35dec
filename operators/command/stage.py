"""`blender --command maquette stage PHOTO -o OUT`: one photo to a relief, layers and a camera in a .blend."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...engine.errors import Exit
from ...engine.protocol import ResultEvent
from ...scene.stage.build import save_stage
from ...scene.stage.result import prepare_stage
from .shell import run_engine

NAME = "stage"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="one photo to a relief, layers and a camera in a .blend",
        description="One photo becomes a relief with its camera, and layers to film, in a .blend. All other options are the "
        "engine's: --provider NAME, --weights PATH, --focal MM, --distance M, --faces N, --layers N, --no-film …",
        usage="%(prog)s PHOTO -o OUT [options]",
        allow_abbrev=False,
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="NAME.blend, or a folder for the results")
    parser.set_defaults(run=run, engine_words=())


def run(arguments: argparse.Namespace) -> int:
    """The engine, then the .blend."""
    out = arguments.out.absolute()
    blend = out if out.suffix == ".blend" else out / f"{out.name}.blend"
    folder = out.with_suffix("") if out.suffix == ".blend" else out
    outcome = run_engine([NAME, *arguments.engine_words, "-o", str(folder)])
    if not isinstance(outcome, ResultEvent):
        return outcome.exit_code
    try:
        save_stage(prepare_stage(outcome.files), blend)
    except (OSError, RuntimeError) as error:  # Blender's own operators raise RuntimeError
        print(f"Stopped: {blend} could not be written: {error}", file=sys.stderr)
        return int(Exit.ENVIRONMENT)
    print(f"  {'blend':8s} {blend}", file=sys.stderr)
    return int(Exit.DONE)
