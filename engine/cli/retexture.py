"""`engine retexture`: the photos of a finished run onto a mesh that was reworked."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..jobs import RetextureJob
from ..settings import DeviceChoice, RetextureSettings, TextureSettings, Tiles
from .words import add_common, paths, whole


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "retexture",
        help="the photos of a finished run onto a mesh that was reworked",
        description="The photos of a finished run colour a mesh that was sculpted, remeshed or retopologised, on its own UVs "
        "or on new ones. OUT/retexture-NAME receives NAME.png (with UDIM tiles NAME.1001.png and so on), NAME-guessed.png "
        "(white where no photo shows the surface), mesh.npz (with the UVs) and report.json.",
    )
    parser.add_argument("out", metavar="OUT", help="the folder of the finished run")
    parser.add_argument(
        "--mesh", required=True, metavar="FILE", help="the mesh, in place: .obj (+Y up) or .npz (+Z up)"
    )
    parser.add_argument("--name", default="", metavar="NAME", help="of the result; by default the mesh file's")
    parser.add_argument(
        "--texture", type=whole(64, 16_384), default=4096, metavar="N", help="each picture's side in pixels"
    )
    parser.add_argument("--new-uvs", action="store_true", help="make new UVs also where the mesh has some")
    parser.add_argument(
        "--tiles",
        choices=[t.value for t in Tiles],
        default=Tiles.AUTO.value,
        help="UDIM: a picture for each tile of the UV map; by default if the UVs look like it",
    )
    parser.add_argument("--photos", metavar="DIR", help="where the photos lie now, if they were moved")
    parser.add_argument("--painted", metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--painted-on", default="", metavar="STAMP", help=argparse.SUPPRESS)
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> RetextureJob:
    """The job that the words ask for."""
    mesh = Path(arguments.mesh).absolute()
    return RetextureJob(
        out=Path(arguments.out).absolute(),
        mesh=mesh,
        name=_file_name(arguments.name or mesh.stem),
        photos=None if arguments.photos is None else Path(arguments.photos).absolute(),
        painted=None if arguments.painted is None else Path(arguments.painted).absolute(),
        painted_on=arguments.painted_on,
        settings=RetextureSettings(
            device=DeviceChoice(arguments.device),
            texture=replace(TextureSettings(), size=arguments.texture, max_side=max(arguments.texture, 4096)),
            tiles=Tiles(arguments.tiles),
            new_uvs=arguments.new_uvs,
        ),
        libraries=paths(arguments.libraries),
    )


def _file_name(name: str) -> str:
    """Without what file systems don't take."""
    kept = "".join("_" if letter in '<>:"/\\|?*%' or ord(letter) < 32 else letter for letter in name)
    return kept.strip(" .") or "mesh"
