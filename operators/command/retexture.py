"""`blender --command maquette retexture FILE.blend`: the photos onto a mesh that was reworked, saved in the .blend."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import EngineError, Exit
from ...engine.protocol import ResultEvent
from ...engine.settings import Tiles
from ...scene import retexture
from ...scene.errors import ModelError
from ..request import texture_folder
from ..retexture_request import remarks, retexture_request
from .shell import run_engine

NAME = "retexture"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="the photos onto a mesh that was reworked, in its .blend",
        description="Opens a .blend that holds a model with its cameras, colours a mesh from the photos again, and saves it. "
        "What is not said here is as the file has it in the panel Edit & Retexture.",
        allow_abbrev=False,
    )
    parser.add_argument("blend", type=Path, metavar="FILE.blend")
    parser.add_argument("--object", metavar="NAME", help="the mesh; by default the active one, else the model's own")
    parser.add_argument("--texture", choices=["1024", "2048", "4096", "8192", "16384"], help="its side in pixels")
    parser.add_argument("--new-uvs", action="store_true", help="make new UVs also where the mesh has some")
    parser.add_argument("--tiles", choices=[tiles.value for tiles in Tiles], help="UDIM")
    parser.add_argument("--photos", type=Path, metavar="DIR", help="where the photos lie now, if they were moved")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT.blend", help="another file for the result")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Opens, colours, saves."""
    try:
        bpy.ops.wm.open_mainfile(filepath=str(arguments.blend.absolute()))
        _choose(arguments)
        request = retexture_request(bpy.context)
        for sentence in remarks(request.gathered.cameras):
            print(f"  {sentence}", file=sys.stderr)
        beside = texture_folder(bpy.context)
        outcome = run_engine(request.words)
        if not isinstance(outcome, ResultEvent):
            return outcome.exit_code
        thing = bpy.context.scene.objects[request.target]
        retexture.put_on(thing, request.gathered, retexture.fetch(outcome.files, outcome.summary), beside=beside)
        out = (arguments.out or arguments.blend).absolute()
        bpy.ops.wm.save_as_mainfile(filepath=str(out), compress=True)
    except ModelError as error:
        raise EngineError("model", str(error)) from error
    except (OSError, RuntimeError) as error:  # Blender's own operators raise RuntimeError
        print(f"Stopped: {error}", file=sys.stderr)
        return int(Exit.ENVIRONMENT)
    print(f"  {'blend':8s} {out}", file=sys.stderr)
    return int(Exit.DONE)


def _choose(arguments: argparse.Namespace) -> None:
    """The words into the scene's settings."""
    settings = bpy.context.scene.maquette.retexture
    if arguments.object is not None:
        thing = bpy.context.view_layer.objects.get(arguments.object)
        if thing is None:
            raise EngineError("no_object", f"There is no object named {arguments.object} in {arguments.blend.name}.")
        bpy.context.view_layer.objects.active = thing
    if arguments.texture is not None:
        settings.size = arguments.texture
    if arguments.tiles is not None:
        settings.tiles = arguments.tiles
    if arguments.photos is not None:
        settings.photos = str(arguments.photos.absolute())
    settings.new_uvs = settings.new_uvs or arguments.new_uvs
