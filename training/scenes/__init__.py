"""Made-up scenes with exact depth, ray-cast on whatever device Quadrants has: `render(seeds, height, width)`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scenes", "open_device", "render"]


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """A batch. `inverse_depth` is 1 / z along the camera's axis in 1/m, 0 in the sky."""

    pictures: NDArray[np.uint8]  # (n, H, W, 3) sRGB
    inverse_depth: NDArray[np.float32]  # (n, H, W)
    sky: NDArray[np.bool_]  # (n, H, W)


def open_device(gpu: bool = False, threads: int = 1) -> None:
    """Once per process, before the first render."""
    import quadrants as qd

    if gpu:
        qd.init(arch=qd.cuda, log_level=qd.ERROR)
    else:
        qd.init(arch=qd.cpu, cpu_max_num_threads=threads, log_level=qd.ERROR)


def render(seeds: NDArray[np.int64], height: int, width: int) -> Scenes:
    """The scenes of these numbers: the same numbers give the same scenes."""
    from . import kernel, kinds

    made = [kinds.build(int(seed)) for seed in seeds]
    n = len(made)
    depth = np.zeros((n, height, width), np.float32)
    buffers = [np.zeros((n, height, width, 3), np.float32) for _ in range(5)]
    albedo, light, more, normal, out = buffers
    kernel.shade(
        np.stack([b.prims for b in made]),
        np.array([b.shapes for b in made], np.int32),
        np.stack([b.looks for b in made]),
        np.stack([b.lights for b in made]),
        np.stack([b.g for b in made]),
        height,
        width,
        depth,
        albedo,
        light,
        more,
        normal,
    )
    kernel.compose(depth, albedo, light, more, normal, out)
    sky = depth <= 0
    inverse = np.where(sky, 0, 1 / np.maximum(depth, 1e-3)).astype(np.float32)
    draws = [np.random.default_rng(int(seed) + 77).uniform((0.7, 0.8), (1.5, 0.97)) for seed in seeds]
    return Scenes(pictures=_developed(out, np.array(draws)), inverse_depth=inverse, sky=sky)


def _developed(linear: NDArray[np.float32], draws: NDArray[np.float64]) -> NDArray[np.uint8]:
    """As a camera's automatic would: a middle grey in the middle, highlights rolled off, sRGB.

    `draws` are an exposure and a share of the picture that must not be too bright: some let windows and lamps burn out, some do not."""
    grey = linear.mean(3) + 1e-3
    middle = np.exp(np.log(grey).mean((1, 2)))
    gain = 0.2 / np.maximum(middle, 1e-3) * draws[:, 0]
    high = np.array([np.quantile(one, share) for one, share in zip(grey, draws[:, 1], strict=True)])
    gain = np.minimum(gain, 1.3 / high)[:, None, None, None]
    x = linear * gain
    x = np.where(x < 0.6, x, 0.6 + 0.4 * (1 - np.exp(-(x - 0.6) / 0.4)))
    srgb = np.where(x < 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-6) ** (1 / 2.4) - 0.055)
    return np.clip(srgb * 255 + 0.5, 0, 255).astype(np.uint8)
