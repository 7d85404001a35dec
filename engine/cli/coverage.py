"""`engine coverage`: what the photos of a finished run cover, and where the next ones should be taken."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import CoverageJob
from ..settings import CoverageSettings, DeviceChoice
from .words import add_common, paths, whole


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "coverage",
        help="what the photos of a finished run cover, and where the next ones should be taken",
        description="Reads what a finished run wrote to OUT. OUT/coverage receives coverage.json (a verdict, the cameras' "
        "errors, ghost cameras for the next photos), coverage.npz (per face: photos, angle, pixel, filled) and a "
        "picture for each ghost camera.",
    )
    parser.add_argument("out", metavar="OUT", help="the folder of a finished run")
    parser.add_argument("--mesh", metavar="FILE", help="an .npz with vertices and faces: the surface as it is now")
    parser.add_argument("--ghosts", type=whole(0, 50), metavar="N", default=CoverageSettings().ghosts)
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> CoverageJob:
    """The job that the words ask for."""
    return CoverageJob(
        out=Path(arguments.out).absolute(),
        mesh=None if arguments.mesh is None else Path(arguments.mesh).absolute(),
        settings=CoverageSettings(device=DeviceChoice(arguments.device), ghosts=arguments.ghosts),
        libraries=paths(arguments.libraries),
    )
