"""`engine stage`: one photo to a relief with its camera, layers, and a film of a camera move."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..jobs import StageJob
from ..settings import Back, Filler, LayerSettings, Move, MoveSettings, ReliefSettings, Sky, StageSettings
from .depth import add_mono, mono_of
from .words import add_common, paths, whole, within


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "stage",
        help="one photo to a relief with its camera, layers, and a camera move",
        description="Reads the depth of one photo and builds what can honestly be built from one view. OUT receives "
        "relief.glb (with the matched camera), layers.glb, layers/, depth.exr, depth-colour.png, camera.json, move.mp4, "
        "preview.png and report.json.",
    )
    parser.add_argument("photo", metavar="PHOTO", help="the photo")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the folder for the results")
    add_mono(parser)
    _add_relief(parser)
    _add_layers(parser)
    _add_move(parser)
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def _add_relief(parser: argparse.ArgumentParser) -> None:
    default = ReliefSettings()
    group = parser.add_argument_group("relief")
    group.add_argument("--faces", type=whole(100, 5_000_000), default=default.faces, metavar="N", help="its budget")
    group.add_argument(
        "--tear",
        type=within(0, 2),
        default=default.tear,
        metavar="X",
        help="0 never at jumps of depth, 2 at small ones",
    )
    group.add_argument("--smooth", type=within(0, 1), default=default.smooth, metavar="X", help="0 to 1; edges stay")
    group.add_argument("--far", type=within(1e-3, 1e6), metavar="D", help="what lies further away is left out")
    group.add_argument("--back", choices=[b.value for b in Back], default=default.back.value)
    group.add_argument(
        "--thickness", type=within(0.001, 2), default=default.thickness, metavar="X",
        help="of a closed back or a plate, as a share of the relief's width",
    )  # fmt: skip
    group.add_argument("--sky", choices=[s.value for s in Sky], default=default.sky.value)


def _add_layers(parser: argparse.ArgumentParser) -> None:
    default = LayerSettings()
    group = parser.add_argument_group("layers")
    group.add_argument("--layers", type=whole(0, 8), default=default.count, metavar="N", help="how many; 0: none")
    group.add_argument("--filler", choices=[f.value for f in Filler], default=default.filler.value)
    group.add_argument("--filler-weights", metavar="PATH", help="LaMa's file, where it is yours")


def _add_move(parser: argparse.ArgumentParser) -> None:
    default = MoveSettings()
    group = parser.add_argument_group("move")
    group.add_argument("--move", choices=[m.value for m in Move], default=default.move.value)
    group.add_argument(
        "--amplitude", type=within(0, 10), default=default.amplitude, metavar="X", help="1 is as far as is safe"
    )
    group.add_argument("--seconds", type=within(0.1, 600), default=default.seconds, metavar="S")
    group.add_argument("--fps", type=whole(1, 240), default=default.fps, metavar="N")
    group.add_argument("--loop", action=argparse.BooleanOptionalAction, default=default.loop)
    group.add_argument("--seed", type=whole(0, 2**31 - 1), default=default.seed, metavar="N", help="of handheld")
    film = group.add_mutually_exclusive_group()
    film.add_argument("--film-height", type=whole(16, 4320), default=default.height, metavar="N", help="in pixels")
    film.add_argument("--no-film", action="store_true", help="write no move.mp4")


def job_of(arguments: argparse.Namespace) -> StageJob:
    """The job that the words ask for."""
    weights = arguments.filler_weights
    return StageJob(
        photo=Path(arguments.photo).absolute(),
        out=Path(arguments.out).absolute(),
        settings=StageSettings(
            mono=mono_of(arguments),
            relief=ReliefSettings(
                faces=int(arguments.faces),
                tear=arguments.tear,
                smooth=arguments.smooth,
                far=arguments.far,
                back=Back(arguments.back),
                thickness=arguments.thickness,
                sky=Sky(arguments.sky),
            ),
            layers=LayerSettings(
                count=int(arguments.layers),
                filler=Filler(arguments.filler),
                weights=None if weights is None else Path(weights).absolute(),
            ),
            move=MoveSettings(
                move=Move(arguments.move),
                amplitude=arguments.amplitude,
                seconds=arguments.seconds,
                fps=int(arguments.fps),
                loop=arguments.loop,
                height=0 if arguments.no_film else int(arguments.film_height),
                seed=int(arguments.seed),
            ),
        ),
        libraries=paths(arguments.libraries),
    )
