"""Is a guessed pose right? The solved points must show up where it says, with their looks; and far more often than beside there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pycolmap

from ..datatypes import F32, F64
from .features import Features

ALIKE = 0.88  # product of two unit descriptors that likely show the same place
NEAR = (10.0, 4.0)  # solver's pixels: in the first look and once the pose is refined
BESIDE = 60.0  # solver's pixels: how far away chance is measured
MIN_HITS = 8  # and this many more than
OVER_CHANCE = 4.0  # times as many as chance brings
MIN_SPREAD = 0.04  # of the photo's diagonal: points in one spot hold no camera


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """The model's points with their mean descriptors."""

    ids: np.ndarray  # (N,)
    xyz: F64  # (N, 3)
    looks: F32  # (N, 128), of length one


@dataclass(frozen=True, kw_only=True)
class Proved:
    """A pose and the keypoints that show the model's points: parallel `keypoint` and `landmark` indices."""

    cam_from_world: pycolmap.Rigid3d
    keypoint: np.ndarray
    landmark: np.ndarray


def landmarks_of(model: pycolmap.Reconstruction, features: Sequence[Features]) -> Landmarks:
    """All points, each with the mean look of its observations."""
    ids = sorted(model.points3D)
    place = {point_id: n for n, point_id in enumerate(ids)}
    looks = np.zeros((len(ids), 128), np.float32)
    for image_id in model.reg_image_ids():
        points2D = model.images[image_id].points2D
        seen = [(k, place[p.point3D_id]) for k, p in enumerate(points2D) if p.has_point3D()]
        if seen:
            keypoint, landmark = np.array(seen).T
            np.add.at(looks, landmark, features[image_id - 1].unit()[keypoint])
    looks /= np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-6)
    xyz = np.array([model.points3D[i].xyz for i in ids], np.float64).reshape(-1, 3)
    return Landmarks(ids=np.array(ids), xyz=xyz, looks=looks)


def prove(guess: pycolmap.Rigid3d, camera: pycolmap.Camera, xy: F32, looks: F32, landmarks: Landmarks) -> Proved | None:
    """The refined pose with all that speaks for it; None where chance would explain as much."""
    pose = guess
    for radius in NEAR:
        keypoint, landmark = _hits(pose, camera, xy, looks, landmarks, radius, (0.0, 0.0))
        if len(keypoint) < MIN_HITS:
            return None
        refined = pycolmap.refine_absolute_pose(
            pose, xy[keypoint].astype(np.float64), landmarks.xyz[landmark], np.ones(len(keypoint), bool), camera
        )
        if refined is None:
            return None
        pose = refined["cam_from_world"]
    keypoint, landmark = _hits(pose, camera, xy, looks, landmarks, NEAR[-1], (0.0, 0.0))
    around = [(BESIDE, 0.0), (-BESIDE, 0.0), (0.0, BESIDE), (0.0, -BESIDE)]
    chance = float(np.mean([len(_hits(pose, camera, xy, looks, landmarks, NEAR[-1], aside)[0]) for aside in around]))
    spread = np.linalg.norm(xy[keypoint].std(0)) if len(keypoint) else 0.0
    wide = spread >= MIN_SPREAD * float(np.hypot(camera.width, camera.height))
    if len(keypoint) < MIN_HITS + OVER_CHANCE * chance or not wide:
        return None
    return Proved(cam_from_world=pose, keypoint=keypoint, landmark=landmark)


def _hits(
    pose: pycolmap.Rigid3d,
    camera: pycolmap.Camera,
    xy: F32,
    looks: F32,
    landmarks: Landmarks,
    radius: float,
    aside: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints that lie within `radius` of where a point should be and look like it; one per point and per keypoint."""
    in_camera = landmarks.xyz @ pose.matrix()[:, :3].T + pose.matrix()[:, 3]
    front = np.nonzero(in_camera[:, 2] > 1e-6)[0]
    pixel = np.asarray(camera.img_from_cam(in_camera[front]), np.float64).reshape(-1, 2) + aside
    inside = ((pixel >= 0) & (pixel < [camera.width, camera.height])).all(1)
    front, pixel = front[inside], pixel[inside]
    found = []
    order = np.argsort(xy[:, 0])
    left = np.searchsorted(xy[order, 0], pixel[:, 0] - radius)
    right = np.searchsorted(xy[order, 0], pixel[:, 0] + radius)
    for landmark, at, low, high in zip(front, pixel, left, right, strict=True):
        near = order[low:high]
        near = near[np.square(xy[near] - at).sum(1) <= radius * radius]
        if len(near):
            alike = looks[near] @ landmarks.looks[landmark]
            best = int(alike.argmax())
            if alike[best] >= ALIKE:
                found.append((float(alike[best]), int(near[best]), int(landmark)))
    found.sort(reverse=True)
    _, first = np.unique([f[1] for f in found], return_index=True)  # a keypoint shows one point: the most alike
    return np.array([found[i][1] for i in first], int), np.array([found[i][2] for i in first], int)
