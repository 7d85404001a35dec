"""One set of cameras in two worlds: the transform between them, in spite of noise and of cameras that went astray."""

from __future__ import annotations

import numpy as np
import pytest

from engine.alignment import target_from_source

RNG_SEED = 5


def cameras(rng: np.random.Generator, count: int) -> np.ndarray:
    """(N, 4, 4) placements, turned anyhow."""
    out = np.tile(np.eye(4), (count, 1, 1))
    out[:, :3, :3] = [turn(rng) for _ in range(count)]
    out[:, :3, 3] = rng.standard_normal((count, 3))
    return out


def turn(rng: np.random.Generator) -> np.ndarray:
    q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return q * np.sign(np.linalg.det(q))


def similarity(rng: np.random.Generator, scale: float) -> np.ndarray:
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = scale * turn(rng), 10 * rng.standard_normal(3)
    return out


@pytest.mark.parametrize("count", [2, 5, 40])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 250.0])
def test_exact_cameras_give_the_exact_transform(count, scale):
    rng = np.random.default_rng(RNG_SEED)
    source, truth = cameras(rng, count), similarity(rng, scale)
    assert np.allclose(target_from_source(source, truth @ source), truth, rtol=1e-9, atol=1e-9 * scale)


def test_a_camera_s_own_scale_says_nothing_but_where_it_is_all_there_is():
    rng = np.random.default_rng(RNG_SEED)
    source, truth = cameras(rng, 6), similarity(rng, 4.0)
    target = truth @ source
    target[:, :3, :3] /= 4.0
    assert np.allclose(target_from_source(source, target), truth)
    alone = target_from_source(source[:1], (truth @ source)[:1])
    assert np.allclose(alone, truth)


def test_a_third_of_the_cameras_may_be_anywhere_and_the_others_noisy():
    rng = np.random.default_rng(RNG_SEED)
    source, truth = cameras(rng, 24), similarity(rng, 2.0)
    target = truth @ source
    target[:, :3, 3] += 0.004 * rng.standard_normal((24, 3))
    target[:8] = cameras(rng, 8)
    found = target_from_source(source, target)
    corners = np.array([[x, y, z, 1] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    assert np.abs((found - truth) @ corners.T).max() < 0.02


def test_a_stretched_world_is_led_back_too():
    rng = np.random.default_rng(RNG_SEED)
    source, truth = cameras(rng, 12), similarity(rng, 1.0) @ np.diag([1, 3, 1, 1])
    assert np.allclose(target_from_source(source, truth @ source), truth, atol=1e-5)
