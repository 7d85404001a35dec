"""`engine masks`: what of a finished model is wanted becomes masks for all its photos."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import MasksJob
from ..settings import DeviceChoice, MaskSettings
from .words import add_common, paths


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "masks",
        help="masks for all photos of a finished run, from what of its model is wanted",
        description="OUT/masks receives a mask for each photo (white is kept), to be given to the next run with --masks; "
        "OUT/masks.png shows them all. Masks that you painted or changed yourself are left as they are.",
    )
    parser.add_argument("out", metavar="OUT", help="the folder of the finished run")
    parser.add_argument(
        "--mesh", required=True, metavar="FILE", help="what is kept, in place: .obj (+Y up) or .npz (+Z up)"
    )
    parser.add_argument("--unwanted", metavar="FILE", help="what is not; by default what the run's own mesh has more")
    parser.add_argument("--keep-background", action="store_true", help="mask only what is unwanted, not what is behind")
    parser.add_argument(
        "--grow", type=float, default=MaskSettings().grow, metavar="X", help="widen by this share of the photo's side"
    )
    parser.add_argument("--overwrite", action="store_true", help="make masks anew that were painted by hand")
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> MasksJob:
    """The job that the words ask for."""
    return MasksJob(
        out=Path(arguments.out).absolute(),
        mesh=Path(arguments.mesh).absolute(),
        unwanted=None if arguments.unwanted is None else Path(arguments.unwanted).absolute(),
        settings=MaskSettings(
            device=DeviceChoice(arguments.device),
            background=not arguments.keep_background,
            grow=max(min(arguments.grow, 0.1), -0.1),
            overwrite=arguments.overwrite,
        ),
        libraries=paths(arguments.libraries),
    )
