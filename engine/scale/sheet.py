"""A sheet of markers to print: in exact size, each with its number and its size, and a line to check the printer by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..datatypes import U8
from ..errors import EngineError
from ..settings import MarkerKind, Paper, SheetSettings
from .detect import DICTIONARIES
from .words import text_of

DPI = 300
MARGIN = 0.012  # metres: what printers leave white
FOOT = 0.026  # for the line to measure and what it says
SHEETS = {Paper.A4: (0.210, 0.297), Paper.LETTER: (0.2159, 0.2794)}
NAMES = {
    MarkerKind.ARUCO_4X4: "ArUco 4x4",
    MarkerKind.ARUCO_5X5: "ArUco 5x5",
    MarkerKind.ARUCO_6X6: "ArUco 6x6",
    MarkerKind.APRILTAG: "AprilTag 36h11",
}
RULER = 0.1
LABEL = 0.006  # the height that a marker's label takes


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A drawn sheet."""

    picture: U8  # (H, W), 0 or 255
    count: int
    sentence: str


def draw(settings: SheetSettings) -> Sheet:
    """As many markers as the sheet holds."""
    width, height = SHEETS[settings.paper]
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARIES[NAMES[settings.kind]])
    rim = settings.size / (dictionary.markerSize + 2) * 1.25  # white around it, without which it is not found
    across, down = settings.size + 2 * rim, settings.size + 2 * rim + LABEL
    columns, rows = int((width - 2 * MARGIN) / across), int((height - 2 * MARGIN - FOOT) / down)
    if not columns or not rows or settings.size < 0.005:
        raise EngineError(
            "marker_size",
            f"A marker of {text_of(settings.size)} does not fit on this paper.",
            advice="Choose 5 to 150 mm.",
        )
    count = min(columns * rows, len(dictionary.bytesList) - settings.first, 100 - settings.first)
    page = np.full((round(height * _DOTS), round(width * _DOTS)), 255, np.uint8)
    left = (width - columns * across) / 2 + rim
    for i in range(count):
        x, y = left + i % columns * across, MARGIN + rim + i // columns * down
        _marker(page, dictionary, settings.first + i, x, y, settings.size)
        label = f"{NAMES[settings.kind]}  no. {settings.first + i}  {text_of(settings.size)}"
        _write(page, label, x, y + settings.size + rim + LABEL * 0.35, settings.size)
    _foot(page, width, height, settings)
    last = settings.first + count - 1
    sentence = (
        f"{count} markers of {text_of(settings.size)}, {NAMES[settings.kind]} no. {settings.first} to {last}: "
        "print at 100 %, not fitted to the page."
    )
    return Sheet(picture=page, count=count, sentence=sentence)


def write_pdf(path: Path, sheet: Sheet) -> None:
    """One page; black and white, so that nothing is smeared by compression."""
    Image.fromarray(sheet.picture).convert("1").save(path, "PDF", resolution=DPI)


def write_png(path: Path, sheet: Sheet) -> None:
    """A picture that knows its dots per inch."""
    Image.fromarray(sheet.picture).convert("1").save(path, "PNG", dpi=(DPI, DPI))


WRITERS: dict[str, Callable[[Path, Sheet], None]] = {".pdf": write_pdf, ".png": write_png}
_DOTS = DPI / 0.0254  # in a metre


def _marker(page: U8, dictionary: cv2.aruco.Dictionary, number: int, x: float, y: float, size: float) -> None:
    """The black square's upper left corner at (x, y) metres; every cell's edge on the dot that is nearest to it."""
    cells = dictionary.markerSize + 2
    bits = cv2.aruco.generateImageMarker(dictionary, number, cells, borderBits=1)
    edges_x = np.round((x + size * np.arange(cells + 1) / cells) * _DOTS).astype(int)
    edges_y = np.round((y + size * np.arange(cells + 1) / cells) * _DOTS).astype(int)
    for row in range(cells):
        for column in range(cells):
            page[edges_y[row] : edges_y[row + 1], edges_x[column] : edges_x[column + 1]] = bits[row, column]


def _foot(page: U8, width: float, height: float, settings: SheetSettings) -> None:
    y = height - MARGIN - 0.004
    x = (width - RULER) / 2
    ends = [(round(at * _DOTS), round(y * _DOTS)) for at in (x, x + RULER)]
    page[ends[0][1] - 2 : ends[0][1] + 2, ends[0][0] : ends[1][0]] = 0
    for at, _ in ends:
        page[ends[0][1] - 30 : ends[0][1] + 30, at - 2 : at + 2] = 0
    lines = (
        "This line is 100 mm long. Measure it: if it is not, print again at 100 %, not fitted to the page.",
        f"In Maquette, set the marker size to {text_of(settings.size)}. Lay the markers flat, with their white rim.",
    )
    for i, line in enumerate(lines):
        _write(page, line, MARGIN, y - 0.014 + i * 0.0055, width - 2 * MARGIN, middle=True)


def _write(page: U8, text: str, x: float, y: float, room: float, *, middle: bool = False) -> None:
    """Text whose foot stands at y, made small enough for its room."""
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, 2
    scale = 1.2
    (width, _), _ = cv2.getTextSize(text, font, scale, thick)
    if width > room * _DOTS:
        scale *= room * _DOTS / width
        (width, _), _ = cv2.getTextSize(text, font, scale, thick)
    shift = (room * _DOTS - width) / 2 if middle else 0
    place = (round(x * _DOTS + shift), round(y * _DOTS))
    cv2.putText(page, text, place, font, scale, 0, thick if scale > 0.5 else 1, cv2.LINE_AA)
    page[:] = np.where(page > 127, 255, 0)
