"""A picture of a relief from a little to the side: what one photo became, at a glance."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..datatypes import F64, TexturedMesh
from ..images import load_photo
from ..single import Staged
from .png import write_png
from .preview import render_view

WIDTH = 1024
ASIDE, ABOVE = 14.0, 7.0  # degrees around the middle of what is shown
BACK = 0.18  # so much of the usual depth further away than the photo was taken


def write_preview(path: Path, staged: Staged, width: int = WIDTH) -> None:
    """Writes a PNG of the photo's shape."""
    photo = staged.mono.photo
    height = max(round(width * photo.height / photo.width), 1)
    scale = min(1.0, 2 * width / photo.width)
    texture = load_photo(photo, max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
    mesh = staged.relief.mesh
    textured = TexturedMesh(
        mesh=mesh,
        source_vertex=np.arange(len(mesh.vertices), dtype=np.int32),
        uvs=staged.relief.uvs,
        base_colour=texture,
        guessed=np.zeros((1, 1), bool),
    )
    K = staged.mono.K * width / staged.mono.inverse_depth.shape[1]
    K[2, 2] = 1
    write_png(path, render_view(textured, _aside(staged), K, width, height))


def _aside(staged: Staged) -> F64:
    """cam_from_world of a camera that went around the usual depth."""
    seen = staged.mono.inverse_depth[~staged.mono.sky]
    pivot = 1 / float(np.median(seen)) if seen.size else 4.0
    turn = cv2.Rodrigues(np.radians([ABOVE, 0.0, 0.0]))[0] @ cv2.Rodrigues(np.radians([0.0, ASIDE, 0.0]))[0]
    middle = np.array([0.0, 0.0, pivot])
    shift = middle * (1 + BACK) - turn @ middle
    rotation, translation = staged.cam_from_world[:, :3], staged.cam_from_world[:, 3]
    return np.concatenate([turn @ rotation, (turn @ translation + shift)[:, None]], 1)
