"""What a provider of depth says of one picture, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..datatypes import F32, U8
from ..report import Report
from .cards import Card


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One picture's depth as a network gives it: any size of the picture's ratio, before the edges are refined.

    `inverse_depth` is 1 / z along the camera's axis, near is large, never negative; in 1 / metres where it is `metric`, else of
    an unknown scale. A network that knows it only up to a shift gives its best guess of that, too.
    """

    inverse_depth: F32  # (h, w)
    metric: bool = False
    focal_px: float | None = None  # where the network tells it: for the picture's full width
    sky: F32 | None = None  # (h, w) probability, 0..1


class Provider(Protocol):
    """Something that reads depth from a picture. Made by `choose.provider_of`; loading may wait until the first picture."""

    @property
    def card(self) -> Card:
        """Who it is."""

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """`picture` is (H, W, 3) sRGB and upright. `focal_px` is for its width, None where nobody knows it."""
