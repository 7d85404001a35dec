"""Renders a camera move over the layers, without Blender: to an MP4, or to PNG frames where no encoder is to be had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, U8
from ..kernels.shade import paint
from ..report import Report
from ..settings import MoveSettings
from ..single import Layer, MonoDepth, Staged
from .frame import to_camera
from .moves import frame_count, path

# MPEG-4 part 2: the one encoder that OpenCV's wheels have on every system (H.264's is not free to ship)
CODEC = "mp4v"
SHARPER = 1.25  # texels per pixel of the film: a finer texture would shimmer, a coarser one blur


@dataclass(frozen=True)
class View:
    """A layer as the renderer wants it."""

    points: F64  # (V, 3) in world
    faces: I32
    texels: F32  # (V, 2)
    texture: F32  # (h, w, 4) linear in the file's own values, colour times alpha, and alpha


def ready(layers: Sequence[Layer], side: int) -> list[View]:
    """Layers for pictures whose longer side is `side`."""
    views = []
    for layer in layers:
        height, width = layer.colour.shape[:2]
        texture = layer.colour.astype(np.float32) / 255
        texture[..., :3] *= texture[..., 3:]
        scale = min(1.0, SHARPER * side / max(height, width))
        if scale < 1:
            size = (max(round(width * scale), 1), max(round(height * scale), 1))
            texture = cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
        h, w = texture.shape[:2]
        uvs = layer.surface.uvs
        texels = np.stack([uvs[:, 0] * w, (1 - uvs[:, 1]) * h], 1).astype(np.float32)
        mesh = layer.surface.mesh
        views.append(View(mesh.vertices.astype(np.float64), mesh.faces, texels, np.ascontiguousarray(texture)))
    return views


def draw(views: Sequence[View], cam_from_world: F64, K: F64, size: tuple[int, int]) -> F32:
    """(H, W, 4): the layers one over the other, colour times alpha, and alpha."""
    picture = np.zeros((size[1], size[0], 4), np.float32)
    for view in views:
        if not len(view.faces):
            continue
        cam = to_camera(view.points, cam_from_world)
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = cam[:, :2] / cam[:, 2:] * [K[0, 0], K[1, 1]] + K[:2, 2]
        paint(pixels, cam[:, 2], view.texels, view.faces, view.texture, picture)
    return picture


def lens(mono: MonoDepth, size: tuple[int, int], zoom: float = 1.0) -> F64:
    """The camera matrix for a picture of that size (width, height), closed in by `zoom` around its middle."""
    height, width = mono.inverse_depth.shape
    K = mono.K.copy()
    K[0] *= size[0] / width
    K[1] *= size[1] / height
    K[0, 0] *= zoom
    K[1, 1] *= zoom
    K[0, 2] = size[0] / 2 + (K[0, 2] - size[0] / 2) * zoom
    K[1, 2] = size[1] / 2 + (K[1, 2] - size[1] / 2) * zoom
    return np.asarray(K, np.float64)


def film_size(staged: Staged, settings: MoveSettings) -> tuple[int, int]:
    """(width, height): even numbers, as encoders want them; an upright photo's longer side is what a lying one's would be."""
    height, width = staged.mono.inverse_depth.shape
    scale = settings.height / min(height, width)
    limit = settings.height * 16 / 9 / max(height, width)
    scale = min(scale, max(limit, 0.5 * scale))
    return 2 * max(round(width * scale / 2), 8), 2 * max(round(height * scale / 2), 8)


def frames(staged: Staged, settings: MoveSettings, report: Report) -> Iterator[U8]:
    """(H, W, 3) each, in the order of `moves.path`."""
    size = film_size(staged, settings)
    views = ready(staged.layers, max(size))
    for cam_from_world, zoom in path(staged, settings):
        report.check()
        picture = draw(views, cam_from_world, lens(staged.mono, size, zoom), size)
        yield np.clip(picture[..., :3] * 255 + 0.5, 0, 255).astype(np.uint8)


def encodes(folder: Path, fps: int, size: tuple[int, int]) -> bool:
    """Whether this system's OpenCV can write a film."""
    probe = folder / ".probe.mp4"
    writer = _writer(probe, fps, size)
    try:
        return bool(writer.isOpened())
    finally:
        writer.release()
        probe.unlink(missing_ok=True)


def write_film(target: Path, staged: Staged, settings: MoveSettings, report: Report) -> None:
    """`target` ends in .mp4."""
    writer = _writer(target, settings.fps, film_size(staged, settings))
    try:
        with report.step("film", frame_count(settings), share=1.0) as step:
            for frame in frames(staged, settings, report):
                writer.write(frame[..., ::-1])
                step.advance()
    finally:
        writer.release()


def write_frames(folder: Path, staged: Staged, settings: MoveSettings, report: Report) -> None:
    """0001.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    with report.step("film", frame_count(settings), share=1.0) as step:
        for number, frame in enumerate(frames(staged, settings, report), 1):
            done, data = cv2.imencode(".png", frame[..., ::-1])
            assert done
            (folder / f"{number:04d}.png").write_bytes(data.tobytes())
            step.advance()


def _writer(target: Path, fps: int, size: tuple[int, int]) -> Any:
    return cv2.VideoWriter(str(target), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*CODEC), fps, size)
