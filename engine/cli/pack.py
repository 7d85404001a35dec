"""`engine pack`: adds the optional PyTorch pack to a folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import PackJob
from ..pack.pieces import PIECES, size_here
from .words import add_common, paths


def add_to(commands: Any) -> None:
    """The command's words."""
    size = size_here()
    listed = ", ".join(f"{piece.name} {piece.version} ({piece.licence})" for piece in PIECES)
    parser = commands.add_parser(
        "pack",
        help="adds PyTorch and the libraries that open the strong open depth networks",
        description=f"Loads about {size.download / 1000:.1f} GB over the network with this Python's pip and needs {size.disk / 1000:.1f} GB "
        f"on the disk: {listed}. The folder python3.x in OUT is then given to the other commands as the last of --libraries.",
    )
    parser.add_argument("-o", "--out", required=True, metavar="DIR", help="where the pack goes")
    parser.add_argument("--wheels", metavar="DIR", help="install from the wheels in this folder, without the network")
    parser.add_argument("--index", default="", metavar="URL", help="one more index that pip may load from")
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> PackJob:
    """The job that the words ask for."""
    return PackJob(
        out=Path(arguments.out).absolute(),
        wheels=None if arguments.wheels is None else Path(arguments.wheels).absolute(),
        index=arguments.index,
        libraries=paths(arguments.libraries),
    )
