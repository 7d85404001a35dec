"""The model as one thing: found again in the scene, moved as one, with clean numbers."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector


@pytest.fixture
def model(maquette, part, result_folder):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    return lambda: part("scene.model").active_model(bpy.context)


def seen(model) -> np.ndarray:
    """Where the mesh's corners fall in every camera's own space, up to the model's scale."""
    bpy.context.view_layer.update()
    points = [model.mesh.matrix_world @ vertex.co for vertex in model.mesh.data.vertices]
    in_cameras = np.array([[camera.matrix_world.inverted() @ point for point in points] for camera in model.cameras])
    return in_cameras / np.abs(in_cameras).max()


def test_the_model_is_found_from_any_of_its_parts(model, part):
    found = model()
    assert len(found.cameras) == 5 and found.points is not None and found.folder.is_dir()
    for thing in found.objects:
        bpy.context.view_layer.objects.active = thing
        assert model().mesh == found.mesh
    assert part("scene.model").photo_of(found.cameras[0])


def test_no_model_and_several_are_said_in_words(maquette, part, result_folder):
    scene_model = part("scene.model")
    with pytest.raises(scene_model.ModelError, match="no model"):
        scene_model.active_model(bpy.context)
    for _ in range(2):
        bpy.ops.maquette.import_result(directory=str(result_folder))
    bpy.context.view_layer.objects.active = None
    with pytest.raises(scene_model.ModelError, match="several"):
        scene_model.active_model(bpy.context)


@pytest.mark.parametrize("artist_moved_it_first", [False, True])
def test_moved_as_one_it_looks_the_same_from_every_camera(model, part, artist_moved_it_first):
    found = model()
    if artist_moved_it_first:
        found.mesh.matrix_world = Matrix.Translation((3, 1, -2)) @ Matrix.Rotation(0.7, 4, "Y")
        bpy.context.view_layer.update()
    before, corner = seen(found), found.mesh.matrix_world @ found.mesh.data.vertices[0].co
    change = Matrix.Translation((1, 2, 3)) @ Matrix.Rotation(1.1, 4, Vector((1, 2, 3))) @ Matrix.Scale(2.5, 4)
    part("scene.model").move(found, change)
    assert np.allclose(seen(found), before, atol=1e-5)
    assert ((found.mesh.matrix_world @ found.mesh.data.vertices[0].co) - change @ corner).length < 1e-4
    assert all(np.allclose(thing.scale, 1, atol=1e-5) for thing in found.objects)


def test_cameras_follow_the_mesh_and_stay_when_its_transform_is_applied(model):
    found = model()
    before = seen(found)
    found.mesh.location, found.mesh.rotation_euler, found.mesh.scale = (5, -3, 2), (0.3, 0.2, 1.0), (2, 2, 2)
    assert np.allclose(seen(found), before, atol=1e-5)
    bpy.ops.object.select_all(action="DESELECT")
    found.mesh.select_set(True)
    bpy.context.view_layer.objects.active = found.mesh
    bpy.ops.object.transform_apply(location=True, rotation=True, scale=True)
    found = model()
    points = np.array([found.mesh.matrix_world @ vertex.co for vertex in found.mesh.data.vertices])
    camera = found.cameras[0].matrix_world
    assert np.linalg.norm(points.mean(axis=0) - np.array(camera.translation)) > 1
    in_camera = seen(found)
    assert np.allclose(in_camera, before, atol=1e-5)


def stored_corners(folder) -> np.ndarray:
    """The mesh's corners as the engine has them."""
    return np.unique(np.load(folder / ".maquette" / "textured.npz")["vertices"], axis=0)


def worst_miss(model, part, folder) -> float:
    """How far the scene's corners, led back by `solved_from_world`, are from the engine's own; in model units."""
    bpy.context.view_layer.update()
    back = part("scene.model").solved_from_world(model)
    found = np.array([back @ (model.mesh.matrix_world @ vertex.co) for vertex in model.mesh.data.vertices])
    return max(np.linalg.norm(stored_corners(folder) - corner, axis=1).min() for corner in found)


@pytest.mark.parametrize("applied", [False, True])
def test_the_way_back_to_the_engine_s_world_is_known_wherever_the_model_went(model, part, result_folder, applied):
    found = model()
    assert worst_miss(found, part, result_folder) < 1e-5
    found.mesh.location, found.mesh.rotation_euler, found.mesh.scale = (5, -3, 2), (0.3, 0.2, 1.0), (2, 2, 2)
    if applied:
        bpy.ops.object.select_all(action="DESELECT")
        found.mesh.select_set(True)
        bpy.ops.object.transform_apply(location=True, rotation=True, scale=True)
    found = model()
    assert worst_miss(found, part, result_folder) < 1e-5
    part("scene.model").move(found, Matrix.Rotation(0.4, 4, "Y") @ Matrix.Scale(0.1, 4))
    assert worst_miss(model(), part, result_folder) < 1e-5
    stretched = model()
    stretched.mesh.scale = (1, 3, 1)
    assert worst_miss(stretched, part, result_folder) < 1e-4


def test_one_camera_moved_by_the_artist_does_not_move_the_world(model, part, result_folder):
    found = model()
    found.cameras[1].matrix_world = Matrix.Translation((4, 4, 4)) @ Matrix.Rotation(2, 4, "X")
    assert worst_miss(found, part, result_folder) < 1e-4


def test_without_cameras_or_run_the_way_back_is_refused_in_words(model, part, tmp_path):
    found = model()
    for camera in found.cameras:
        bpy.data.objects.remove(camera)
    with pytest.raises(part("scene.model").ModelError, match="cameras"):
        part("scene.model").solved_from_world(model())
    model().collection["maquette_folder"] = str(tmp_path)
    with pytest.raises(part("scene.model").ModelError, match="build it again"):
        part("scene.model").solved_from_world(model())
