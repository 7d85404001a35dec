"""A renderer of a few lines in the place of training/scenes: a floor, a wall or sky, and boxes, with exact depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Toys:
    """As training.scenes.Scenes."""

    pictures: NDArray[np.uint8]
    inverse_depth: NDArray[np.float32]
    sky: NDArray[np.bool_]


def render(seeds: NDArray[np.int64], height: int, width: int) -> Toys:
    """One toy per seed."""
    made = [_toy(int(seed), height, width) for seed in seeds]
    return Toys(*(np.stack(part) for part in zip(*made, strict=True)))


def _toy(seed: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[0:height, 0:width] + 0.5
    focal = max(height, width) * rng.uniform(0.7, 1.4)
    down = (v - height * rng.uniform(0.3, 0.6)) / focal
    across = (u - width / 2) / focal
    inverse = np.maximum(down / rng.uniform(1.0, 2.0), 0)
    wall = 0 if rng.random() < 0.4 else 1 / rng.uniform(3, 8)
    colour = np.where((inverse > wall)[..., None], rng.uniform(40, 220, 3), rng.uniform(40, 220, 3))
    inverse = np.maximum(inverse, wall)
    for _ in range(rng.integers(1, 5)):
        near, middle, size = rng.uniform(0.2, 0.6), rng.uniform(-0.4, 0.4, 2), rng.uniform(0.05, 0.3, 2)
        box = (np.abs(across - middle[0]) < size[0]) & (np.abs(down - middle[1]) < size[1]) & (near > inverse)
        inverse, colour = np.where(box, near, inverse), np.where(box[..., None], rng.uniform(40, 220, 3), colour)
    shaded = colour * (0.6 + 0.4 * np.tanh(3 * inverse))[..., None] + rng.normal(0, 6, (height, width, 1))
    return np.clip(shaded, 0, 255).astype(np.uint8), inverse.astype(np.float32), inverse == 0
