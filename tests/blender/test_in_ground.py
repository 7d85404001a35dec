"""Scale and ground: a known length, a floor, a front; the model stays one and every number stays clean."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

TOP = [(0, 0, 1), (1, 0, 1), (0, 1, 1)]  # three corners of the made-up box's upper side


@pytest.fixture
def model(maquette, part, result_folder):
    """A function that finds the model anew; it has a camera of another feature and an empty of the artist's on it."""
    bpy.ops.maquette.import_result(directory=str(result_folder))
    found = part("scene.model").active_model(bpy.context)
    ghost = bpy.data.objects.new("Ghost", bpy.data.cameras.new("Ghost"))
    ghost.location, ghost.rotation_euler, ghost.parent = (2, -1, 0.5), (1, 0.2, 0.3), found.mesh
    bpy.context.scene.collection.objects.link(ghost)
    empty = bpy.data.objects.new("Empty", None)
    empty.location, empty.parent = (0.5, 0.5, 2), ghost
    bpy.context.scene.collection.objects.link(empty)
    bpy.context.view_layer.update()
    return lambda: part("scene.model").active_model(bpy.context)


def corners(model) -> np.ndarray:
    bpy.context.view_layer.update()
    return np.array([model.mesh.matrix_world @ vertex.co for vertex in model.mesh.data.vertices])


def seen(model) -> np.ndarray:
    """Directions of the mesh's corners and of the points in every camera, the ghost's too: what its pixels show."""
    places = [Vector(corner) for corner in corners(model)]
    places += [model.points.matrix_world @ vertex.co for vertex in model.points.data.vertices[:20]]
    places += [bpy.data.objects["Empty"].matrix_world.translation]
    cameras = [*model.cameras, bpy.data.objects["Ghost"]]
    found = np.array([[camera.matrix_world.normalized().inverted() @ place for place in places] for camera in cameras])
    return found / np.linalg.norm(found, axis=2, keepdims=True)


def is_clean(thing) -> bool:
    return np.allclose(thing.scale, 1, atol=1e-5) and np.allclose(thing.matrix_world.to_scale(), 1, atol=1e-5)


def test_two_points_and_their_distance_give_the_size(model):
    before, places = seen(model()), {camera.name: camera.matrix_world.translation.copy() for camera in model().cameras}
    shown = model().cameras[0].data.display_size
    assert bpy.ops.maquette.set_scale(first=(0, 0, 0), second=(1, 0, 0), distance=0.12) == {"FINISHED"}
    found = model()
    assert np.allclose(found.mesh.dimensions, 0.12, atol=1e-6)
    assert all(is_clean(thing) for thing in (*found.objects, bpy.data.objects["Ghost"], bpy.data.objects["Empty"]))
    assert found.mesh.matrix_world == Matrix()
    assert np.allclose(seen(found), before, atol=1e-5)
    for camera in found.cameras:
        assert (camera.matrix_world.translation - places[camera.name] * 0.12).length < 1e-6
    assert found.cameras[0].data.display_size == pytest.approx(0.12 * shown)


def test_a_size_s_source_is_kept_and_told_when_it_is_replaced(model, part):
    source_of = part("scene.scale").source_of
    assert source_of(model()) == ""
    bpy.context.scene.unit_settings.system = "METRIC"
    bpy.ops.maquette.set_scale(first=(0, 0, 0), second=(1, 0, 0), distance=0.12)
    assert source_of(model()) == "two points 12 cm apart"


def test_points_that_say_nothing_change_nothing(model):
    before = corners(model())
    for given in ({"distance": 1.0}, {"second": (1, 0, 0), "distance": 0.0}):
        with pytest.raises(RuntimeError, match=r"further apart|more than nothing"):
            bpy.ops.maquette.set_scale(first=(0, 0, 0), **given)
    with pytest.raises(RuntimeError, match="in a line"):
        bpy.ops.maquette.lay_on_floor(first=(0, 0, 0), second=(1, 0, 0), third=(2, 0, 0.001))
    assert np.array_equal(corners(model()), before)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)])
