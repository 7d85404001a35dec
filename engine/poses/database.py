"""What COLMAP's mappers read: a database of cameras, photos, keypoints and verified matches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pycolmap

from .features import Features
from .lenses import Lenses
from .verify import Pair


def write_database(path: Path, lenses: Lenses, features: Sequence[Features], pairs: Sequence[Pair]) -> None:
    """A new database; photo i gets image id i + 1 and a name of digits, so that no photo's own name can upset it."""
    path.unlink(missing_ok=True)
    with pycolmap.Database.open(path) as database, pycolmap.DatabaseTransaction(database):
        for number, camera in lenses.cameras.items():
            database.write_camera(camera, use_camera_id=True)
            rig = pycolmap.Rig(rig_id=number)
            rig.add_ref_sensor(camera.sensor_id)
            database.write_rig(rig, use_rig_id=True)
        for index, (number, found) in enumerate(zip(lenses.group, features, strict=True)):
            image = pycolmap.Image(name=f"{index:06d}", camera_id=number, image_id=index + 1)
            database.write_image(image, use_image_id=True)
            frame = pycolmap.Frame(frame_id=index + 1, rig_id=number)
            frame.add_data_id(image.data_id)
            database.write_frame(frame, use_frame_id=True)
            database.write_keypoints(index + 1, lenses.solver_xy(index, found))
        for pair in pairs:
            database.write_two_view_geometry(pair.first + 1, pair.second + 1, pair.geometry)
