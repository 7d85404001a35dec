"""What the commands' parsers share: numbers within bounds, lists of photos, the options that every command has."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ..errors import Exit
from ..settings import DeviceChoice


class Parser(argparse.ArgumentParser):
    """A wrong word is the user's input: exit code 2, as argparse does, but with a hint of what to read."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}. See {self.prog} --help.", file=sys.stderr)
        sys.exit(int(Exit.INPUT))


def whole(low: int, high: int) -> type[int]:
    """A whole number from `low` to `high`, as an argument's type."""

    class Whole(int):
        def __new__(cls, text: str) -> Whole:
            number = int(text)
            if not low <= number <= high:
                raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high}")
            return super().__new__(cls, number)

    Whole.__name__ = "number"
    return Whole


def within(low: float, high: float) -> Callable[[str], float]:
    """A number from `low` to `high`, as an argument's type."""

    def number(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    return number


_METRES = {"mm": 0.001, "cm": 0.01, "m": 1.0, "in": 0.0254}


def length(text: str) -> float:
    """A length as an argument's type: metres, or with its unit: 0.05, 50mm, 2in."""
    number = text.strip().lower().rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text.strip().lower()[len(number) :].strip() or "m"
    if unit not in _METRES:
        raise argparse.ArgumentTypeError(f"{text!r} is no length: write metres, or 50mm, 5cm, 2in")
    metres = float(number) * _METRES[unit]
    if not 1e-4 <= metres <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0.1 mm and 100 m")
    return metres


def add_photos(parser: argparse.ArgumentParser) -> None:
    """PHOTOS…, and a file that lists them."""
    parser.add_argument("photos", nargs="*", metavar="PHOTOS", help="photo files, or folders of them")
    parser.add_argument("--photos-from", metavar="FILE", help="a text file with a path on each line, for long lists")


def add_common(parser: argparse.ArgumentParser) -> None:
    """What every command understands."""
    parser.add_argument("--device", choices=[d.value for d in DeviceChoice], default=DeviceChoice.AUTO.value)
    parser.add_argument("--json", action="store_true", help="print events, one JSON object a line")
    parser.add_argument("--libraries", nargs="+", default=[], metavar="DIR", help=argparse.SUPPRESS)


def paths(words: list[str]) -> tuple[Path, ...]:
    """Absolute: the worker may run elsewhere."""
    return tuple(Path(word).absolute() for word in words)


def photos_of(arguments: argparse.Namespace, command: str) -> tuple[Path, ...]:
    """Those named, and those listed in a file: a system's longest command line is soon too short for files one by one."""
    named = list(arguments.photos)
    if arguments.photos_from is not None:
        try:
            listed = Path(arguments.photos_from).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            print(f"engine {command}: the list of photos can't be read: {error}", file=sys.stderr)
            sys.exit(int(Exit.INPUT))
        named += filter(None, listed)
    elif not named:
        print(f"engine {command}: no photos are named. See engine {command} --help.", file=sys.stderr)
        sys.exit(int(Exit.INPUT))
    return paths(named)
