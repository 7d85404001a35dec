"""`engine depth`: the depth of single photos, or of a film's frames."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import DepthJob
from ..settings import DepthFormat, DeviceChoice, MonoSettings
from .words import add_common, add_photos, paths, photos_of, within


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "depth",
        help="the depth of single photos, each for itself",
        description="Reads the depth of single photos with a network: the one that comes with Maquette, or one of yours. "
        "OUT receives NAME.png (16 bit), .exr or .npy for each photo, NAME-colour.png to look at, and report.json.",
    )
    add_photos(parser)
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the folder for the results")
    parser.add_argument("--format", choices=[f.value for f in DepthFormat], default=DepthFormat.PNG.value)
    parser.add_argument(
        "--sequence",
        action="store_true",
        help="the photos are the frames of a film: depth stays steady from one to the next (a video file always is one)",
    )
    add_mono(parser)
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def add_mono(parser: argparse.ArgumentParser) -> None:
    """The words about one photo's depth, which `stage` has, too."""
    parser.add_argument(
        "--provider", default="embedded", metavar="NAME", help="which network reads depth (docs/depth-one-photo.md)"
    )
    parser.add_argument("--weights", metavar="PATH", help="that network's file or folder, where it is yours")
    parser.add_argument(
        "--focal", type=within(5.0, 2000.0), metavar="MM", help="the lens, in millimetres on a 35 mm film"
    )
    parser.add_argument(
        "--distance",
        type=within(0.001, 100_000.0),
        metavar="M",
        help="metres to what is in the middle of the picture: the depth comes in metres",
    )


def mono_of(arguments: argparse.Namespace) -> MonoSettings:
    """The settings that those words ask for."""
    return MonoSettings(
        device=DeviceChoice(arguments.device),
        provider=arguments.provider,
        weights=None if arguments.weights is None else Path(arguments.weights).absolute(),
        focal_35mm=arguments.focal,
        distance=arguments.distance,
        sequence=getattr(arguments, "sequence", False),
    )


def job_of(arguments: argparse.Namespace) -> DepthJob:
    """The job that the words ask for."""
    return DepthJob(
        photos=photos_of(arguments, "depth"),
        out=Path(arguments.out).absolute(),
        format=DepthFormat(arguments.format),
        settings=mono_of(arguments),
        libraries=paths(arguments.libraries),
    )
