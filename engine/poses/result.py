"""A solved COLMAP model as the engine's own value, set upright."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pycolmap

from ..datatypes import F64, U8, Camera, CameraModel, Photo, PosedPhoto, Sparse
from .features import Features
from .upright import Placement


def model_poses(model: pycolmap.Reconstruction) -> tuple[list[int], F64]:
    """The photo indices that have a pose, in order, and their cam_from_world (N, 3, 4)."""
    ids = sorted(model.reg_image_ids())
    return [i - 1 for i in ids], np.array([model.images[i].cam_from_world().matrix() for i in ids])


def model_points(model: pycolmap.Reconstruction) -> F64:
    return np.array([model.points3D[i].xyz for i in sorted(model.points3D)], np.float64).reshape(-1, 3)


def to_sparse(
    model: pycolmap.Reconstruction,
    photos: Sequence[Photo],
    features: Sequence[Features],
    placement: Placement,
    unregistered: dict[str, str],
) -> Sparse:
    """The model in the upright world, with colours from the photos."""
    indices, poses = model_poses(model)
    posed = tuple(
        PosedPhoto(
            photo=photos[i], camera_id=int(model.images[i + 1].camera_id), cam_from_world=placed_pose(pose, placement)
        )
        for i, pose in zip(indices, poses, strict=True)
    )
    point, who, pixel, colours = _observations(model, indices, features)
    world = placement.scale * model_points(model) @ placement.rotation.T + placement.shift
    errors = [model.points3D[i].error for i in sorted(model.points3D)]
    return Sparse(
        cameras={n: _camera(model.cameras[n]) for n in sorted({p.camera_id for p in posed})},
        posed=posed,
        points_in_world=world,
        point_colours=_mean_colours(point, colours, len(world)),
        point_errors=np.array(errors, np.float32),
        seen_point=point.astype(np.int32),
        seen_posed=who.astype(np.int32),
        seen_pixel=pixel.astype(np.float32),
        unregistered=unregistered,
    )


def placed_pose(cam_from_world: F64, placement: Placement) -> F64:
    """The same camera in the placed world; lengths in the camera's frame grow with the scale too."""
    rotation = cam_from_world[:, :3] @ placement.rotation.T
    translation = placement.scale * cam_from_world[:, 3] - rotation @ placement.shift
    return np.concatenate([rotation, translation[:, None]], 1)


def _observations(
    model: pycolmap.Reconstruction, indices: list[int], features: Sequence[Features]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Flat and parallel: point, place in `posed`, pixel, colour; sorted by point, then photo."""
    place = {index + 1: k for k, index in enumerate(indices)}
    rows = [
        (number, place[element.image_id], element.image_id - 1, element.point2D_idx)
        for number, point_id in enumerate(sorted(model.points3D))
        for element in model.points3D[point_id].track.elements
    ]
    table = np.array(sorted(rows), np.int64).reshape(-1, 4)
    pixel, colours = np.zeros((len(table), 2), np.float32), np.zeros((len(table), 3), np.uint8)
    for index in indices:
        mine = table[:, 2] == index
        pixel[mine] = features[index].xy[table[mine, 3]]
        colours[mine] = features[index].colours[table[mine, 3]]
    return table[:, 0], table[:, 1], pixel, colours


def _mean_colours(point: np.ndarray, colours: np.ndarray, count: int) -> U8:
    seen = np.maximum(np.bincount(point, minlength=count), 1)
    channels = [np.bincount(point, colours[:, c].astype(np.float64), minlength=count) / seen for c in range(3)]
    return np.stack(channels, 1).round().astype(np.uint8)


def _camera(camera: pycolmap.Camera) -> Camera:
    return Camera(
        model=CameraModel(camera.model.name),
        width=int(camera.width),
        height=int(camera.height),
        params=tuple(float(p) for p in camera.params),
    )
