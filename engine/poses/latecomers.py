"""Photos that the mapper left out, tried again against the finished model.

The mapper places a photo by points that it shares with the model. One that overlaps a single neighbour, in places that no other
photo saw, shares too few: but its matches with that neighbour give its pose up to the length of one step, and a handful of
points give the length. A guess goes in only when it is proved (proof.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pycolmap

from ..datatypes import F32, F64
from ..report import Step
from .features import Features
from .lenses import Lenses
from .matching import mutual_matches
from .proof import Landmarks, Proved, landmarks_of, prove
from .verify import Pair

LOOSE_RATIO = 0.9  # a keypoint against the model's points: the proof sorts out what is wrong
MIN_TIES = 12  # keypoints that show points, for a pose from points alone
MIN_MATCHES = 40  # with a neighbour, for a pose from its matches
MIN_AGREEING = 5  # points that agree on the length of the step from the neighbour
CLOSE = 6.0  # solver's pixels
MIN_ANGLE = 1.5  # degrees, for a new point
MIN_EXPLAINED = 0.5  # of a photo's matches
SURE = 0.9999


def place_latecomers(
    model: pycolmap.Reconstruction,
    features: Sequence[Features],
    lenses: Lenses,
    pairs: Sequence[Pair],
    step: Step,
) -> int:
    """Adds to the model what can be proved, and its new points; each may help the next. The count of those placed."""
    placed, tried_with = 0, -1
    while tried_with != placed:
        tried_with = placed
        landmarks = landmarks_of(model, features)
        for index in range(len(features)):
            if index + 1 in model.images or lenses.group[index] not in model.cameras:  # placed, or dropped for good
                continue
            step.check()
            proved = _place(index, model, features, lenses, pairs, landmarks)
            if proved is not None:
                _add(index, proved, model, features, lenses, pairs, landmarks)
                landmarks = landmarks_of(model, features)
                placed += 1
    return placed


def _place(
    index: int,
    model: pycolmap.Reconstruction,
    features: Sequence[Features],
    lenses: Lenses,
    pairs: Sequence[Pair],
    landmarks: Landmarks,
) -> Proved | None:
    """The guess that most speaks for; it must explain most of the photo's matches too."""
    camera = model.cameras[lenses.group[index]]
    xy, looks = lenses.solver_xy(index, features[index]), features[index].unit()
    guesses = _guesses(index, model, features, lenses, pairs, landmarks)
    proved = (prove(guess, camera, xy, looks, landmarks) for guess in guesses)
    best = max((p for p in proved if p is not None), key=lambda p: len(p.keypoint), default=None)
    if best is None or _explained(index, best, model, features, lenses, pairs) < MIN_EXPLAINED:
        return None
    return best


def _explained(
    index: int,
    proved: Proved,
    model: pycolmap.Reconstruction,
    features: Sequence[Features],
    lenses: Lenses,
    pairs: Sequence[Pair],
) -> float:
    """The share of its matches with placed photos that lie on one another's epipolar lines; 1 where it has none."""
    camera = model.cameras[lenses.group[index]]
    good = total = 0
    for pair in pairs:
        neighbour, mine, theirs = _seen_from(index, pair)
        if neighbour is None or not _is_placed(model, neighbour):
            continue
        image = model.images[neighbour + 1]
        ours = camera.cam_from_img(lenses.solver_xy(index, features[index])[mine].astype(np.float64))
        other = model.cameras[image.camera_id].cam_from_img(
            lenses.solver_xy(neighbour, features[neighbour])[theirs].astype(np.float64)
        )
        other_from_ours = (image.cam_from_world() * proved.cam_from_world.inverse()).matrix()
        good += int((_off_line(other_from_ours, ours, other) * camera.mean_focal_length() < CLOSE).sum())
        total += len(mine)
    return good / total if total else 1.0


