"""`engine scale`: what printed markers in the photos of a finished run say about its size."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import ScaleJob
from ..settings import ScaleSettings
from .words import add_common, length, paths


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "scale",
        help="the real size of a finished model, from printed markers in its photos",
        description="Looks for printed ArUco (4x4, 5x5, 6x6) and AprilTag (36h11) markers in the photos of the finished run in OUT "
        "and tells how many metres one unit of its world is. Nothing in OUT is changed.",
    )
    parser.add_argument("out", metavar="OUT", help="the folder of a finished run")
    parser.add_argument(
        "--marker-size", type=length, required=True, metavar="SIZE", help="the black square's side: metres, or 50mm"
    )
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> ScaleJob:
    """The job that the words ask for."""
    return ScaleJob(
        out=Path(arguments.out).absolute(),
        settings=ScaleSettings(marker_size=arguments.marker_size),
        libraries=paths(arguments.libraries),
    )
