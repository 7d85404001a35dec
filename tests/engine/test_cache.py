"""Emptying the folder for models: what can be made again goes; models in use, photos and strangers' files stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import cache, guard


def run_folder(root: Path, name: str, *, finished: bool) -> Path:
    """A run's folder as the engine leaves it, with an artist's own file in it."""
    folder = root / name
    workspace = folder / cache.WORKSPACE
    (workspace / "depth-0123").mkdir(parents=True)
    for path, size in {"depth-0123/a.npz": 1000, "cloud.npz": 500, "sparse.npz": 70, "manifest.json": 2}.items():
        (workspace / path).write_bytes(bytes(size))
    (folder / "notes.txt").write_text("the artist's own", encoding="utf-8")
    if finished:
        (workspace / "textured.npz").write_bytes(bytes(300))
        (folder / "report.json").write_text("{}", encoding="utf-8")
        (folder / "model.glb").write_bytes(bytes(900))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "models"
    run_folder(root, "done", finished=True)
    run_folder(root, "used", finished=True)
    run_folder(root, "broken off", finished=False)
    (root / "photos").mkdir()
    (root / "photos" / "a.jpg").write_bytes(bytes(4000))
    (root / "link").symlink_to(run_folder(tmp_path, "elsewhere", finished=False), target_is_directory=True)
    return root


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and path.name != "lock"}


def test_survey_counts_what_maquette_made(root: Path) -> None:
    found = {kept.folder.name: kept for kept in cache.survey(root)}
    assert set(found) == {"done", "used", "broken off"}
    assert found["done"].finished and not found["broken off"].finished
    assert found["done"].working_bytes == 1500 and found["done"].all_bytes == 1500 + 70 + 2 + 300 + 2 + 900
    assert cache.survey(root / "no such folder") == []


def test_emptying_keeps_results_and_does_what_it_announced(root: Path, tmp_path: Path) -> None:
    before, used = files(root), {(root / "used" / "undistorted" / "a.jpg").resolve()}
    size, tidied, unfinished, models = cache.freed_by(cache.survey(root), used, False)
    assert (tidied, unfinished, models) == (1, 1, 0)
    assert cache.empty(root, used) == size == 1500 + 1572
    gone = before - files(root)
    assert gone == {
        "done/.maquette/depth-0123/a.npz",
        "done/.maquette/cloud.npz",
        *(f"broken off/.maquette/{name}" for name in ("depth-0123/a.npz", "cloud.npz", "sparse.npz", "manifest.json")),
    }
    assert (tmp_path / "elsewhere" / cache.WORKSPACE / "cloud.npz").exists()
    assert cache.empty(root, used) == 0


def test_everything_spares_what_is_in_use_and_what_is_not_ours(root: Path) -> None:
    used = {(root / "used").resolve()}
    size, tidied, unfinished, models = cache.freed_by(cache.survey(root), used, True)
    assert (tidied, unfinished, models) == (0, 1, 1)
    assert cache.empty(root, used, everything=True) == size
    assert {name for name in files(root) if not name.startswith("used/")} == {
        "done/notes.txt",
        "broken off/notes.txt",
        "photos/a.jpg",
    }
    assert (root / "used" / cache.WORKSPACE / "cloud.npz").exists()


def test_a_folder_at_work_is_left_alone(root: Path) -> None:
    with guard.exclusive(root / "done" / cache.WORKSPACE):
        cache.empty(root, (), everything=True)
    assert (root / "done" / "model.glb").exists() and not (root / "used" / "model.glb").exists()
