"""A solved COLMAP model as the engine's own value, set upright."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pycolmap

from ..datatypes import F64, U8, Photo, PosedPhoto, Sparse
from .features import Features
from .lenses import Lenses, full_size
from .upright import Placement, camera_centres

ANGLE_SAMPLES = 1500


def model_poses(model: pycolmap.Reconstruction) -> tuple[list[int], F64]:
    """The photo indices that have a pose, in order, and their cam_from_world (N, 3, 4)."""
    ids = sorted(model.reg_image_ids())
    return [i - 1 for i in ids], np.array([model.images[i].cam_from_world().matrix() for i in ids])


def model_points(model: pycolmap.Reconstruction) -> F64:
    return np.array([model.points3D[i].xyz for i in sorted(model.points3D)], np.float64).reshape(-1, 3)


def median_angle(model: pycolmap.Reconstruction) -> float:
    """The median over the points of the widest angle under which two photos see each, in degrees."""
    indices, poses = model_poses(model)
    centre = dict(zip((i + 1 for i in indices), camera_centres(poses), strict=True))
    ids = sorted(model.points3D)
    angles = []
    for point_id in ids[:: max(1, len(ids) // ANGLE_SAMPLES)]:
        point = model.points3D[point_id]
        rays = point.xyz - np.array([centre[i] for i in sorted({e.image_id for e in point.track.elements})])
        rays /= np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-12)
        angles.append(np.degrees(np.arccos(np.clip((rays @ rays.T).min(), -1, 1))))
    return float(np.median(angles)) if angles else 0.0


def to_sparse(
    model: pycolmap.Reconstruction,
    photos: Sequence[Photo],
    features: Sequence[Features],
    lenses: Lenses,
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
    # Errors are in the solver's pixels; photos of several scales see a point, so their mean serves.
    back = float(np.mean([1 / lenses.scale[i] for i in indices]))
    errors = [model.points3D[i].error * back for i in sorted(model.points3D)]
    first = {int(model.images[i + 1].camera_id): i for i in reversed(indices)}
    return Sparse(
        cameras={n: full_size(model.cameras[n], photos[i], lenses.scale[i]) for n, i in sorted(first.items())},
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
