"""How a photo is lit: what is too dark, too bright or burnt out to show anything, so that it can be told before hours of work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import U8

HIGHLIGHT = 98  # percentile that says whether anything is lit: a bright subject before black is not dark
SHADOW = 2  # and whether anything is left dark
WHITE = 250  # the grey level from which on nothing is drawn any more
MIDDLE = 0.6  # of the sides: where the subject is; a white backdrop is no fault
GAMMA = 2.2  # near enough to sRGB's to count in stops


@dataclass(frozen=True, kw_only=True)
class Light:
    """Of one photo, everything 0..1 of the grey levels or of the pixels."""

    highlight: float  # how bright the brightest parts are
    shadow: float  # how bright the darkest parts are
    white: float  # share of the middle that is burnt out

    def stops_below(self, highlight: float) -> float:
        """How much darker its brightest parts are than another's, in the camera's stops."""
        floor = 1.0 / 255
        return float(np.log2(max(highlight, floor) / max(self.highlight, floor)) * GAMMA)


def measure(grey: U8) -> Light:
    """Luma as decoded, any size."""
    sample = grey[::4, ::4]
    height, width = grey.shape
    rows, columns = int(height * (1 - MIDDLE) / 2), int(width * (1 - MIDDLE) / 2)
    middle = np.ascontiguousarray(
        grey[rows : max(height - rows, rows + 1), columns : max(width - columns, columns + 1)]
    )
    return Light(
        highlight=float(np.percentile(sample, HIGHLIGHT)) / 255,
        shadow=float(np.percentile(sample, SHADOW)) / 255,
        white=float(np.count_nonzero(middle >= WHITE)) / middle.size,
    )
