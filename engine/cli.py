"""The command line: words ─► a job. It starts quickly: nothing heavy is imported here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from . import supervisor
from .errors import Exit
from .jobs import ModelJob
from .settings import DeviceChoice, ModelSettings, Quality, Region, preset


def main(words: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    parser = _parser()
    arguments = parser.parse_args(words)
    if not arguments.photos and arguments.photos_from is None:
        parser.error("no photos are named")
    return supervisor.run(job_of(arguments), as_json=arguments.json)


def job_of(arguments: argparse.Namespace) -> ModelJob:
    """The job that the words ask for."""
    return ModelJob(
        photos=tuple(Path(p).absolute() for p in _photos(arguments)),
        out=Path(arguments.out).absolute(),
        settings=_settings(arguments),
        libraries=tuple(Path(p).absolute() for p in arguments.libraries),
    )


def _photos(arguments: argparse.Namespace) -> list[str]:
    """Those named, and those listed in a file: a system's longest command line is soon too short for files one by one."""
    if arguments.photos_from is None:
        return list(arguments.photos)
    try:
        listed = Path(arguments.photos_from).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        print(f"engine model: the list of photos can't be read: {error}", file=sys.stderr)
        sys.exit(int(Exit.INPUT))
    return [*arguments.photos, *filter(None, listed)]


def _settings(arguments: argparse.Namespace) -> ModelSettings:
    settings = preset(Quality(arguments.quality))
    photos, surface, texture = settings.photos, settings.surface, settings.texture
    if arguments.masks is not None:
        photos = replace(photos, masks=Path(arguments.masks).absolute())
    if arguments.use_partial:
        photos = replace(photos, use_partial=True)
    if arguments.faces is not None:
        surface = replace(surface, faces=arguments.faces)
    surface = replace(surface, region=Region(arguments.region), watertight=arguments.watertight)
    if arguments.texture is not None:
        texture = replace(texture, size=arguments.texture)
    device = DeviceChoice(arguments.device)
    return replace(settings, device=device, photos=photos, surface=surface, texture=texture)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="engine", description="Maquette's engine: photos become a textured mesh.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    model = commands.add_parser(
        "model",
        help="photos to a textured mesh with its cameras",
        description="Photos of a subject from all sides become a textured mesh. "
        "OUT receives model.glb, cameras/, points.ply, report.json and preview.png.",
    )
    model.add_argument("photos", nargs="*", metavar="PHOTOS", help="photo files, or folders of them")
    model.add_argument("--photos-from", metavar="FILE", help="a text file with a path on each line, for long lists")
    model.add_argument("-o", "--out", required=True, metavar="OUT", help="the folder for the results")
    model.add_argument("--quality", choices=[q.value for q in Quality], default=Quality.STANDARD.value)
    model.add_argument("--faces", type=_whole(100, 20_000_000), metavar="N", help="the mesh's budget of triangles")
    model.add_argument("--texture", type=_whole(64, 16_384), metavar="N", help="the texture's side in pixels")
    model.add_argument("--masks", metavar="DIR", help="a folder of NAME.png: white is kept")
    model.add_argument(
        "--region",
        choices=[r.value for r in Region],
        default=Region.SUBJECT.value,
        help="keep the subject that the cameras look at, or all that they saw",
    )
    model.add_argument("--watertight", action="store_true", help="close every hole; what was closed is marked")
    model.add_argument("--use-partial", action="store_true", help="use the readable part of damaged photos")
    model.add_argument("--device", choices=[d.value for d in DeviceChoice], default=DeviceChoice.AUTO.value)
    model.add_argument("--json", action="store_true", help="print events, one JSON object a line")
    model.add_argument("--libraries", nargs="+", default=[], metavar="DIR", help=argparse.SUPPRESS)
    return parser


def _whole(low: int, high: int) -> "type[int]":
    class Whole(int):
        def __new__(cls, text: str) -> "Whole":
            number = int(text)
            if not low <= number <= high:
                raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high}")
            return super().__new__(cls, number)

    Whole.__name__ = "number"
    return Whole


class _Parser(argparse.ArgumentParser):
    """A wrong word is the user's input: exit code 2, as argparse does, but with a hint of what to read."""

    def error(self, message: str) -> "NoReturn":  # type: ignore[name-defined]  # noqa: F821
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}. See {self.prog} --help.", file=sys.stderr)
        sys.exit(int(Exit.INPUT))
