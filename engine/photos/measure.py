"""How sharp and how bright a photo is, so that photos of one set can be compared."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, U8

SIDE = 1024  # pixels on the longer side at which all photos are judged
TILE = 32
TEXTURED = 4.0  # grey levels of variation over a few pixels: flatter tiles say nothing about focus
SHARPEST = 75  # percentile over the textured tiles: a blurred background is no fault
MIN_TILES = 4
NOISE_PERCENTILE = 5


def sharpness(grey: U8) -> float:
    """About 1 for a crisp photo, falling with blur: the finest detail against the detail of twice its size.

    The ratio, unlike the detail itself, hardly depends on what the photo shows. Each direction is judged alone and the
    worse one counts, since a shaken photo is blurred in one direction only. NaN where nothing has texture.
    """
    pixels = grey.astype(np.float32)
    noise_free = cv2.GaussianBlur(pixels, (0, 0), 0.6)
    per_direction = [_ratio(noise_free if axis else noise_free.T) for axis in (0, 1)]
    known = [value for value in per_direction if np.isfinite(value)]
    return float(min(known)) if known else float("nan")


def _ratio(pixels: np.ndarray) -> float:
    """Along the rows."""
    coarse_pixels = cv2.blur(np.ascontiguousarray(pixels), (5, 1))
    fine = _tile_energy(2 * pixels[:, 2:-2] - pixels[:, :-4] - pixels[:, 4:])
    coarse = _tile_energy(2 * coarse_pixels[:, 6:-6] - coarse_pixels[:, :-12] - coarse_pixels[:, 12:])
    rows, columns = min(fine.shape[0], coarse.shape[0]), min(fine.shape[1], coarse.shape[1])
    fine, coarse = fine[:rows, :columns], coarse[:rows, :columns]
    if not coarse.size:
        return float("nan")
    # The flattest tiles hold little but noise, which is no detail, and all tiles hold as much of it.
    fine_noise, coarse_noise = (float(np.percentile(energy, NOISE_PERCENTILE)) for energy in (fine, coarse))
    textured = coarse > TEXTURED**2 + 2 * coarse_noise
    if textured.sum() < MIN_TILES:
        return float("nan")
    clean = np.maximum(fine[textured] - fine_noise, 0) / (coarse[textured] - coarse_noise)
    return float(np.sqrt(np.percentile(clean, SHARPEST)))


def _tile_energy(detail: np.ndarray) -> F32:
    height, width = (side // TILE for side in detail.shape)
    if not height or not width:
        return np.zeros((0, 0), np.float32)
    square = np.square(detail[: height * TILE, : width * TILE])
    return np.asarray(cv2.resize(square, (width, height), interpolation=cv2.INTER_AREA), np.float32).reshape(
        height, width
    )


def brightness(grey: U8) -> float:
    """Mean luminance, 0..1."""
    return float(cv2.mean(grey)[0]) / 255
