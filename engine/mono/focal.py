"""A photo's focal length: what the artist chose, else EXIF, else the network's, else vanishing points, else a usual one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..datatypes import U8, FocalSource, Photo
from ..single import FocalFrom
from .vanishing import focal_of

FILM_WIDTH = 36.0  # mm: what a 35 mm focal length is measured against, over the longer side
USUAL = 1.07  # of the longer side: about 50 degrees
FIELD_OF_VIEW = (8.0, 130.0)  # degrees over the longer side; a network that says otherwise is not believed


@dataclass(frozen=True)
class Focal:
    """In pixels of the full photo, and where it is from."""

    pixels: float
    source: FocalFrom


def known_focal(photo: Photo, focal_35mm: float | None) -> Focal | None:
    """What is known before anybody looks at the picture."""
    if focal_35mm is not None:
        return Focal(focal_35mm / FILM_WIDTH * max(photo.width, photo.height), FocalFrom.CHOSEN)
    if photo.focal_source is not FocalSource.GUESS:
        return Focal(photo.focal_px, FocalFrom.EXIF)
    return None


def choose_focal(photo: Photo, focal_35mm: float | None, from_network: float | None, picture: U8) -> Focal:
    """The surest there is. `from_network` is for the full photo; `picture` is the photo at any size."""
    known = known_focal(photo, focal_35mm)
    if known is not None:
        return known
    longer = max(photo.width, photo.height)
    if from_network is not None and _plausible(from_network, longer):
        return Focal(from_network, FocalFrom.NETWORK)
    seen = focal_of(picture)
    if seen is not None and _plausible(seen, max(picture.shape[:2])):
        return Focal(seen * longer / max(picture.shape[:2]), FocalFrom.VANISHING)
    return Focal(USUAL * longer, FocalFrom.DEFAULT)


def millimetres(focal_px: float, width: int, height: int) -> float:
    """As a photographer says it: on 35 mm film."""
    return focal_px / max(width, height) * FILM_WIDTH


def _plausible(focal_px: float, longer: int) -> bool:
    if not math.isfinite(focal_px) or focal_px <= 0:
        return False
    low, high = FIELD_OF_VIEW
    return low <= math.degrees(2 * math.atan(longer / 2 / focal_px)) <= high
