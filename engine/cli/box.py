"""Understands `--box`: numbers, or a file that Blender wrote."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from ..settings import Box, from_json

HELP = (
    "keep only what lies in a box of the solved world: X,Y,Z,WIDTH,DEPTH,HEIGHT[,ROTX,ROTY,ROTZ] (its middle, its sides, "
    "degrees about the axes), 16 numbers of a matrix row by row (from the cube of -1 to 1), or a .json file that holds them"
)


def box_of(text: str) -> Box:
    """As an argument's type: argparse says what is wrong with it."""
    path = Path(text)
    try:
        if path.suffix.lower() == ".json":
            box: Box = from_json(Box, json.loads(path.read_text(encoding="utf-8")))
            return _checked(box)
        return _checked(Box(place=_place([float(word) for word in text.split(",")])))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"the file {text} can't be read: {error.strerror or error}") from error
    except (ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no box: {error}") from error


def _place(numbers: list[float]) -> tuple[float, ...]:
    if len(numbers) == 16:
        return tuple(numbers)
    if len(numbers) not in (6, 9):
        raise ValueError("6, 9 or 16 numbers are needed, with commas between them")
    turn = _turn([math.radians(angle) for angle in numbers[6:]] or [0.0, 0.0, 0.0])
    rows = []
    for row, centre in zip(turn, numbers[:3], strict=True):
        rows += [value * side / 2 for value, side in zip(row, numbers[3:6], strict=True)] + [centre]
    return (*rows, 0.0, 0.0, 0.0, 1.0)


def _turn(angles: list[float]) -> list[list[float]]:
    """About x, then y, then z, as Blender's XYZ does."""
    (cx, cy, cz), (sx, sy, sz) = ([function(angle) for angle in angles] for function in (math.cos, math.sin))
    return [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]


def _checked(box: Box) -> Box:
    if any(len(place) != 16 for place in (box.place, *(camera.place for camera in box.cameras))):
        raise ValueError("a placement has 16 numbers")
    if not all(math.isfinite(number) for number in box.place):
        raise ValueError("its numbers must be finite")
    return box
