"""Made-up photos of rooms and of boxes on a floor, by a camera whose lens and tilt are known; and landscapes, which tell nothing."""

from __future__ import annotations

import cv2
import numpy as np


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """cam_from_world's rotation, degrees. Pitch is upwards, roll is of the picture's content, clockwise."""
    yaw, pitch, roll = np.radians([yaw, pitch, roll])
    level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    about = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    lean = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return lean @ tilt @ level @ about


def room(focal: float, rotation: np.ndarray, seed: int, width: int = 800, height: int = 600) -> np.ndarray:
    """Inside a room with tiles, boards, a window and things that stand square; noise on it."""
    rng = np.random.default_rng(seed)
    rays = _rays(focal, width, height) @ rotation
    low, high = np.array([-2.4, -1.5, -1.3]), np.array([2.1, 5.0, 1.3])
    with np.errstate(divide="ignore"):
        t = np.where(rays > 0, high / rays, low / rays)
    wall = t.argmin(2)
    points = rays * t.min(2)[..., None]
    colours = rng.uniform(60, 220, (6, 3))
    side = wall + 3 * (np.take_along_axis(rays, wall[..., None], 2)[..., 0] > 0)
    picture = colours[side]
    for i in range(6):
        axes = [a for a in range(3) if a != i % 3]
        a, b = points[..., axes[0]], points[..., axes[1]]
        step = rng.uniform(0.35, 0.7, 2)
        lines = (np.abs(a / step[0] - np.round(a / step[0])) < 0.04) | (
            np.abs(b / step[1] - np.round(b / step[1])) < 0.04
        )
        picture = np.where((side == i)[..., None] & lines[..., None], colours[i] * 0.55, picture)
    return _photo(picture, rng)


def landscape(seed: int, width: int = 800, height: int = 600) -> np.ndarray:
    """Hills, clouds, grass: edges everywhere, and none of them straight for long."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([150 + 60 * y / height, 170 + 50 * y / height, np.full((height, width), 230.0)], 2)
    for layer in range(4):
        ridge = height * (0.4 + 0.13 * layer) + sum(
            rng.uniform(5, 40 / (k + 1)) * np.sin(x * (k + 1) * rng.uniform(3, 9) / width + rng.uniform(0, 7))
            for k in range(8)
        )
        grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 1 + layer)
        ground = np.array([60 + 20 * layer, 110 - 10 * layer, 50]) * (1 + 0.6 * (grain / grain.std() * 0.3))[..., None]
        picture = np.where((y > ridge)[..., None], ground, picture)
    return _photo(picture, rng)


def _rays(focal: float, width: int, height: int) -> np.ndarray:
    v, u = np.mgrid[0:height, 0:width] + 0.5
    return np.stack([(u - width / 2) / focal, (v - height / 2) / focal, np.ones_like(u)], 2)


def _photo(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.8)
    return np.clip(soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)
