"""What a run shows before it ends: read rightly, replaced in order, gone without a trace."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import numpy as np
import pytest

from .made_up import box


@pytest.fixture
def previews(maquette, part):
    made = part("scene.previews").Previews(bpy.context.scene.name)
    yield made
    made.close()


def take(previews, names: int) -> set[str]:
    """What has arrived, once `names` of them have."""
    told: set[str] = set()
    until = time.monotonic() + 5
    while len(told) < names and time.monotonic() < until:
        told |= previews.take()
        time.sleep(0.01)
    return told


@pytest.fixture
def dense(tmp_path) -> Path:
    path = tmp_path / "view_001.jpg.3.npz"
    np.savez(path, points=np.eye(3, dtype=np.float32), colours=np.full((3, 3), 128, np.uint8))
    return path


def test_cameras_are_drawn_where_the_finished_ones_will_stand(previews, result_folder):
    previews.want("sparse", str(result_folder / ".maquette" / "sparse.npz"))
    assert take(previews, 2) == {"sparse", "cameras"}
    lines = previews.layers["cameras"].positions.reshape(5, 20, 3)
    bpy.ops.maquette.import_result(directory=str(result_folder))
    bpy.context.view_layer.update()
    cameras = bpy.data.collections[result_folder.name].children[0].objects
    for camera, line in zip(cameras, lines, strict=True):
        assert np.allclose(line[0], camera.matrix_world.translation, atol=1e-5)
        ends = np.unique(line.round(6), axis=0)
        ahead = np.array(camera.matrix_world.col[2][:3])
        assert all((end - line[0]) @ ahead <= 1e-6 for end in ends)  # a camera looks along its -Z
    assert previews.layers["sparse"].colours[0, 0] == pytest.approx(128 / 255)


def test_each_kind_takes_the_place_of_the_last(previews, result_folder, dense, tmp_path):
    from engine import storage

    previews.want("sparse", str(result_folder / ".maquette" / "sparse.npz"))
    assert take(previews, 2)
    previews.want("dense", str(dense))
    assert take(previews, 1) == {"dense/view_001.jpg"}
    assert set(previews.layers) == {"cameras", "dense/view_001.jpg"}
    later = dense.rename(tmp_path / "view_001.jpg.7.npz")
    previews.want("dense", str(later))
    assert take(previews, 1) == {"dense/view_001.jpg"} and len(previews.layers) == 2
    storage.write_arrays(tmp_path / "mesh.npz", box().mesh)
    previews.want("mesh", str(tmp_path / "mesh.npz"))
    assert take(previews, 1) == {"mesh"} and set(previews.layers) == {"cameras", "mesh"}
    mesh = previews.layers["mesh"]
    assert mesh.index.dtype == np.uint32 and len(mesh.index) == 12 and 0 < mesh.colours.min() < mesh.colours.max() <= 1
    low, high = previews.bounds()
    assert (low <= 0).all() and (high >= 0.9).all()


def test_a_file_that_is_gone_or_broken_is_no_matter(previews, dense, tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK")
    for path in (tmp_path / "none.npz", tmp_path / "broken.npz"):
        previews.want("dense", str(path))
    previews.want("unheard-of", str(dense))
    previews.want("dense", str(dense))
    assert take(previews, 1) == {"dense/view_001.jpg"} and len(previews.layers) == 1


def test_a_mesh_that_names_no_vertex_never_reaches_the_graphics_card(part, maquette, tmp_path):
    from engine import storage
    from engine.datatypes import TriMesh

    made = box().mesh
    faces = made.faces.copy()
    faces[0, 0] = 24
    storage.write_arrays(tmp_path / "mesh.npz", TriMesh(vertices=made.vertices, faces=faces, filled=made.filled))
    assert part("scene.preview_data").load("mesh", tmp_path / "mesh.npz") == {}


def test_previews_leave_the_file_untouched(previews, result_folder, dense):
    before = len(bpy.data.objects), len(bpy.data.meshes), len(bpy.data.collections)
    previews.want("sparse", str(result_folder / ".maquette" / "sparse.npz"))
    previews.want("dense", str(dense))
    assert take(previews, 3)
    assert (len(bpy.data.objects), len(bpy.data.meshes), len(bpy.data.collections)) == before
    previews.close()
    assert previews.layers == {} and previews.bounds() is None


def test_a_slow_computer_draws_fewer_points_and_a_mesh_as_points(part, maquette):
    previews, data = part("scene.previews"), part("scene.preview_data")
    places, colours = np.random.default_rng(1).random((1000, 3), np.float32), np.ones((1000, 4), np.float32)
    points = data.Layer(shape="POINTS", positions=places, colours=colours)
    lines = data.Layer(shape="LINES", positions=places, colours=colours)
    mesh = data.Layer(shape="TRIS", positions=places, colours=colours, index=np.zeros((9, 3), np.uint32))
    assert previews._thinned(points, 1.0) is points and previews._thinned(lines, 0.1) is lines
    quarter = previews._thinned(points, 0.25)
    assert len(quarter.positions) == len(quarter.colours) == 250
    assert abs(quarter.positions.mean() - places.mean()) < 0.05  # from all of them, not the first
    assert previews._thinned(mesh, 0.5).index is None and previews._shape(mesh, 0.5) == "POINTS"
    assert previews._shape(mesh, 1.0) == "TRIS"
