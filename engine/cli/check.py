"""`engine check`: what photos are worth before a run, and what to shoot next."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path
from typing import Any

from ..jobs import CheckJob
from .words import add_common, add_photos, paths, photos_of


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "check",
        help="which photos are blurred or alone, and what to shoot next",
        description="A quick look at photos before a run: which are blurred, too dark, duplicate or of no use, whether "
        "they hang together, and what to shoot next. OUT receives check.json.",
    )
    add_photos(parser)
    parser.add_argument("-o", "--out", metavar="OUT", help="the folder for check.json; by default a temporary one")
    parser.add_argument("--masks", metavar="DIR", help="a folder of NAME.png: white is kept")
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> CheckJob:
    """The job that the words ask for."""
    photos = photos_of(arguments, "check")
    return CheckJob(
        photos=photos,
        masks=None if arguments.masks is None else Path(arguments.masks).absolute(),
        out=Path(arguments.out).absolute() if arguments.out is not None else _passing(photos),
        libraries=paths(arguments.libraries),
    )


def _passing(photos: tuple[Path, ...]) -> Path:
    """The same for the same photos, so that checking again and again leaves one folder."""
    mark = hashlib.sha256("\n".join(map(str, photos)).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"maquette-check-{mark}"
