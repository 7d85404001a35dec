"""`blender --command maquette asset FOLDER|FILE.blend --preset game`: a finished model to an asset with its files, and a .blend with both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import bpy

from ...engine.errors import Exit
from ...scene.asset.settings import Convention, Preset
from ...scene.model import models_in

NAME = "asset"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME,
        help="a finished model to a game prop, a film base mesh, or an asset for web and AR",
        description="A light mesh with UVs, textures, levels of detail, a collider and files, from a finished model.",
        allow_abbrev=False,
    )
    parser.add_argument("source", type=Path, help="the folder of a finished model, or a .blend that holds one")
    parser.add_argument("--preset", choices=[one.value for one in Preset], default=Preset.GAME.value)
    parser.add_argument("--names", choices=[one.value for one in Convention], help="whose names it bears")
    parser.add_argument("--triangles", type=int, help="the budget")
    parser.add_argument("--texture", choices=["512", "1024", "2048", "4096", "8192"], help="pixels along a side")
    parser.add_argument("-o", "--out", type=Path, help="the folder for the files; else 'asset' in the model's folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The same operator as the panel's."""
    source = arguments.source.absolute()
    try:
        if source.suffix == ".blend":
            bpy.ops.wm.open_mainfile(filepath=str(source))
        else:
            bpy.ops.wm.read_homefile(use_empty=True)
            bpy.ops.maquette.import_result(directory=str(source))
        group = bpy.context.scene.maquette.asset
        group.preset = arguments.preset
        for name, value in (
            ("convention", arguments.names),
            ("triangles", arguments.triangles),
            ("texture", arguments.texture),
        ):
            if value is not None:
                setattr(group, name, value)
        out = arguments.out.absolute() if arguments.out else None
        group.folder = str(out) if out else ""
        if out:
            out.mkdir(parents=True, exist_ok=True)
        bpy.ops.maquette.make_asset()
        model = models_in(bpy.context.scene)[0]
        folder = out or model.folder / "asset"
        blend = folder / f"{model.collection.name}.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True, copy=source.suffix == ".blend")
    except RuntimeError as error:  # Blender's way of passing an operator's words on
        print(f"Stopped: {str(error).removeprefix('Error: ').strip()}", file=sys.stderr)
        return int(Exit.INPUT)
    for line in bpy.context.window_manager.maquette.messages:
        print(f"  {line.kind.lower():8s} {line.text}", file=sys.stderr)
    print(f"  {'files':8s} {folder}", file=sys.stderr)
    return int(Exit.DONE)
