"""Products are whole or absent, belong to what they were made from, and survive a rerun; every failing write is said."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from engine import guard
from engine.datatypes import PointCloud, TriMesh
from engine.errors import EngineError, Exit
from engine.workspace import Workspace, key_of, written_aside


def a_mesh() -> TriMesh:
    vertices = np.random.default_rng(0).random((9, 3)).astype(np.float32)
    return TriMesh(
        vertices=vertices, faces=np.arange(9, dtype=np.int32).reshape(3, 3), filled=np.array([0, 1, 0], bool)
    )


def test_a_product_is_found_again_only_with_its_key(tmp_path: Path) -> None:
    mesh = a_mesh()
    Workspace(tmp_path).save_mesh("key", mesh)
    again = Workspace(tmp_path)
    assert again.has("mesh", "key")
    assert not again.has("mesh", "another")
    assert not again.has("cloud", "key")
    loaded = again.load_mesh()
    assert np.array_equal(loaded.vertices, mesh.vertices) and np.array_equal(loaded.filled, mesh.filled)


@pytest.mark.parametrize("damage", ["cut", "gone", "manifest"])
def test_a_damaged_product_is_made_again(tmp_path: Path, damage: str) -> None:
    path = Workspace(tmp_path).save_mesh("key", a_mesh())
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    elif damage == "gone":
        path.unlink()
    else:
        (tmp_path / "manifest.json").write_text('{"mesh": ')
    assert not Workspace(tmp_path).has("mesh", "key")


def test_keys_tell_apart_what_matters() -> None:
    base = np.arange(6, dtype=np.float32)
    keys = [
        key_of(base),
        key_of(base + 1e-6),
        key_of(base.reshape(2, 3)),
        key_of(base.astype(np.float64)),
        key_of("a", "bc"),
        key_of("ab", "c"),
        key_of(["a"], "b"),
        key_of(1, None),
        key_of({"a": 1}),
        key_of({"a": 2}),
    ]
    assert len(set(keys)) == len(keys)
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "model.glb"
    target.write_text("old")
    with pytest.raises(RuntimeError), written_aside(target) as part:
        part.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.glb"]


@pytest.mark.parametrize(
    ("number", "code", "exit_code"),
    [
        (errno.ENOSPC, "disk_full", Exit.RESOURCES),
        (errno.EROFS, "read_only", Exit.ENVIRONMENT),
        (errno.EACCES, "read_only", Exit.ENVIRONMENT),
        (errno.EIO, "write_failed", Exit.ENVIRONMENT),
    ],
)
def test_system_errors_become_sentences(tmp_path: Path, number: int, code: str, exit_code: Exit) -> None:
    with pytest.raises(EngineError) as caught, written_aside(tmp_path / "x"):
        raise OSError(number, os.strerror(number))
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert caught.value.advice and caught.value.file


def test_parts_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    (tmp_path / "depth").mkdir()
    (tmp_path / "depth" / "a.npz.part").write_text("half")
    Workspace(tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with guard.exclusive(tmp_path / "w"):
        with pytest.raises(EngineError) as caught, guard.exclusive(tmp_path / "w"):
            pass
        assert caught.value.code == "busy"
    with guard.exclusive(tmp_path / "w"):
        pass  # released, nothing stale


def test_an_output_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(EngineError) as caught:
        guard.check_folder(tmp_path / "out")
    assert caught.value.exit_code == Exit.INPUT
    assert (tmp_path / "out").read_text() == "mine"


def test_a_cloud_keeps_its_types(tmp_path: Path) -> None:
    n = 5
    cloud = PointCloud(
        points=np.zeros((n, 3), np.float32),
        normals=np.ones((n, 3), np.float32),
        colours=np.full((n, 3), 7, np.uint8),
        support=np.arange(n, dtype=np.int32),
        spacing=np.ones(n, np.float32),
    )
    workspace = Workspace(tmp_path)
    workspace.save_cloud("k", cloud)
    loaded = workspace.load_cloud()
    assert loaded.support.dtype == np.int32 and loaded.colours.dtype == np.uint8
    assert loaded.support.tolist() == [0, 1, 2, 3, 4]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "cameras"
    for content in ("one", "two"):
        with written_aside(target) as part:
            part.mkdir()
            (part / content).write_text(content)
    assert [p.name for p in target.iterdir()] == ["two"]
    with pytest.raises(RuntimeError), written_aside(target) as part:
        part.mkdir()
        raise RuntimeError
    assert [p.name for p in target.iterdir()] == ["two"]
    assert [p.name for p in tmp_path.iterdir()] == ["cameras"]
