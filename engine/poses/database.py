"""What COLMAP's mappers read: a database of cameras, photos, keypoints and verified matches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pycolmap

from ..datatypes import FocalSource, Photo
from .features import Features
from .verify import Pair


def camera_groups(photos: Sequence[Photo]) -> list[int]:
    """Per photo the number (from 1) of the camera that it shares with others: same key, and the same size."""
    numbers: dict[tuple[str, int, int], int] = {}
    return [numbers.setdefault((p.camera_key, p.width, p.height), len(numbers) + 1) for p in photos]


def make_cameras(photos: Sequence[Photo]) -> dict[int, pycolmap.Camera]:
    """One lens per group, as the photos' priors say: focal length, centre in the middle, no distortion yet."""
    cameras: dict[int, pycolmap.Camera] = {}
    for number, group in _grouped(photos).items():
        camera = pycolmap.Camera.create_from_model_id(
            number,
            pycolmap.CameraModelId.SIMPLE_RADIAL,
            float(np.median([p.focal_px for p in group])),
            group[0].width,
            group[0].height,
        )
        camera.has_prior_focal_length = all(p.focal_source is not FocalSource.GUESS for p in group)
        cameras[number] = camera
    return cameras


def _grouped(photos: Sequence[Photo]) -> dict[int, list[Photo]]:
    groups: dict[int, list[Photo]] = {}
    for photo, number in zip(photos, camera_groups(photos), strict=True):
        groups.setdefault(number, []).append(photo)
    return groups


def write_database(
    path: Path,
    photos: Sequence[Photo],
    cameras: dict[int, pycolmap.Camera],
    features: Sequence[Features],
    pairs: Sequence[Pair],
) -> None:
    """A new database; photo i gets image id i + 1."""
    path.unlink(missing_ok=True)
    with pycolmap.Database.open(path) as database, pycolmap.DatabaseTransaction(database):
        for number, camera in cameras.items():
            database.write_camera(camera, use_camera_id=True)
            rig = pycolmap.Rig(rig_id=number)
            rig.add_ref_sensor(camera.sensor_id)
            database.write_rig(rig, use_rig_id=True)
        for index, (photo, number, found) in enumerate(zip(photos, camera_groups(photos), features, strict=True)):
            image = pycolmap.Image(name=image_name(index, photo), camera_id=number, image_id=index + 1)
            database.write_image(image, use_image_id=True)
            frame = pycolmap.Frame(frame_id=index + 1, rig_id=number)
            frame.add_data_id(image.data_id)
            database.write_frame(frame, use_frame_id=True)
            database.write_keypoints(index + 1, found.xy)
        for pair in pairs:
            database.write_two_view_geometry(pair.first + 1, pair.second + 1, pair.geometry)


def image_name(index: int, photo: Photo) -> str:
    """A name that no photo's own name can upset: COLMAP only needs it to be unique."""
    return f"{index:06d}"
