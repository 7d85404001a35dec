"""A made-up turntable with exact truth: the scene's ball and box turn before a still camera and a wall full of texture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.synthetic import Truth, make_truth


@dataclass(frozen=True, kw_only=True)
class Turned:
    """What was photographed. The cameras of `truth` are in the subject's frame, as a solver should find them."""

    folder: Path
    truth: Truth
    subject: tuple[np.ndarray, ...]  # (H, W) bool per photo


def make_turntable(
    folder: Path, *, count: int = 18, width: int = 640, height: int = 480, plain: bool = False
) -> Turned:
    """Writes the photos; their exposure differs by a few per cent. `plain`: the wall has one colour."""
    truth = make_truth(folder / "around", count=count, width=width, height=height, rings=(0.7,))
    rng = np.random.default_rng(11)
    wall = np.full((height, width, 3), 205.0)
    if not plain:
        wall = np.zeros((height, width, 3))
        for cells in (6, 14, 40, 120, 320):
            grid = rng.standard_normal((cells * height // width, cells, 3)).astype(np.float32)
            wall += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * 22
        wall = np.clip(wall + 128, 5, 250)
    photos, subject = folder / "photos", []
    photos.mkdir()
    for view, picture, kind in zip(truth.views, truth.pictures, truth.kinds, strict=True):
        inside = kind >= 1
        mixed = np.where(inside[..., None], picture, wall) * rng.uniform(0.97, 1.03) + rng.normal(0, 1.5, wall.shape)
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0xA405] = round(36 * view.camera.params[0] / width)
        Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8)).save(photos / view.name, quality=92, exif=exif)
        subject.append(inside)
    return Turned(folder=photos, truth=truth, subject=tuple(subject))
