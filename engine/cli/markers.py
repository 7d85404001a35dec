"""`engine markers`: a sheet of markers to print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import MarkersJob
from ..settings import MarkerKind, Paper, SheetSettings
from .words import add_common, length, paths, whole


def add_to(commands: Any) -> None:
    """The command's words."""
    usual = SheetSettings()
    parser = commands.add_parser(
        "markers",
        help="a sheet of markers to print, in exact size",
        description="Draws as many markers as the sheet holds, at 300 dpi. Print it at 100 %, lay it beside the subject, and build "
        "the model with --marker-size.",
    )
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="NAME.pdf or NAME.png")
    parser.add_argument("--size", type=length, default=usual.size, metavar="SIZE", help="a marker's side: 50mm, 2in")
    parser.add_argument("--paper", choices=[p.value for p in Paper], default=usual.paper.value)
    parser.add_argument("--kind", choices=[k.value for k in MarkerKind], default=usual.kind.value)
    parser.add_argument(
        "--first", type=whole(0, 99), default=usual.first, metavar="N", help="the first marker's number"
    )
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> MarkersJob:
    """The job that the words ask for."""
    settings = SheetSettings(
        size=arguments.size,
        paper=Paper(arguments.paper),
        kind=MarkerKind(arguments.kind),
        first=arguments.first,
    )
    return MarkersJob(out=Path(arguments.out).absolute(), settings=settings, libraries=paths(arguments.libraries))
