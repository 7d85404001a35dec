"""`engine model`: photos to a textured mesh with its cameras."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..jobs import ModelJob
from ..settings import DeviceChoice, ModelSettings, Quality, Region, Turntable, Until, preset
from .box import HELP, box_of
from .words import add_common, add_photos, length, paths, photos_of, whole


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        "model",
        help="photos to a textured mesh with its cameras",
        description="Photos of a subject from all sides become a textured mesh. "
        "OUT receives model.glb, cameras/, points.ply, report.json and preview.png.",
    )
    add_photos(parser)
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the folder for the results")
    parser.add_argument("--quality", choices=[q.value for q in Quality], default=Quality.STANDARD.value)
    parser.add_argument("--faces", type=whole(100, 20_000_000), metavar="N", help="the mesh's budget of triangles")
    parser.add_argument("--texture", type=whole(64, 16_384), metavar="N", help="the texture's side in pixels")
    parser.add_argument("--masks", metavar="DIR", help="a folder of NAME.png: white is kept")
    parser.add_argument(
        "--turntable",
        action=argparse.BooleanOptionalAction,
        help="the subject turned before a camera that stood still: masks the background (by default only where there is no doubt)",
    )
    parser.add_argument(
        "--region",
        choices=[r.value for r in Region],
        default=Region.SUBJECT.value,
        help="keep the subject that the cameras look at, or all that they saw",
    )
    parser.add_argument("--box", type=box_of, metavar="BOX", help=HELP)
    parser.add_argument(
        "--marker-size",
        type=length,
        metavar="SIZE",
        help="printed ArUco or AprilTag markers lie in the photos, their black squares this wide (metres, or 50mm): "
        "the model comes in metres",
    )
    parser.add_argument("--marker-floor", action="store_true", help="the markers lie on the ground: it becomes z = 0")
    parser.add_argument("--watertight", action="store_true", help="close every hole; what was closed is marked")
    parser.add_argument("--use-partial", action="store_true", help="use the readable part of damaged photos")
    parser.add_argument(
        "--until",
        choices=[u.value for u in Until],
        default=Until.END.value,
        help="stop after a stage with what there is so far; the same words without it go on from there",
    )
    add_common(parser)
    parser.set_defaults(job_of=job_of)


def job_of(arguments: argparse.Namespace) -> ModelJob:
    """The job that the words ask for."""
    return ModelJob(
        photos=photos_of(arguments, "model"),
        out=Path(arguments.out).absolute(),
        settings=_settings(arguments),
        until=Until(arguments.until),
        libraries=paths(arguments.libraries),
    )


def _settings(arguments: argparse.Namespace) -> ModelSettings:
    settings = preset(Quality(arguments.quality))
    photos, surface, texture = settings.photos, settings.surface, settings.texture
    if arguments.masks is not None:
        photos = replace(photos, masks=Path(arguments.masks).absolute())
    if arguments.turntable is not None:
        photos = replace(photos, turntable=Turntable.ON if arguments.turntable else Turntable.OFF)
    if arguments.use_partial:
        photos = replace(photos, use_partial=True)
    if arguments.faces is not None:
        surface = replace(surface, faces=arguments.faces)
    region = Region(arguments.region)
    surface = replace(surface, region=region, box=arguments.box, watertight=arguments.watertight)
    if arguments.texture is not None:
        texture = replace(texture, size=arguments.texture)
    device = DeviceChoice(arguments.device)
    scale = replace(settings.scale, marker_size=arguments.marker_size, floor=arguments.marker_floor)
    return replace(settings, device=device, photos=photos, scale=scale, surface=surface, texture=texture)
