"""Scenes ─► training batches: random crop, zoom, turn, mirror and aspect; cheap faults of colour, noise, blur and JPEG.

The coordinates that the network gets are the crop's own, as if the crop were the whole photo.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.network import coordinates

U8, F16, F32 = NDArray[np.uint8], NDArray[np.float16], NDArray[np.float32]
Draw = Callable[[np.random.Generator], tuple[U8, F16]]

SIZES = (
    ((192, 256), 0.42),
    ((160, 224), 0.1),
    ((192, 288), 0.12),
    ((160, 288), 0.1),
    ((224, 224), 0.08),
    ((256, 192), 0.12),
    ((224, 288), 0.06),
)
SMALL = (((96, 128), 0.5), ((96, 160), 0.2), ((96, 96), 0.08), ((128, 96), 0.12), ((128, 128), 0.1))
MIDDLE = (((128, 160), 0.4), ((128, 192), 0.28), ((128, 224), 0.08), ((160, 160), 0.1), ((160, 128), 0.14))
TURN = math.radians(4)  # about one picture in three is level
ZOOM = 0.6  # the tightest crop
NOISE = np.random.default_rng(0).normal(0, 1, 1 << 20).astype(np.float32)


def one_of(sizes: tuple[tuple[tuple[int, int], float], ...], rng: np.random.Generator) -> tuple[int, int]:
    """A size, as often as its share says."""
    shares = np.array([share for _, share in sizes])
    return sizes[int(rng.choice(len(sizes), p=shares / shares.sum()))][0]


def batch(draw: Draw, count: int, rng: np.random.Generator, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Pictures with coordinates (N, 5, H, W), channels last, and the truth (N, H/2, W/2)."""
    height, width = size
    inputs = np.empty((count, height, width, 5), np.float32)
    inputs[..., 3:] = coordinates(height, width).permute(1, 2, 0).numpy()
    truth = np.empty((count, height // 2, width // 2), np.float32)
    for k in range(count):
        picture, depth = draw(rng)
        way = placed(picture.shape[:2], (height, width), rng)
        inputs[k, ..., :3] = faulty(cut(picture, way, (height, width)), rng)
        truth[k] = cut_truth(depth, way, (height, width))
    inputs[..., :3] /= 255
    return torch.from_numpy(inputs).permute(0, 3, 1, 2), torch.from_numpy(truth)


def placed(source: tuple[int, int], target: tuple[int, int], rng: np.random.Generator) -> F32:
    """The 2x3 matrix from a crop's pixels (corners at 0) to the source's: a random window, perhaps turned and mirrored."""
    height, width = target
    fit = min(source[0] / height, source[1] / width)  # the largest crop of this aspect
    scale = fit * (1.0 if rng.random() < 0.25 else rng.uniform(ZOOM, 1.0))
    turn = rng.normal(0, TURN / 2) if rng.random() < 0.65 else 0.0
    turn = float(np.clip(turn, -2 * TURN, 2 * TURN))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    c, s = scale * math.cos(turn), scale * math.sin(turn)
    matrix = np.array([[c * mirror, -s], [s * mirror, c]])
    reach = scale * np.array([width, height]) / 2
    room = np.maximum(np.array([source[1], source[0]]) / 2 - reach, 0)
    middle = np.array([source[1], source[0]]) / 2 + rng.uniform(-1, 1, 2) * room
    return np.hstack([matrix, (middle - matrix @ (np.array([width, height]) / 2))[:, None]]).astype(np.float32)


def at_centres(way: F32, step: int) -> F32:
    """The matrix for OpenCV, whose whole numbers are pixel centres, when the target's pixels are `step` wide."""
    matrix = way[:, :2] * step
    return np.hstack([matrix, (way[:, 2] + way[:, :2] @ np.full(2, step / 2, np.float32) - 0.5)[:, None]])


def cut(picture: U8, way: F32, size: tuple[int, int]) -> U8:
    """The crop's picture."""
    while np.hypot(way[0, 0], way[1, 0]) > 1.6:  # no aliasing
        picture = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
        way = way / 2
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, at_centres(way, 1), size[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT_101)


def cut_truth(depth: F16, way: F32, size: tuple[int, int]) -> F32:
    """The crop's inverse depth at half its size, nearest pixel (never a mean over an edge); unknown outside the scene."""
    matrix = at_centres(way, 2)
    height, width = size[0] // 2, size[1] // 2
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    column = np.rint(matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]).astype(np.int32)
    row = np.rint(matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]).astype(np.int32)
    inside = (column >= 0) & (row >= 0) & (column < depth.shape[1]) & (row < depth.shape[0])
    flat = np.clip(row, 0, depth.shape[0] - 1) * depth.shape[1] + np.clip(column, 0, depth.shape[1] - 1)
    return np.where(inside, depth.ravel()[flat].astype(np.float32), -1)


def faulty(picture: U8, rng: np.random.Generator) -> U8:
    """What cameras and their files do, a little more of it: tone, white balance, blur, noise, JPEG."""
    if rng.random() < 0.8:
        ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
        gain = np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.06, 3))
        tone = np.clip(ramp ** np.exp(rng.normal(0, 0.22)) * gain, 0, 1)
        contrast = np.exp(rng.normal(0, 0.15))
        tone = (tone - 0.5) * contrast + 0.5 + rng.normal(0, 0.04)
        table = np.clip(tone * 255, 0, 255).astype(np.uint8)[:, None]
        picture = cv2.LUT(picture, table)
    if rng.random() < 0.4:
        keep = float(rng.uniform(0, 1.3))
        grey = (1 - keep) * np.array([0.3, 0.6, 0.1])
        picture = cv2.transform(picture, keep * np.eye(3) + grey[None])
    if rng.random() < 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.4)))
    if rng.random() < 0.4:
        start = int(rng.integers(NOISE.size - picture.size))
        grain = NOISE[start : start + picture.size].reshape(picture.shape)
        picture = cv2.addWeighted(picture, 1.0, grain, float(rng.exponential(5)), 0, dtype=cv2.CV_8U)
    if rng.random() < 0.15:
        quality = int(rng.integers(25, 90))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return picture


def real_pairs(folder: Path, longest: int = 400) -> list[tuple[U8, F16]]:
    """NAME.jpg with NAME.npz (inverse_depth, known) pairs that our own multi-view engine measured."""
    pairs = []
    for path in sorted(folder.glob("*.jpg")):
        measured = np.load(path.with_suffix(".npz"))
        depth = np.where(measured["known"], measured["inverse_depth"], -1).astype(np.float32)
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        factor = min(1.0, longest / max(picture.shape[:2]))
        size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        depth = cv2.resize(depth, size, interpolation=cv2.INTER_NEAREST)
        known = depth[depth > 0]
        if known.size:
            pairs.append((picture, np.where(depth > 0, depth / np.median(known), -1).astype(np.float16)))
    return pairs
