"""The made-up scenes that the depth network learns from: their depth is exact, the same number gives the same scene, and they are worth a look."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels.device import open_device
from training.scenes import kinds, render
from training.scenes.builder import BARS, Builder, turn

from .cast import HEIGHT, WIDTH, depth_of


@pytest.fixture(scope="module", autouse=True)
def device() -> None:
    open_device()


@pytest.fixture
def builder() -> Builder:
    b = Builder(np.random.default_rng(1))
    b.camera((0, 0, 1), 0, 0, 0, np.pi / 2)
    return b


def rays() -> tuple[np.ndarray, np.ndarray]:
    """Right and down of each pixel, at one metre's depth and 90° of view."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    return (u - WIDTH / 2) / (WIDTH / 2), (v - HEIGHT / 2) / (WIDTH / 2)


def test_a_floor_and_a_box_lie_where_they_were_put(builder: Builder) -> None:
    look = builder.look()
    builder.box((0, 0, -0.1), (50, 50, 0.1), look)
    builder.box((0, 4.5, 1), (0.5, 0.5, 0.5), look)
    depth = depth_of(builder)
    right, down = rays()
    with np.errstate(divide="ignore"):
        floor = np.where(down > 1 / 40, 1 / down, 0)
    box = (np.abs(right) < 0.5 / 4) & (np.abs(down) < 0.5 / 4)
    assert np.allclose(depth[box], 4.0, atol=1e-3), "a box's face, not its middle"
    near = (floor > 0) & ~box & (floor < 4)
    assert near.sum() > 500
    assert np.allclose(depth[near], floor[near], rtol=1e-3)
    assert (depth[down < -0.2] == 0).all(), "the sky has no depth"


def test_round_shapes_meet_rays_where_the_mathematics_says(builder: Builder) -> None:
    look = builder.look()
    builder.ball((0, 3, 1), 1.0, look)
    right, down = rays()
    d2 = 1 + right**2 + down**2
    root = 9 - 8 * d2  # |t d - c| = 1 with c three metres ahead
    expected = np.where(root > 0, (3 - np.sqrt(np.maximum(root, 0))) / d2, 0)
    assert np.allclose(depth_of(builder), expected, atol=2e-3)
    builder.shapes = 0
    builder.tube((0, 3, 1), 1.0, 0.25, look)
    side = np.abs(down) < 0.05
    flat = 9 - 8 * (1 + right**2)
    expected = np.where(flat > 0, (3 - np.sqrt(np.maximum(flat, 0))) / (1 + right**2), 0)
    assert np.allclose(depth_of(builder)[side], expected[side], atol=2e-3)


def test_a_fence_is_seen_through(builder: Builder) -> None:
    look = builder.look()
    builder.box((0, 3, 1), (3, 0.01, 3), look, None, (BARS, 2.0, 0.5))
    builder.box((0, 8, 1), (20, 0.01, 20), look)
    depth = depth_of(builder)
    fence = np.abs(depth - 2.99) < 0.05
    wall = np.abs(depth - 7.99) < 0.05
    assert (fence | wall).all()
    assert 0.3 < fence.mean() < 0.8


def test_a_camera_that_is_aimed_sees_its_target_in_the_middle(builder: Builder) -> None:
    target = np.array((-2.0, 3.0, 0.5))
    builder.look_at((1, -1, 2), target, 0.2, 1.0)
    builder.ball(target, 0.2, builder.look(), turn(0.3))
    depth = depth_of(builder)
    away = np.linalg.norm(target - (1, -1, 2))
    rows, columns = np.nonzero(depth)
    assert np.allclose([rows.mean() + 0.5, columns.mean() + 0.5], [HEIGHT / 2, WIDTH / 2], atol=0.6)
    assert abs(depth.max() - away) < 0.25


def test_the_same_number_is_the_same_scene_and_others_are_not() -> None:
    once, again = render(np.array([5, 6]), HEIGHT, WIDTH), render(np.array([6, 5]), HEIGHT, WIDTH)
    assert np.array_equal(once.inverse_depth[0], again.inverse_depth[1])
    assert not np.array_equal(once.inverse_depth[0], once.inverse_depth[1])


def test_scenes_are_worth_a_look() -> None:
    """Few are a bare wall, the sky is infinitely far, and pictures are neither black nor white."""
    scenes = render(np.arange(900, 924), HEIGHT, WIDTH)
    assert np.isfinite(scenes.inverse_depth).all()
    assert (scenes.inverse_depth[scenes.sky] == 0).all()
    spread = [np.quantile(one[one > 0], 0.95) / np.quantile(one[one > 0], 0.05) for one in scenes.inverse_depth]
    assert np.median(spread) > 1.8
    levels = scenes.pictures.mean((1, 2, 3))
    assert ((levels > 25) & (levels < 235)).mean() > 0.9
    assert len({kinds.build(seed).shapes for seed in range(20)}) > 10
