"""Depth's edges on the photo's edges, measured against the truth of made-up pictures; nothing is made up on flat surfaces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.edges import guided, judge
from engine.mono.guess import Guess
from engine.mono.refine import enlarged, refined, refined_share
from engine.mono.sides import sides_of
from engine.mono.skies import split_sky
from tests.cutouts import as_network, make_scene

ROOT = Path(__file__).resolve().parents[2]


def test_edges_come_much_nearer_to_the_true_ones() -> None:
    for seed in (1, 2):
        scene = make_scene(seed, 800, 600)
        coarse = as_network(scene.inverse_depth, seed)
        plain, usual, ours = (
            judge(scene, result)
            for result in (enlarged(coarse, 800, 600), guided(coarse, scene.picture), refined(coarse, scene.picture))
        )
        assert ours.displacement < 0.35 * plain.displacement and ours.displacement < 0.8 * usual.displacement
        assert ours.flying < 0.2 * plain.flying and ours.flying < 0.04
        assert ours.invented < 1.5 * plain.invented + 0.02


def test_patterns_on_a_slope_leave_no_trace() -> None:
    """A chessboard floor that reaches the horizon, and a wall that meets it: no edge of depth anywhere."""
    y, x = np.mgrid[0:480, 0:640]
    board = ((x // 40 + y // 40) % 2 * 180 + 30).astype(np.uint8)
    picture = np.repeat(board[..., None], 3, 2)
    v = (np.arange(144) + 0.5) / 144
    coarse = np.repeat(np.maximum(0.12, 1.5 * (v - 0.45)).astype(np.float32)[:, None], 192, 1)
    assert sides_of(coarse) is None
    result = refined(coarse, picture)
    truth = np.maximum(0.12, 1.5 * ((np.arange(480) + 0.5) / 480 - 0.45))
    assert np.abs(result - truth[:, None]).max() < 0.01
    assert np.ptp(result[:, 20:-20], axis=1).max() < 1e-4


def test_no_depth_lies_outside_what_the_network_said() -> None:
    scene = make_scene(3, 640, 480)
    coarse = as_network(scene.inverse_depth, 3)
    result = refined(coarse, scene.picture)
    assert result.dtype == np.float32 and np.isfinite(result).all()
    assert result.min() >= coarse.min() * 0.99 and result.max() <= coarse.max() * 1.01


def test_any_size_and_any_map() -> None:
    rng = np.random.default_rng(0)
    for shape, small in (
        ((64, 64), (32, 32)),
        ((70, 900), (16, 192)),
        ((251, 333), (300, 400)),
        ((64, 64), (200, 200)),
    ):
        picture = rng.integers(0, 255, (*shape, 3), dtype=np.uint8)
        for coarse in (rng.random(small), np.zeros(small), np.ones(small)):
            result = refined(coarse.astype(np.float32), picture)
            assert result.shape == shape and np.isfinite(result).all()


def test_the_sky_ends_where_the_roof_begins() -> None:
    """A dark, jagged roof before a light sky; the network saw it blurred and a little too low."""
    height, width = 480, 640
    x = np.arange(width)
    roof = (200 + 60 * np.abs((x / 90) % 1 - 0.5) + np.where((x > 300) & (x < 330), -80, 0)).astype(int)
    sky = np.arange(height)[:, None] < roof
    rng = np.random.default_rng(1)
    picture = np.where(sky[..., None], (190, 210, 240), (90, 70, 60)) + rng.normal(0, 4, (height, width, 3))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    probability = as_network(np.roll(sky, 3, 0).astype(np.float32), 1)
    share = refined_share(np.clip(probability, 0, 1), picture)
    assert ((share > 0.5) != sky).mean() < 0.002 < ((enlarged(probability, width, height) > 0.5) != sky).mean() / 2
    # what stands before the sky keeps its depth up to its rim
    inverse = np.where(sky, 0.0, 0.5).astype(np.float32)
    guess = Guess(inverse_depth=as_network(inverse, 2), sky=np.clip(probability, 0, 1))
    coarse, found = split_sky(guess, picture)
    assert np.abs(coarse / 0.5 - 1).max() < 0.15
    assert (found == (share > 0.5)).all()


def test_no_sky_no_trouble() -> None:
    picture = np.full((96, 128, 3), 90, np.uint8)
    plane = np.ones((48, 64), np.float32)
    for sky in (None, np.zeros((48, 64), np.float32)):
        coarse, found = split_sky(Guess(inverse_depth=plane, sky=sky), picture)
        assert (coarse == plane).all() and not found.any()
    coarse, found = split_sky(Guess(inverse_depth=plane, sky=plane), picture)
    assert found.all()


def test_a_12_megapixel_photo_stays_within_time_and_memory() -> None:
    """In a process of its own, so that its memory can be told; time is the processor's, on a busy machine too."""
    done = subprocess.run([sys.executable, "-c", _LARGE], cwd=ROOT, capture_output=True, text=True, check=True)
    megabytes, seconds = map(float, done.stdout.split())
    assert megabytes < 800 and seconds < 4


_LARGE = """
import resource, time
import numpy as np, cv2
from tests.cutouts import as_network, make_scene
from engine.mono.refine import refined
scene = make_scene(3, 1000, 750)
coarse = as_network(scene.inverse_depth, 3)
picture = cv2.resize(scene.picture, (4000, 3000), interpolation=cv2.INTER_CUBIC)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
result = refined(coarse, picture)
assert result.shape == (3000, 4000)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, time.process_time() - began)
"""


@pytest.mark.parametrize(("rows", "columns", "is_sky"), [
    (slice(20, 60), slice(4, 30), False),  # a bright patch of a wall
    (slice(0, 40), slice(4, 30), True),  # a gap between roofs
    (slice(20, 80), slice(10, 120), True),  # most of what is seen, below a bough
])  # fmt: skip
def test_a_little_sky_away_from_the_upper_edge_is_a_wall(rows: slice, columns: slice, is_sky: bool) -> None:
    picture = np.full((180, 260, 3), 120, np.uint8)
    sky = np.zeros((90, 130), np.float32)
    sky[rows, columns] = 0.95
    coarse = np.where(sky > 0, 0.1, 1.0).astype(np.float32)
    found = split_sky(Guess(inverse_depth=coarse, sky=sky), picture)
    assert bool(found[1].any()) == is_sky
    if not is_sky:
        assert np.array_equal(found[0], coarse), "it stays as far away as the network has it"
