"""Up, ground, subject and scale, on cameras and points that are made up."""

from __future__ import annotations

import numpy as np
import pytest

from engine.poses.upright import camera_centres, place, up_from_cameras
from tests.synthetic import look_at


def ring(count: int, height: float, arc: float = 360.0, target: tuple[float, float, float] = (0, 0, 0.2)) -> np.ndarray:
    angles = np.radians(np.linspace(0, arc, count, endpoint=False))
    eyes = np.stack([2 * np.cos(angles), 2 * np.sin(angles), np.full(count, height)], 1)
    return np.array([look_at(eye, np.array(target)) for eye in eyes])


def floor_and_subject(rng: np.random.Generator, floor: int = 600) -> np.ndarray:
    ground = np.concatenate([rng.uniform(-1.5, 1.5, (floor, 2)), rng.normal(0, 0.002, (floor, 1))], 1)
    subject = rng.uniform([-0.2, -0.2, 0.0], [0.2, 0.2, 0.4], (400, 3))
    return np.concatenate([ground, subject])


def unknown_frame(poses: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The same scene in a frame that leans, lies elsewhere and has another unit."""
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    scale, shift = 3.7, rng.standard_normal(3) * 5
    moved = scale * points @ turn.T + shift
    rotation = poses[:, :, :3] @ turn.T
    translation = scale * poses[:, :, 3] - rotation @ shift
    return np.concatenate([rotation, translation[:, :, None]], 2), moved


def truth_in_placed(poses: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Camera centres and points of the scene after placing it from an unknown frame."""
    moved_poses, moved = unknown_frame(poses, points, rng)
    p = place(moved_poses, moved)
    assert np.linalg.det(p.rotation) == pytest.approx(1)
    to_world = p.scale * p.rotation
    return camera_centres(moved_poses) @ to_world.T + p.shift, moved @ to_world.T + p.shift


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_floor_becomes_z_zero_and_the_subject_stands_on_the_origin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres, points = truth_in_placed(ring(12, 1.2), floor_and_subject(rng), rng)
    assert np.abs(points[:600, 2]).max() < 0.01
    assert 0.15 < points[600:, 2].max() < 0.25  # 0.4 high at a distance of about 2.2
    assert np.abs(points[600:, :2].mean(0)).max() < 0.02
    assert centres[:, 2].min() > 0.4
    assert np.median(np.linalg.norm(centres - [0, 0, 0.2 / 2.24], axis=1)) == pytest.approx(1, abs=0.02)


def test_the_first_photo_looks_along_y() -> None:
    rng = np.random.default_rng(5)
    centres, _ = truth_in_placed(ring(12, 1.2), floor_and_subject(rng), rng)
    assert centres[0, 1] < -0.7
    assert abs(centres[0, 0]) < 0.02


def test_without_a_floor_the_lowest_point_is_the_ground() -> None:
    rng = np.random.default_rng(1)
    subject = rng.uniform([-0.3, -0.3, 0.05], [0.3, 0.3, 0.6], (1500, 3))
    _, points = truth_in_placed(ring(16, 0.9), subject, rng)
    assert -0.02 < np.percentile(points[:, 2], 1) < 0.02
    assert points[:, 2].max() > 0.2


def test_the_top_of_a_plinth_is_no_ground() -> None:
    """A turntable before a plain backdrop: the largest plane is a part of the subject."""
    rng = np.random.default_rng(8)
    top = np.concatenate([rng.uniform(-0.2, 0.2, (500, 2)), np.full((500, 1), 0.1)], 1)
    sides = rng.uniform([-0.2, -0.2, 0.0], [0.2, 0.2, 0.1], (80, 3))
    bust = rng.uniform([-0.15, -0.15, 0.1], [0.15, 0.15, 0.5], (700, 3))
    _, points = truth_in_placed(ring(16, 0.9), np.concatenate([top, sides, bust]), rng)
    assert -0.02 < points[500:580, 2].min() < 0.005
    assert 0.02 < points[:500, 2].mean() < 0.07


def test_a_wall_behind_the_subject_is_no_ground() -> None:
    rng = np.random.default_rng(2)
    wall = np.stack([rng.normal(0, 0.002, 800) - 1.0, rng.uniform(-2, 2, 800), rng.uniform(0, 2, 800)], 1)
    subject = rng.uniform([-0.2, -0.2, 0.0], [0.2, 0.2, 0.4], (400, 3))
    moved_poses, moved = unknown_frame(ring(9, 0.7, arc=90), np.concatenate([wall, subject]), rng)
    placement = place(moved_poses, moved)
    up = moved_poses[0, :, :3].T @ ring(1, 0.7)[0, :, :3] @ np.array([0, 0, 1.0])
    assert placement.up_from == "cameras"
    assert np.degrees(np.arccos(placement.rotation[2] @ up)) < 1


@pytest.mark.parametrize("roll", [90.0, 180.0])
def test_a_few_photos_held_otherwise_do_not_tip_the_world(roll: float) -> None:
    poses = ring(12, 1.0)
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    for i in (2, 7):
        poses[i] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ poses[i]
    assert np.degrees(np.arccos(up_from_cameras(poses[:, :, :3])[2])) < 3


def test_a_straight_walk_past_a_wall_keeps_up_up() -> None:
    """All right axes are the same, so they alone cannot tell up."""
    eyes = np.stack([np.linspace(0, 3, 8), np.full(8, -2.0), np.full(8, 1.5)], 1)
    poses = np.array([look_at(eye, eye + np.array([0, 1.0, 0])) for eye in eyes])
    rng = np.random.default_rng(0)
    wall = np.stack([rng.uniform(-1, 4, 900), rng.normal(0, 0.01, 900), rng.uniform(0, 3, 900)], 1)
    moved_poses, moved = unknown_frame(poses, wall, rng)
    placement = place(moved_poses, moved)
    up = moved_poses[0, :, :3].T @ poses[0, :, :3] @ np.array([0, 0, 1.0])
    assert np.degrees(np.arccos(np.clip(placement.rotation[2] @ up, -1, 1))) < 1
    assert not placement.converging


def test_a_table_with_a_floor_under_it_is_the_ground_when_it_is_what_the_photos_show() -> None:
    rng = np.random.default_rng(3)
    table = floor_and_subject(rng, floor=900)
    floor = np.concatenate([rng.uniform(-2, 2, (40, 2)), np.full((40, 1), -0.8)], 1)
    _, points = truth_in_placed(ring(12, 1.2), np.concatenate([table, floor]), rng)
    assert np.abs(points[:900, 2]).max() < 0.01


def test_a_flight_that_looks_straight_down_lies_flat() -> None:
    """All photos north side up: only the spread of the cameras tells it from a walk along a wall."""
    rng = np.random.default_rng(6)
    down = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])
    eyes = [np.array([x, y, 2.0]) for x in (0, 1, 2) for y in (0, 0.8, 1.6, 2.4)]
    poses = np.array([np.concatenate([down, (-down @ eye)[:, None]], 1) for eye in eyes])
    land = np.concatenate([rng.uniform(-1, 4, (900, 2)), rng.normal(0, 0.02, (900, 1))], 1)
    centres, points = truth_in_placed(poses, land, rng)
    assert np.abs(points[:, 2]).max() < 0.1
    assert centres[:, 2].min() > 0.5
