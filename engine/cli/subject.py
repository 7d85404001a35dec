"""`engine subject`: what of a stage's photo is its subject, by clicks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import SubjectJob
from .words import add_common, paths


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "subject",
        help="a mask of what a place in a stage's photo belongs to",
        description="What hangs together with the given places in depth and in colour. OUT/masks/NAME.png receives the mask, of the "
        "photo's size: white is the subject.",
    )
    parser.add_argument("out", metavar="OUT", help="the folder of the finished stage")
    parser.add_argument(
        "--in",
        dest="inside",
        action="append",
        required=True,
        type=_place,
        metavar="X,Y",
        help="a place on the subject, in pixels of the photo from its upper left corner; may be given again",
    )
    parser.add_argument(
        "--not",
        dest="outside",
        action="append",
        default=[],
        type=_place,
        metavar="X,Y",
        help="a place that is no part of it",
    )
    parser.add_argument("--name", default="subject", type=_name, help="the mask's name")
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> SubjectJob:
    """The job that the words ask for."""
    return SubjectJob(
        out=Path(arguments.out).absolute(),
        inside=tuple(arguments.inside),
        outside=tuple(arguments.outside),
        name=arguments.name,
        libraries=paths(arguments.libraries),
    )


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no place: write it like 640,360") from None
    return x, y


def _name(text: str) -> str:
    if not text or any(letter in text for letter in '/\\:*?"<>|') or text.startswith("."):
        raise argparse.ArgumentTypeError(f"{text!r} can't be a file's name")
    return text
