"""What a real camera does to a clean render: white balance, exposure, lens blur, vignette, noise, sharpening, JPEG."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


def spoil(pictures: U8, inverse_depth: F32, rng: np.random.Generator) -> U8:
    """(n, H, W, 3) and their depth ─► the same as cheap, good, old and new cameras would have them."""
    return np.stack([_spoil_one(p, d, rng) for p, d in zip(pictures, inverse_depth, strict=True)])


def _spoil_one(picture: U8, inverse: F32, rng: np.random.Generator) -> U8:
    x = (picture.astype(np.float32) / 255) ** 2.2
    if rng.random() < 0.25:
        x = _defocused(x, inverse, rng)
    elif rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.2))
    x *= np.exp(rng.normal(0, 0.07, 3)).astype(np.float32) * np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.3:
        x *= _vignette(x.shape[0], x.shape[1], rng.uniform(0.1, 0.6))[..., None]
    if rng.random() < 0.7:
        level = np.exp(rng.uniform(np.log(0.001), np.log(0.015)))
        x += rng.normal(0, 1, x.shape).astype(np.float32) * np.sqrt(np.maximum(x, 0) * level * 0.3 + level**2)
    x = np.clip(x, 0, 1) ** (1 / rng.uniform(1.9, 2.6))
    if rng.random() < 0.3:
        x = _curve(x, rng.uniform(-0.5, 0.8))
    if rng.random() < 0.2:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * rng.uniform(0.0, 0.8)
    if rng.random() < 0.4:
        x = x + rng.uniform(0.2, 1.0) * (x - cv2.GaussianBlur(x, (0, 0), 1.0))
    out: U8 = np.clip(x * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])
        out = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return out


def _defocused(x: F32, inverse: F32, rng: np.random.Generator) -> F32:
    """A few blurs of growing width, chosen by how far from the focus a pixel lies."""
    focus = float(np.quantile(inverse, rng.uniform(0.3, 0.95)))
    spread = float(np.quantile(inverse, 0.95) - np.quantile(inverse, 0.05)) + 1e-6
    blur = np.abs(inverse - focus) / spread * rng.uniform(1.0, 5.0)
    levels = [0.0, 0.8, 1.6, 3.2, 5.0]
    out, below = x.copy(), x
    for low, high in pairwise(levels):
        above = cv2.GaussianBlur(x, (0, 0), high)
        share = np.clip((blur - low) / (high - low), 0, 1)[..., None]
        out = np.where(blur[..., None] > low, below * (1 - share) + above * share, out)
        below = above
    return out.astype(np.float32)


def _vignette(height: int, width: int, strength: float) -> F32:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    r2 = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
    return (1 - strength * r2).astype(np.float32)


def _curve(x: F32, strength: float) -> F32:
    """More or less contrast about the middle."""
    return (x + strength * (x - 0.5) * x * (1 - x) * 2).astype(np.float32)
