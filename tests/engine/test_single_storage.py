"""What came of one photo survives its way over the disk, and damage is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.single_storage import read_stage, write_stage
from tests.staged import make_stage


def test_a_stage_comes_back_as_it_went(tmp_path: Path) -> None:
    staged = make_stage(tmp_path)
    write_stage(tmp_path / "stage.npz", staged)
    back = read_stage(tmp_path / "stage.npz")
    assert back.mono.photo == staged.mono.photo
    assert np.array_equal(back.mono.inverse_depth, staged.mono.inverse_depth)
    assert np.array_equal(back.relief.mesh.faces, staged.relief.mesh.faces)
    assert [layer.name for layer in back.layers] == ["back", "front"]
    assert np.array_equal(back.layers[0].invented, staged.layers[0].invented)
    assert back.sun is not None and np.allclose(back.sun, staged.sun)
    assert (back.sway, back.pivot) == (staged.sway, staged.pivot)


def test_a_face_without_vertices_is_refused(tmp_path: Path) -> None:
    staged = make_stage(tmp_path)
    staged.relief.mesh.faces[5, 1] = 10**6
    write_stage(tmp_path / "stage.npz", staged)
    with pytest.raises(ValueError, match="relief"):
        read_stage(tmp_path / "stage.npz")


def test_the_made_up_relief_shows_the_photo_from_its_camera(tmp_path: Path) -> None:
    """The truth that other tests stand on: each vertex projects to where its UV says."""
    staged = make_stage(tmp_path)
    p = staged.relief.mesh.vertices @ staged.cam_from_world[:, :3].T + staged.cam_from_world[:, 3]
    pixel = p[:, :2] / p[:, 2:] * staged.mono.K[0, 0] + staged.mono.K[:2, 2]
    expected = staged.relief.uvs * [1, -1] * [96, 72] + [0, 72]
    assert np.abs(pixel - expected).max() < 1e-3
    normal = np.cross(*(np.diff(staged.relief.mesh.vertices[staged.relief.mesh.faces], axis=1).transpose(1, 0, 2)))
    towards = -staged.relief.mesh.vertices[staged.relief.mesh.faces[:, 0]]
    assert ((normal * towards).sum(1) > 0).all(), "faces look at the camera"
