"""The made-up rooms that the depth network learns from: closed, of the size that was asked for, furnished, and seen from within."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels.device import open_device
from training.scenes import purposes
from training.scenes.builder import Builder

from .cast import HEIGHT, WIDTH, depth_of


@pytest.fixture(scope="module", autouse=True)
def device() -> None:
    open_device()


@pytest.mark.parametrize("purpose", [make for make, _ in purposes.PURPOSES], ids=lambda make: make.__name__)
def test_a_room_is_closed_furnished_and_seen_from_a_step_away(purpose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purposes, "PURPOSES", ((purpose, 1.0),))
    reaches, shapes, steps = [], [], []
    for seed in range(6):
        b = Builder(np.random.default_rng(seed))
        purposes.furnished(b)
        depth = depth_of(b)
        assert (depth > 0).all(), "there is no sky in a room"
        assert depth.max() < 30
        reaches.append(np.quantile(depth, 0.95))
        shapes.append(b.shapes)
        steps.append((np.abs(np.diff(np.log(depth), axis=1)) > 0.1).mean())
    assert 1.0 < np.median(reaches) < 12
    assert min(shapes) > 12, "walls alone are no room"
    assert np.median(steps) > 0.003, "something stands before something else"


@pytest.mark.parametrize("end", [(0.7, 3.4, 1.5), (-0.5, 3.0, 0.6), (0.0, 3.0, 1.8)])
def test_a_rod_leads_from_one_point_to_the_other(end: tuple[float, float, float]) -> None:
    b = Builder(np.random.default_rng(1))
    b.camera((0, 0, 1), 0, 0, 0, np.pi / 2)
    start = np.array((0.1, 2.6, 0.9))
    b.rod(start, end, 0.06, b.look())
    depth = depth_of(b)
    for share in (0.1, 0.5, 0.9):
        x, y, z = start + share * (np.array(end) - start)
        row, column = round(HEIGHT / 2 - (z - 1) / y * WIDTH / 2 - 0.5), round(WIDTH / 2 + x / y * WIDTH / 2 - 0.5)
        assert depth[row, column] == pytest.approx(y, abs=0.12)
    away = np.linalg.norm(np.array(end) - start)
    assert (depth > 0).sum() < 40 + 60 * away


def test_the_things_of_one_room_go_together() -> None:
    """Most are painted in a few colours; without that every thing has its own."""

    def usual_distance(settled: bool) -> float:
        found = []
        for seed in range(20):
            b = Builder(np.random.default_rng(seed))
            if settled:
                b.settle()
            colours = np.array([b.colour() for _ in range(30)])
            away = np.linalg.norm(colours[:, None] - colours[None], axis=2) + 9 * np.eye(30)
            found.append(np.median(away.min(1)))
        return float(np.mean(found))

    assert usual_distance(True) < 0.6 * usual_distance(False)
