"""What EXIF says of the camera: orientation, focal length, and which photos share a lens. Nothing in it is trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..datatypes import FocalSource
from ..tiff import HEIGHT, ORIENTATION, WIDTH, Directory

MAKE, MODEL, LENS_MODEL = 0x010F, 0x0110, 0xA434
FOCAL_MM, FOCAL_35MM = 0x920A, 0xA405
PLANE_X, PLANE_UNIT = 0xA20E, 0xA210
PIXELS_X, PIXELS_Y = 0xA002, 0xA003
DIGITAL_ZOOM = 0xA404
DNG_VERSION = 0xC612
WANTED = frozenset(
    {MAKE, MODEL, LENS_MODEL, FOCAL_MM, FOCAL_35MM, PLANE_X, PLANE_UNIT, PIXELS_X, PIXELS_Y, DIGITAL_ZOOM, ORIENTATION}
    | {DNG_VERSION, WIDTH, HEIGHT}
)

FILM_WIDTH = 36.0  # mm
GUESS = 1.2  # of the longer side: a phone's main camera to a normal lens
FIELD_OF_VIEW = (10.0, 120.0)  # degrees over the longer side; beyond it EXIF is not believed
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}


@dataclass(frozen=True)
class Lens:
    """A photo's focal prior and the key that it shares with photos of the same camera."""

    focal_px: float
    focal_source: FocalSource
    camera_key: str


def lens_of(tags: Directory, width: int, height: int) -> Lens:
    """From EXIF and the upright size."""
    focal_px, source = focal_prior(tags, max(width, height))
    return Lens(focal_px, source, _camera_key(tags, width, height))


def focal_prior(tags: Directory, long_side: int) -> tuple[float, FocalSource]:
    """The focal length in pixels.

    The 35 mm equivalent is read over the longer side: exact for 3:2, and within 4 % for a 4:3 camera whose maker meant
    the diagonal. Makers differ in that, bundle adjustment starts well from either.
    """
    by_film = tags.number(FOCAL_35MM) / FILM_WIDTH * long_side
    if plausible(by_film, long_side):
        return by_film, FocalSource.EXIF_35MM
    mm_per_unit = _MM_PER_UNIT.get(int(_or(tags.number(PLANE_UNIT), 2.0)), math.nan)
    taken_side = _or(max(_or(tags.number(PIXELS_X), 0.0), _or(tags.number(PIXELS_Y), 0.0)), 0.0)
    resized = long_side / taken_side if taken_side > 0 else 1.0  # the density of pixels is that before any resizing
    by_sensor = tags.number(FOCAL_MM) * tags.number(PLANE_X) / mm_per_unit * resized
    if plausible(by_sensor, long_side):
        return by_sensor, FocalSource.EXIF_SENSOR
    return GUESS * long_side, FocalSource.GUESS


def plausible(focal_px: float, long_side: int) -> bool:
    """Whether a lens could have that field of view."""
    if not math.isfinite(focal_px) or focal_px <= 0:
        return False
    low, high = FIELD_OF_VIEW
    return low <= math.degrees(2 * math.atan(long_side / 2 / focal_px)) <= high


def _camera_key(tags: Directory, width: int, height: int) -> str:
    words = [tags.words(tag)[:64] for tag in (MAKE, MODEL, LENS_MODEL)]
    numbers = [f"{_or(tags.number(tag), 0.0):g}" for tag in (FOCAL_MM, FOCAL_35MM, DIGITAL_ZOOM)]
    return "|".join([*words, *numbers, f"{width}x{height}"])


def _or(value: float, fallback: float) -> float:
    return value if math.isfinite(value) else fallback
