"""A colour map for depth, perceptually even: its lightness grows from far to near in equal steps, so that no edge is made up."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from ..datatypes import F32, F64, U8, Bool

# From far to near, in OKLCh: lightness, chroma, hue in degrees. Dusk blue, teal, moss, sand.
_STOPS = ((0.22, 0.07, 275.0), (0.40, 0.11, 255.0), (0.57, 0.10, 200.0), (0.74, 0.13, 140.0), (0.93, 0.11, 95.0))
SKY = (16, 17, 24)
_LMS_FROM_LAB = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
)
_RGB_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


@lru_cache(maxsize=1)
def colour_map() -> U8:
    """(256, 3) sRGB, far to near."""
    at = np.linspace(0, 1, 256)
    lightness, chroma, hue = (
        np.interp(at, np.linspace(0, 1, len(_STOPS)), [stop[i] for stop in _STOPS]) for i in range(3)
    )
    turn = np.radians(hue)
    lab = np.stack([lightness, chroma * np.cos(turn), chroma * np.sin(turn)], 1)
    linear = np.clip((lab @ _LMS_FROM_LAB.T) ** 3 @ _RGB_FROM_LMS.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(encoded * 255), np.uint8)


def coloured(inverse_depth: F32, sky: Bool, span: tuple[float, float] | None = None, max_side: int = 2048) -> U8:
    """(h, w, 3): near is light. `span`: the inverse depths that the map's ends stand for; by default what nearly all lies between."""
    scale = min(1.0, max_side / max(inverse_depth.shape))
    if scale < 1:
        size = (max(round(inverse_depth.shape[1] * scale), 1), max(round(inverse_depth.shape[0] * scale), 1))
        inverse_depth = np.asarray(cv2.resize(inverse_depth, size, interpolation=cv2.INTER_AREA), np.float32)
        sky = cv2.resize(sky.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    low, high = span or usual_span(inverse_depth, sky)
    at = np.clip((inverse_depth - low) * (255 / max(high - low, 1e-12)), 0, 255)
    picture: U8 = colour_map()[at.astype(np.uint8)]
    picture[sky] = SKY
    return picture


def usual_span(inverse_depth: F32, sky: Bool) -> tuple[float, float]:
    """Between which nearly all of it lies."""
    values: F64 = inverse_depth[~sky].astype(np.float64)
    if not values.size:
        return 0.0, 1.0
    low, high = np.percentile(values[:: max(values.size // 200_000, 1)], [0.5, 99.5])
    return float(low), float(high)
