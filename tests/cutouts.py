"""Made-up pictures with exact depth: things of many outlines before walls and floors, all of them patterned, so that most edges of
colour are no edges of depth. And what a network would make of their depth: small, blurred, a little beside the edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

FINE = 2  # each pixel's colour is the mean of so many squared


@dataclass(frozen=True)
class Scene:
    """`thing` numbers what each pixel shows, 0 is the background."""

    picture: np.ndarray  # (H, W, 3) uint8
    inverse_depth: np.ndarray  # (H, W) float32
    thing: np.ndarray  # (H, W) int


def make_scene(seed: int, width: int = 1200, height: int = 900) -> Scene:
    """Half a dozen things before a wall on a floor."""
    rng = np.random.default_rng(seed)
    wide, high = width * FINE, height * FINE
    v, u = np.mgrid[0:high, 0:wide].astype(np.float32)
    u, v = (u + 0.5) / high, (v + 0.5) / high  # the picture's height is 1
    floor = np.maximum(v - rng.uniform(0.4, 0.6), 0) * rng.uniform(0.7, 1.2)  # planes are flat in inverse depth
    wall = rng.uniform(0.1, 0.2) + rng.uniform(-0.03, 0.03) * u
    inverse = np.maximum(floor, wall)
    colour = np.where((floor > wall)[..., None], _pattern(rng, u, v), _pattern(rng, u, v))
    thing = np.zeros((high, wide), np.int32)
    near = np.sort(rng.uniform(0.3, 1.0, 6))
    for number, place in enumerate(near, 1):
        inside, bulge = _outline(rng, u, v, wide / high)
        inverse = np.where(inside, place * (1 + rng.uniform(-0.15, 0.15) * (u - v)) + 0.1 * place * bulge, inverse)
        colour = np.where(inside[..., None], _pattern(rng, u, v), colour)
        thing = np.where(inside, number, thing)
    picture = cv2.resize(colour.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    picture = picture * 255 + rng.normal(0, 3, picture.shape)
    half = FINE // 2
    return Scene(
        picture=np.clip(picture, 0, 255).astype(np.uint8),
        inverse_depth=np.ascontiguousarray(inverse[half::FINE, half::FINE], np.float32),
        thing=np.ascontiguousarray(thing[half::FINE, half::FINE]),
    )


def as_network(inverse_depth: np.ndarray, seed: int, side: int = 192, blur: float = 1.0) -> np.ndarray:
    """`side` on the longer one, blurred by so many of its pixels, its edges about half a pixel beside the true ones, uneven by 2 %."""
    rng = np.random.default_rng(seed + 1000)
    scale = side / max(inverse_depth.shape)
    size = (round(inverse_depth.shape[1] * scale), round(inverse_depth.shape[0] * scale))
    small = cv2.GaussianBlur(cv2.resize(inverse_depth, size, interpolation=cv2.INTER_AREA), (0, 0), blur)
    wander = [_noise(rng, size, 8) * 0.7 for _ in range(2)]
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    moved = cv2.remap(small, x + wander[0], y + wander[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved * (1 + 0.02 * _noise(rng, size, 20)), np.float32)


def _noise(rng: np.random.Generator, size: tuple[int, int], wide: float) -> np.ndarray:
    values = cv2.GaussianBlur(rng.standard_normal((size[1], size[0])).astype(np.float32), (0, 0), wide)
    return np.asarray(values / values.std())


def _outline(rng: np.random.Generator, u: np.ndarray, v: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Inside or not, and how far it bulges, 0..1."""
    x, y, size, turn = rng.uniform(0.1, ratio - 0.1), rng.uniform(0.2, 0.9), rng.uniform(0.07, 0.22), rng.uniform(0, 7)
    across = ((u - x) * np.cos(turn) + (v - y) * np.sin(turn)) / size
    down = ((v - y) * np.cos(turn) - (u - x) * np.sin(turn)) / size
    far, angle = np.hypot(across, down), np.arctan2(down, across)
    kind = rng.integers(5)
    if kind == 0:  # a disc
        inside = far < 1
    elif kind == 1:  # a box
        inside = (np.abs(across) < 1) & (np.abs(down) < 0.6)
    elif kind == 2:  # a star
        inside = far < 0.65 + 0.35 * np.cos(5 * angle)
    elif kind == 3:  # a leaf with a wavy rim
        inside = far < 0.8 + 0.12 * np.sin(9 * angle) + 0.1 * np.sin(4 * angle)
    else:  # a post
        inside = (np.abs(across) < 0.12) & (np.abs(down) < 2.5)
    return inside, np.sqrt(np.clip(1 - far**2, 0, 1)) if kind in (0, 3) else np.zeros_like(far)


def _pattern(rng: np.random.Generator, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Two tints in stripes, squares or blotches."""
    first = rng.uniform(0.1, 0.9, 3).astype(np.float32)
    second = np.clip(first + rng.uniform(-0.35, 0.35, 3), 0, 1).astype(np.float32)
    often, turn = rng.uniform(6, 40), rng.uniform(0, 3)
    across, down = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    kind = rng.integers(3)
    if kind == 0:
        share = np.sin(often * across) > 0
    elif kind == 1:
        share = (np.sin(often * across) > 0) ^ (np.sin(often * down) > 0)
    else:
        share = np.sin(often * across) + np.sin(0.7 * often * down + 2 * np.sin(0.3 * often * across))
    mixed = np.clip(np.asarray(share, np.float32)[..., None], 0, 1)
    return first * (1 - mixed) + second * mixed
