"""`engine selftest`: what this machine can do, in plain words."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from ..jobs import SelftestJob
from ..settings import DeviceChoice
from .words import add_common, paths


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "selftest",
        help="what this machine can do: devices, speed, memory, disk, libraries",
        description="Tries and times each device that could compute, or the one that --device names. OUT receives selftest.json.",
    )
    parser.add_argument("-o", "--out", metavar="OUT", help="the folder for the report; by default a temporary one")
    parser.add_argument("--disk", metavar="DIR", help="a folder on the disk that models will be kept on")
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> SelftestJob:
    """The job that the words ask for."""
    out = arguments.out or Path(tempfile.gettempdir()) / "maquette-selftest"
    return SelftestJob(
        out=Path(out).absolute(),
        device=DeviceChoice(arguments.device),
        disk=None if arguments.disk is None else Path(arguments.disk).absolute(),
        libraries=paths(arguments.libraries),
    )
