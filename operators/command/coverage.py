"""`blender --command maquette coverage FILE.blend`: what the photos cover, as colours and ghost cameras in the .blend."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from ...scene import coverage
from ...scene.model import ModelError, active_model
from .shell import run_engine

NAME = "coverage"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="what the photos of a model cover, and where the next ones should be taken",
        description="Of a .blend that holds a model: its faces and ghost cameras are written into it. "
        "Of a finished run's folder: OUT/coverage receives the same as files.",
        allow_abbrev=False,
    )
    parser.add_argument("place", type=Path, metavar="FILE.blend|OUT")
    parser.add_argument("--ghosts", type=int, default=6, metavar="N", help="propose at most so many photos")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT.blend", help="another file for the result")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Opens, checks, saves."""
    place = arguments.place.absolute()
    if place.is_dir():
        outcome = run_engine([NAME, str(place), "--ghosts", str(arguments.ghosts)])
        return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(place))
        bpy.ops.maquette.show_coverage(ghosts=min(max(arguments.ghosts, 0), 20), show=False)
        model = active_model(bpy.context)
        print(model.collection[coverage.VERDICT], file=sys.stderr)
        for rank, sentence in enumerate(coverage.sentences(model), 1):
            print(f"  {rank}. {sentence}", file=sys.stderr)
        target = arguments.out.absolute() if arguments.out else place
        bpy.ops.wm.save_as_mainfile(filepath=str(target), compress=True)
    except (RuntimeError, ModelError) as error:  # Blender's own operators raise RuntimeError
        print(f"Stopped: {error}", file=sys.stderr)
        return int(Exit.INPUT)
    return int(Exit.DONE)
