"""A made-up table with printed markers on it, photographed from around: the true cameras, the true sizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto, Sparse
from engine.geometry import distort, intrinsics
from tests.synthetic import look_at

SIDE, CELLS = 1.2, 3600  # the table: metres, texels
FINE = 2  # rays along a pixel's side
_VALUE = np.arange(256) / 255
_LINEAR = np.where(_VALUE <= 0.04045, _VALUE / 12.92, ((_VALUE + 0.055) / 1.055) ** 2.4).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A marker that lies on the table: its middle in metres, turned by `angle` degrees, `size` is the black square's side."""

    dictionary: int
    number: int
    x: float
    y: float
    size: float
    angle: float = 0.0


def table(markers: list[Printed], seed: int = 2) -> np.ndarray:
    """The table's picture, (CELLS, CELLS) grey, first row at y = +SIDE/2: noise from coarse to fine, markers on white."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((CELLS, CELLS), np.float32)
    for cells in (30, 120, 480, 1200):
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        picture += cv2.resize(grid, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR)
    picture = np.clip(120 + 35 * picture, 0, 255)
    per_metre = CELLS / SIDE
    for marker in markers:
        dictionary = cv2.aruco.getPredefinedDictionary(marker.dictionary)
        cells = dictionary.markerSize + 2
        drawn = cv2.aruco.generateImageMarker(dictionary, marker.number, cells * 40, borderBits=1)
        drawn = np.pad(drawn, 40, constant_values=255)  # the white rim
        # Corners of pixels, not their middles, bound the square.
        scale = marker.size * per_metre / (cells * 40)
        turn = np.radians(marker.angle)
        R = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        middle = np.array([(marker.x + SIDE / 2) * per_metre, (SIDE / 2 - marker.y) * per_metre])
        half = drawn.shape[0] / 2
        shift = middle - R @ [half, half]
        M = np.concatenate([R, (shift + R @ [0.5, 0.5] - 0.5)[:, None]], 1)
        white = cv2.warpAffine(np.full_like(drawn, 255), M, (CELLS, CELLS), flags=cv2.INTER_LINEAR)
        ink = cv2.warpAffine(drawn, M, (CELLS, CELLS), flags=cv2.INTER_AREA)
        picture = np.where(white > 250, ink, picture)
    return picture.astype(np.uint8)


def photograph(
    folder: Path,
    markers: list[Printed],
    *,
    count: int = 6,
    width: int = 880,
    height: int = 660,
    radius: float = 0.9,
    heights: tuple[float, ...] = (0.5, 0.9),
    bend: tuple[float, float, float, float] = (-0.12, 0.03, 0.001, -0.0008),
    noise: float = 2.0,
    scale: float = 1.0,
    turn: np.ndarray | None = None,
) -> Sparse:
    """Photos into `folder`, and their cameras in a world that is `scale` times as large as the real one, and turned."""
    folder.mkdir(parents=True, exist_ok=True)
    focal = 1.1 * width
    camera = Camera(
        model=CameraModel.OPENCV, width=width, height=height,
        params=(focal, focal * 1.002, width / 2 + 4, height / 2 - 3, *bend),
    )  # fmt: skip
    picture, rays, rng = _LINEAR[table(markers)], _rays(camera), np.random.default_rng(5)
    turn = np.eye(3) if turn is None else turn
    posed, exif = [], Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = round(36 * focal / width)  # focal length in 35 mm film
    for i in range(count):
        angle, z = 2 * np.pi * (i + 0.3) / count, heights[i % len(heights)]
        eye = np.array([radius * np.cos(angle), radius * np.sin(angle), z])
        pose = look_at(eye, np.array([0.02, -0.01, 0.0]))
        pixels = _shoot(camera, pose, rays, picture) + rng.standard_normal((height, width)) * noise
        path = folder / f"table_{i:02d}.jpg"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGB").save(path, quality=95, exif=exif)
        rotation = pose[:, :3] @ turn.T
        posed.append(
            PosedPhoto(
                photo=_photo(path, camera),
                camera_id=1,
                cam_from_world=np.concatenate([rotation, scale * pose[:, 3:]], 1),
            )
        )
    points = rng.uniform(-0.4, 0.4, (50, 3)) * [1, 1, 0] @ turn.T * scale
    return Sparse(
        cameras={1: camera}, posed=tuple(posed), points_in_world=points,
        point_colours=np.full((50, 3), 128, np.uint8), point_errors=np.full(50, 0.3, np.float32),
        seen_point=np.zeros(0, np.int32), seen_posed=np.zeros(0, np.int32), seen_pixel=np.zeros((0, 2), np.float32),
    )  # fmt: skip


def _photo(path: Path, camera: Camera) -> Photo:
    return Photo(
        name=path.name, path=path, content_hash=path.stem, width=camera.width, height=camera.height, orientation=1,
        working_width=camera.width, working_height=camera.height, focal_px=camera.params[0],
        focal_source=FocalSource.EXIF_35MM, camera_key="synthetic", sharpness=1.0, brightness=0.5,
    )  # fmt: skip


def _rays(camera: Camera) -> np.ndarray:
    """(N, 3) directions in the camera of FINE x FINE rays a pixel, through the bent lens."""
    K = intrinsics(camera)
    x, y = np.meshgrid((np.arange(camera.width * FINE) + 0.5) / FINE, (np.arange(camera.height * FINE) + 0.5) / FINE)
    bent = np.stack([(x.ravel() - K[0, 2]) / K[0, 0], (y.ravel() - K[1, 2]) / K[1, 1]], 1)
    ideal = bent.copy()
    for _ in range(7):
        ideal -= distort(camera, ideal) - bent
    return np.concatenate([ideal, np.ones((len(ideal), 1))], 1)


def _shoot(camera: Camera, pose: np.ndarray, rays: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The table as a camera sees it: its light is averaged over a pixel, then written as sRGB."""
    rays = rays @ pose[:, :3]
    eye = -pose[:, :3].T @ pose[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        place = eye[:2] + (-eye[2] / rays[:, 2])[:, None] * rays[:, :2]
    place[rays[:, 2] >= -1e-6] = 99
    per_metre = CELLS / SIDE
    shape = (camera.height * FINE, camera.width * FINE)
    at_x = ((place[:, 0] + SIDE / 2) * per_metre - 0.5).astype(np.float32).reshape(shape)
    at_y = ((SIDE / 2 - place[:, 1]) * per_metre - 0.5).astype(np.float32).reshape(shape)
    light = cv2.remap(picture, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0.3)
    light = cv2.resize(light, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