def test_three_points_become_the_ground_with_the_model_above(model, order):
    before = seen(model())
    first, second, third = (TOP[i] for i in order)
    bpy.ops.maquette.lay_on_floor(first=first, second=second, third=third)
    found = model()
    heights = corners(found)[:, 2]
    assert np.allclose(heights[[2, 3]], heights[2]) and heights.min() == pytest.approx(0, abs=1e-6)
    assert sorted(np.round(heights, 5)) == [0] * 4 + [1] * 4
    top = [i for i, vertex in enumerate(corners(found)) if vertex[2] < 1e-5]
    assert len(top) == 4 and found.mesh.matrix_world == Matrix()
    assert np.allclose(seen(found), before, atol=1e-5)


def test_a_leaning_model_is_laid_on_the_side_that_was_clicked(model, part):
    lean = Matrix.Rotation(0.6, 4, Vector((1, 2, 0.3))) @ Matrix.Translation((0, 0, 3))
    part("scene.model").move(model(), lean)
    before = seen(model())
    bpy.ops.maquette.lay_on_floor(by="SIDE", first=lean @ Vector((1, 0.5, 0.5)), centre=True)
    found = model()
    places = corners(found)
    assert sorted(np.round(places[:, 2], 4)) == [0] * 4 + [1] * 4
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    assert np.allclose(middle[:2], 0, atol=1e-5)
    assert all(is_clean(thing) for thing in found.objects)
    assert np.allclose(seen(found), before, atol=1e-4)


def test_a_face_by_its_number_becomes_the_ground(model):
    face = next(i for i, one in enumerate(model().mesh.data.polygons) if one.normal.x > 0.9)
    bpy.ops.maquette.lay_on_floor(by="FACE", face=face)
    lowest = [v.index for v, place in zip(model().mesh.data.vertices, corners(model()), strict=True) if place[2] < 1e-5]
    assert set(model().mesh.data.polygons[face].vertices) <= set(lowest)
    with pytest.raises(RuntimeError, match="no face number"):
        bpy.ops.maquette.lay_on_floor(by="FACE", face=9999)


@pytest.mark.parametrize("lean", [0.0, 0.35])
def test_the_model_is_stood_on_what_it_would_rest_on(model, part, lean):
    part("scene.model").move(model(), Matrix.Translation((2, 1, 5)) @ Matrix.Rotation(lean, 4, "X"))
    rough = model().mesh.data.vertices[0]
    rough.co += (rough.co - Vector(corners(model()).mean(axis=0))) * 0.004  # its underside is not quite flat
    bpy.ops.maquette.floor_from_lowest()
    assert corners(model())[:, 2].min() == pytest.approx(0, abs=1e-5)
    assert np.allclose(sorted(corners(model())[:, 2]), [0] * 4 + [1] * 4, atol=0.005)


def test_the_clicked_side_looks_to_the_front(model):
    before = seen(model())
    face = next(i for i, one in enumerate(model().mesh.data.polygons) if one.normal.x > 0.9)
    bpy.ops.maquette.set_front(by="POINT", point=(1, 0.5, 0.5))
    found = model()
    bpy.context.view_layer.update()
    assert (found.mesh.data.polygons[face].normal - Vector((0, -1, 0))).length < 1e-5
    assert found.mesh.matrix_world == Matrix() and np.allclose(seen(found), before, atol=1e-5)
    bpy.ops.maquette.set_front(direction=(0.5, 0.5, 7), centre=True)
    places = corners(model())
    assert np.allclose(places.min(axis=0)[:2] + places.max(axis=0)[:2], 0, atol=1e-5)
    with pytest.raises(RuntimeError, match="straight up"):
        bpy.ops.maquette.set_front(direction=(0, 0, 1))