def _off_line(second_from_first: F64, first: F64, second: F64) -> F64:
    """How far each point of the second photo lies from the line on which the first's must be, on z = 1."""
    x, y, z = second_from_first[:, 3]
    essential = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ second_from_first[:, :3]
    line = np.c_[first, np.ones(len(first))] @ essential.T
    off: F64 = np.abs((np.c_[second, np.ones(len(second))] * line).sum(1)) / np.maximum(
        np.linalg.norm(line[:, :2], axis=1), 1e-12
    )
    return off


def _guesses(
    index: int,
    model: pycolmap.Reconstruction,
    features: Sequence[Features],
    lenses: Lenses,
    pairs: Sequence[Pair],
    landmarks: Landmarks,
) -> Iterator[pycolmap.Rigid3d]:
    """A pose from points, and one from each neighbour."""
    camera = model.cameras[lenses.group[index]]
    xy = lenses.solver_xy(index, features[index]).astype(np.float64)
    ties = _ties(index, model, features[index], pairs, landmarks)
    if len(ties) >= MIN_TIES:
        found = pycolmap.estimate_and_refine_absolute_pose(xy[ties[:, 0]], landmarks.xyz[ties[:, 1]], camera)
        if found is not None:
            yield found["cam_from_world"]
    rays = camera.cam_from_img(xy)
    for pair in pairs:
        neighbour, mine, theirs = _seen_from(index, pair)
        if neighbour is None or not _is_placed(model, neighbour) or len(mine) < MIN_MATCHES:
            continue
        image = model.images[neighbour + 1]
        their_xy = lenses.solver_xy(neighbour, features[neighbour])[theirs].astype(np.float64)
        step = _direction(model.cameras[image.camera_id].cam_from_img(their_xy), rays[mine], camera.mean_focal_length())
        if step is not None:
            guess = _with_length(step, image.cam_from_world().matrix(), rays, ties, landmarks, camera)
            if guess is not None:
                yield guess


def _seen_from(index: int, pair: Pair) -> tuple[int | None, np.ndarray, np.ndarray]:
    """The other photo of the pair, our keypoints in it and theirs; None where it isn't ours."""
    matches = pair.matches
    if pair.first == index:
        return pair.second, matches[:, 0], matches[:, 1]
    return (pair.first, matches[:, 1], matches[:, 0]) if pair.second == index else (None, matches[:0], matches[:0])


def _is_placed(model: pycolmap.Reconstruction, index: int) -> bool:
    return index + 1 in model.images and model.images[index + 1].has_pose


def _ties(
    index: int, model: pycolmap.Reconstruction, mine: Features, pairs: Sequence[Pair], landmarks: Landmarks
) -> np.ndarray:
    """(N, 2) keypoint and landmark: what the matches lead to, and what looks like one landmark and no other."""
    place = {int(point_id): n for n, point_id in enumerate(landmarks.ids)}
    found = set()
    for pair in pairs:
        neighbour, ours, theirs = _seen_from(index, pair)
        if neighbour is None or not _is_placed(model, neighbour):
            continue
        points2D = model.images[neighbour + 1].points2D
        for keypoint, other in zip(ours, theirs, strict=True):
            if points2D[int(other)].has_point3D():
                found.add((int(keypoint), place[points2D[int(other)].point3D_id]))
    found |= {(int(a), int(b)) for a, b in mutual_matches(mine.unit(), landmarks.looks, LOOSE_RATIO)}
    return np.array(sorted(found), int).reshape(-1, 2)


def _direction(theirs: F64, mine: F64, focal: float) -> tuple[F64, F64] | None:
    """Rotation from the neighbour's frame to ours and the direction of the step, from matches on the cameras' z = 1."""
    essential, inside = cv2.findEssentialMat(
        theirs, mine, np.eye(3), method=cv2.USAC_MAGSAC, prob=SURE, threshold=2 / focal
    )
    if essential is None or essential.shape != (3, 3) or int(inside.sum()) < MIN_MATCHES:
        return None
    front, rotation, step, _ = cv2.recoverPose(essential, theirs, mine, np.eye(3), mask=inside.copy())
    return (rotation, step.ravel()) if front > MIN_MATCHES else None


