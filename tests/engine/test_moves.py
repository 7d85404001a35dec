"""Camera moves: smooth, within what is safe, seamless where looped, and the same numbers every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.relief.moves import frame_count, path
from engine.settings import Move, MoveSettings
from engine.single import Staged
from tests.staged import make_stage


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return make_stage(Path(tmp_path_factory.mktemp("stage")))


def centres(poses: list) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([-pose[:, :3].T @ pose[:, 3] for pose, _ in poses])


@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize("loop", [True, False])
def test_every_move_stays_within_what_is_safe_and_uses_it(staged: Staged, move: Move, loop: bool) -> None:
    settings = MoveSettings(move=move, loop=loop)
    poses = path(staged, settings)
    assert len(poses) == frame_count(settings) == 96
    at = centres(poses)  # the made-up camera stands level at the origin: x right, y forward, z up
    used = np.hypot(at[:, 0], at[:, 2]) / staged.sway + np.abs(at[:, 1]) / staged.push
    assert used.max() <= 1 + 1e-9
    assert used.max() > 0.6
    for pose, zoom in poses:
        assert np.allclose(pose[:, :3] @ pose[:, :3].T, np.eye(3)) and np.linalg.det(pose[:, :3]) > 0
        assert 1 <= zoom < 1.3
    steps = np.linalg.norm(np.diff(at, axis=0), axis=1)
    assert steps.max() < 0.2 * max(staged.sway, staged.push)  # no jump


@pytest.mark.parametrize("move", list(Move))
def test_a_loop_leads_back_to_its_start(staged: Staged, move: Move) -> None:
    poses = path(staged, MoveSettings(move=move, loop=True))
    at = centres(poses)
    steps = np.linalg.norm(np.diff(at, axis=0), axis=1)
    assert np.linalg.norm(at[0] - at[-1]) <= steps.max() * 1.5 + 1e-12
    zooms = [zoom for _, zoom in poses]
    assert abs(zooms[0] - zooms[-1]) < 0.01
    assert np.linalg.norm(at[1:] - at[0], axis=1).max() > 5 * steps.max()  # it went somewhere in between


def test_an_orbit_keeps_its_pivot_in_place(staged: Staged) -> None:
    pivot = staged.cam_from_world[:, :3].T @ [0, 0, staged.pivot]
    for pose, _ in path(staged, MoveSettings(move=Move.ORBIT)):
        seen = pose[:, :3] @ pivot + pose[:, 3]
        assert np.abs(seen[:2]).max() < 1e-9
        assert np.abs(seen[2] / staged.pivot - 1) < 0.02


def test_amplitude_scales_and_zero_stands_still(staged: Staged) -> None:
    full = centres(path(staged, MoveSettings(move=Move.ORBIT)))
    half = centres(path(staged, MoveSettings(move=Move.ORBIT, amplitude=0.5)))
    assert np.allclose(half, full / 2)
    for move in Move:
        for pose, zoom in path(staged, MoveSettings(move=move, amplitude=0.0)):
            assert np.allclose(pose, staged.cam_from_world) and zoom == 1


def test_a_hand_is_unsteady_but_repeats(staged: Staged) -> None:
    settings = MoveSettings(move=Move.HANDHELD, loop=False)
    one, same = centres(path(staged, settings)), centres(path(staged, settings))
    other = centres(path(staged, replace(settings, seed=2)))
    assert np.array_equal(one, same) and np.abs(one - other).max() > 0.1 * staged.sway
    speed = np.diff(one[:, 0])
    assert 2 <= (np.diff(np.sign(speed)) != 0).sum() <= 30  # it turns round now and then, and does not tremble