def test_the_picked_place_becomes_the_origin_and_the_pivot(model):
    model().mesh.location = (3, 4, 5)
    bpy.context.view_layer.update()
    before = seen(model())
    bpy.ops.maquette.move_origin(point=(4, 5, 6))
    found = model()
    assert np.allclose(corners(found).max(axis=0), 0, atol=1e-5)
    assert np.allclose(found.mesh.matrix_world.translation, 0, atol=1e-6)
    assert np.allclose(seen(found), before, atol=1e-5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bpy.ops.maquette.set_scale("EXEC_DEFAULT", True, first=(0, 0, 0), second=(1, 0, 0), distance=3),
        lambda: bpy.ops.maquette.lay_on_floor("EXEC_DEFAULT", True, first=TOP[0], second=TOP[1], third=TOP[2]),
        lambda: bpy.ops.maquette.floor_from_lowest("EXEC_DEFAULT", True, centre=True),
        lambda: bpy.ops.maquette.set_front("EXEC_DEFAULT", True, direction=(1, 0, 0)),
        lambda: bpy.ops.maquette.move_origin("EXEC_DEFAULT", True, point=(1, 1, 1)),
    ],
)
def test_undo_is_one_step(model, call):
    bpy.ops.ed.undo_push(message="before")
    before, camera = corners(model()), np.array(model().cameras[2].matrix_world)
    source = model().collection.get("maquette_size_from")
    assert call() == {"FINISHED"}
    assert not np.allclose(corners(model()), before) and not np.allclose(model().cameras[2].matrix_world, camera)
    bpy.ops.ed.undo()
    assert np.allclose(corners(model()), before) and np.allclose(model().cameras[2].matrix_world, camera)
    assert model().collection.get("maquette_size_from") == source


def test_a_size_is_shown_in_units_only_once_it_is_known(model, part):
    scene, size_text = bpy.context.scene, part("scene.scale").size_text
    scene.unit_settings.system = "METRIC"
    assert size_text(scene, model()) == "1 × 1 × 1 units"
    bpy.ops.maquette.set_scale(first=(0, 0, 0), second=(1, 0, 0), distance=0.2)
    assert size_text(scene, model()) == "20 cm × 20 cm × 20 cm"


def test_outside_object_mode_nothing_is_offered(model):
    bpy.ops.object.mode_set(mode="EDIT")
    names = ("set_scale", "lay_on_floor", "floor_from_lowest", "set_front", "move_origin")
    assert not any(getattr(bpy.ops.maquette, name).poll() for name in names)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert all(getattr(bpy.ops.maquette, name).poll() for name in names)


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("12cm", 0.12), ("5in", 0.127), ("12,5 cm", 0.125), ('5"', 0.127), ("1' 6\"", 0.4572), ("2", 2.0), (".5m", 0.5),
        ("1/2 in", 0.0127), ("85.6 mm", 0.0856), ("", None), ("cm", None), ("12 x", None), ("0", None), ("-1", None),
        ("1/0", None), ("1 2 3 __import__", None),
    ],
)  # fmt: skip
def test_typed_lengths_are_understood(maquette, part, text, metres):
    scene = bpy.context.scene
    scene.unit_settings.system, scene.unit_settings.length_unit = "METRIC", "METERS"
    for unit_scale in (1.0, 0.01):
        scene.unit_settings.scale_length = unit_scale
        found = part("scene.scale").length_of(scene, text)
        assert found == (None if metres is None else pytest.approx(metres / unit_scale))


def test_a_bare_number_is_in_the_scene_s_unit(maquette, part):
    scene, length_of = bpy.context.scene, part("scene.scale").length_of
    scene.unit_settings.system, scene.unit_settings.length_unit = "METRIC", "MILLIMETERS"
    assert length_of(scene, "12") == pytest.approx(0.012)
    scene.unit_settings.system, scene.unit_settings.length_unit = "IMPERIAL", "INCHES"
    assert length_of(scene, "2") == pytest.approx(0.0508)
    scene.unit_settings.system = "NONE"
    assert length_of(scene, "12") == 12