def _with_length(
    step: tuple[F64, F64],
    neighbour_from_world: F64,
    rays: F64,
    ties: np.ndarray,
    landmarks: Landmarks,
    camera: pycolmap.Camera,
) -> pycolmap.Rigid3d | None:
    """The step's length on which most points agree. Each tie names one: the length that brings its point onto its pixel."""
    if len(ties) < MIN_AGREEING:
        return None
    rotation, along = step
    turned = rotation @ neighbour_from_world[:, :3]
    before = landmarks.xyz[ties[:, 1]] @ turned.T + rotation @ neighbour_from_world[:, 3]
    pixel = rays[ties[:, 0]]
    # (before + length · along) lies on the ray: two equations in one unknown, by least squares
    slope = along[:2] - pixel * along[2]
    offset = pixel * before[:, 2:] - before[:, :2]
    lengths = (slope * offset).sum(1) / np.maximum((slope * slope).sum(1), 1e-12)
    lengths = lengths[np.isfinite(lengths) & (lengths > 0)]
    placed = before[None] + lengths[:, None, None] * along
    depth = np.where(placed[..., 2:] > 1e-6, placed[..., 2:], np.nan)
    error = np.linalg.norm(placed[..., :2] / depth - pixel, axis=-1) * camera.mean_focal_length()
    agree = (np.nan_to_num(error, nan=np.inf) < CLOSE).sum(1)
    if not len(agree) or agree.max() < MIN_AGREEING:
        return None
    best = lengths[int(agree.argmax())]
    return pycolmap.Rigid3d(np.c_[turned, rotation @ neighbour_from_world[:, 3] + best * along])


def _add(
    index: int,
    proved: Proved,
    model: pycolmap.Reconstruction,
    features: Sequence[Features],
    lenses: Lenses,
    pairs: Sequence[Pair],
    landmarks: Landmarks,
) -> None:
    """The photo, what it sees of the model, and new points from its matches with placed photos."""
    xy = lenses.solver_xy(index, features[index])
    image = pycolmap.Image(
        name=f"{index:06d}", keypoints=xy.astype(np.float64), camera_id=lenses.group[index], image_id=index + 1
    )
    model.add_image_with_trivial_frame(image, proved.cam_from_world)
    for keypoint, landmark in zip(proved.keypoint, proved.landmark, strict=True):
        model.add_observation(int(landmarks.ids[landmark]), pycolmap.TrackElement(index + 1, int(keypoint)))
    for pair in pairs:
        neighbour, mine, theirs = _seen_from(index, pair)
        if neighbour is not None and _is_placed(model, neighbour):
            _triangulate(model, (index + 1, mine, xy), (neighbour + 1, theirs, _pixels(lenses, features, neighbour)))


def _pixels(lenses: Lenses, features: Sequence[Features], index: int) -> F32:
    return lenses.solver_xy(index, features[index])


def _triangulate(
    model: pycolmap.Reconstruction, mine: tuple[int, np.ndarray, F32], theirs: tuple[int, np.ndarray, F32]
) -> None:
    """A new point for each match that has none on either side, under a sane angle and close to both pixels."""
    first, second = model.images[mine[0]], model.images[theirs[0]]
    cameras = [model.cameras[first.camera_id], model.cameras[second.camera_id]]
    poses = [first.cam_from_world(), second.cam_from_world()]
    options = pycolmap.EstimateTriangulationOptions()
    options.min_tri_angle = np.radians(MIN_ANGLE)
    for a, b in zip(mine[1], theirs[1], strict=True):
        if first.points2D[int(a)].has_point3D() or second.points2D[int(b)].has_point3D():
            continue
        pixels = np.stack([mine[2][a], theirs[2][b]]).astype(np.float64)
        found = pycolmap.estimate_triangulation(pixels, poses, cameras, options)
        if found is not None and all(found["inliers"]):
            track = pycolmap.Track([pycolmap.TrackElement(mine[0], int(a)), pycolmap.TrackElement(theirs[0], int(b))])
            model.add_point3D(found["xyz"], track)
