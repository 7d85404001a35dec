"""Real photos' measured depth for training: what a multi-view run knows, and nothing that it does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine import storage
from tests.synthetic import make_truth
from training import judge, measured


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run's folder with true depth; half of the first photo is hardly sure, nearly all of the second unknown."""
    truth = make_truth(tmp_path / "photos", count=3, width=240, height=180)
    depths = tmp_path / "run" / ".maquette" / "depth-abc"
    depths.mkdir(parents=True)
    storage.write_sparse(depths.parent / "sparse.npz", truth.sparse(per_view=40))
    first, second, third = truth.depth_maps()
    first.confidence[:, :120] *= 0.2
    second.depth[:, 20:] = 0
    for depth in (first, second, third):
        storage.write_depth(depths / f"{depth.view.name}.npz", depth)
    return tmp_path / "run"


def test_what_is_measured_is_handed_over_and_nothing_else(run: Path, tmp_path: Path, capsys) -> None:
    assert measured.main([str(run), "-o", str(tmp_path / "pairs")]) == 0
    assert "2 pairs" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "pairs").iterdir()) == [
        "run-view_000_jpg.jpg", "run-view_000_jpg.npz", "run-view_002_jpg.jpg", "run-view_002_jpg.npz",
    ]  # fmt: skip
    pair = np.load(tmp_path / "pairs" / "run-view_000_jpg.npz")
    known, inverse = pair["known"], pair["inverse_depth"]
    assert not known[:, :120].any() and known[:, 120:].mean() > 0.4
    true = make_truth(tmp_path / "again", count=3, width=240, height=180).depths[0]
    np.testing.assert_allclose(1 / inverse[known], true[known], rtol=1e-4)
    picture = cv2.imread(str(tmp_path / "pairs" / "run-view_000_jpg.jpg"))
    assert picture.shape[:2] == known.shape


def test_jumps_of_depth_are_left_out(run: Path, tmp_path: Path) -> None:
    measured.main([str(run), "-o", str(tmp_path / "pairs")])
    pair = np.load(tmp_path / "pairs" / "run-view_002_jpg.npz")
    depth = make_truth(tmp_path / "again", count=3, width=240, height=180).depths[2]
    jump = (depth[:, 1:] > 1.2 * depth[:, :-1]) | (depth[:, :-1] > 1.2 * depth[:, 1:])
    assert jump.sum() > 50
    assert not (jump & pair["known"][:, 1:] & pair["known"][:, :-1]).any()
    assert pair["known"].mean() > 0.7 * (depth > 0).mean()


def test_a_folder_without_a_run_is_told(tmp_path: Path, capsys) -> None:
    assert measured.main([str(tmp_path), "-o", str(tmp_path / "pairs")]) == 2
    assert "holds no depth maps" in capsys.readouterr().err


def test_a_network_is_judged_by_what_was_measured(run: Path, tmp_path: Path, capsys) -> None:
    measured.main([str(run), "-o", str(tmp_path / "pairs")])
    assert judge.main([str(tmp_path / "pairs")]) == 0
    assert "2 pictures: abs_rel 0." in capsys.readouterr().out
    truth = np.linspace(0.2, 1.0, 500, dtype=np.float32)
    right = judge.score(3 * truth + 2, truth)  # a scale and a shift are forgiven
    assert right.abs_rel < 1e-5 and right.within_10 == 1

    noise = judge.score(np.random.default_rng(0).random(500).astype(np.float32), truth)
    assert 0.3 < noise.abs_rel < 0.8 and noise.within_25 < 0.5
