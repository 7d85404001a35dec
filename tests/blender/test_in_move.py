"""`model.move` in scenes that artists make: parents, keyframes, shape keys, shared and linked data, modifiers."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

CHANGE = (
    Matrix.Translation((1, 2, 3)) @ Matrix.Rotation(1.1, 4, Vector((1, 2, 3))) @ Matrix.Scale(2.5, 4)
)  # about no special place


@pytest.fixture
def model(maquette, part, result_folder):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    return lambda: part("scene.model").active_model(bpy.context)


def shown(thing) -> np.ndarray:
    """The corners in Blender's world as they are shown, with shape keys and modifiers."""
    bpy.context.view_layer.update()
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    return np.array([evaluated.matrix_world @ vertex.co for vertex in mesh.vertices])


def moved(places: np.ndarray) -> np.ndarray:
    return np.array([CHANGE @ Vector(place) for place in places])


def in_cameras(model) -> np.ndarray:
    places = shown(model.mesh)
    found = np.array([[c.matrix_world.normalized().inverted() @ Vector(p) for p in places] for c in model.cameras])
    return found / np.linalg.norm(found, axis=2, keepdims=True)


def check(model, part) -> None:
    """Moves it; everything the artist sees went along, and the same is in every photo."""
    found = model()
    before, photos = shown(found.mesh), in_cameras(found)
    eyes = np.array([camera.matrix_world.translation for camera in found.cameras])
    numbers = [(*found.mesh.location, *found.mesh.rotation_euler, *found.mesh.scale)]
    part("scene.model").move(found, CHANGE)
    found = model()
    assert np.allclose(shown(found.mesh), moved(before), atol=1e-4)
    assert np.allclose(in_cameras(found), photos, atol=1e-4)
    assert np.allclose([camera.matrix_world.translation for camera in found.cameras], moved(eyes), atol=1e-4)
    assert numbers == [(*found.mesh.location, *found.mesh.rotation_euler, *found.mesh.scale)]
    assert all(np.allclose(thing.scale, 1, atol=1e-4) for thing in found.cameras)


def empty(name: str, **values) -> bpy.types.Object:
    thing = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(thing)
    for key, value in values.items():
        setattr(thing, key, value)
    return thing


def test_parents_of_the_model_and_their_parents_stay(model, part):
    table = empty("Table", location=(5, 0, 1), rotation_euler=(0.2, 0.1, 0.7))
    plate = empty("Plate", location=(1, 1, 0), rotation_euler=(0, 0.5, 0), parent=table)
    model().mesh.parent = plate
    model().mesh.location = (0.3, 0.2, 0.1)
    bpy.context.view_layer.update()
    before = table.matrix_world.copy(), plate.matrix_world.copy()
    check(model, part)
    assert (table.matrix_world, plate.matrix_world) == before


def test_parented_with_keep_transform(model, part):
    table = empty("Table", location=(5, 0, 1), rotation_euler=(0.2, 0.1, 0.7), scale=(2, 2, 2))
    bpy.context.view_layer.update()
    model().mesh.parent = table
    model().mesh.matrix_parent_inverse = table.matrix_world.inverted()
    model().cameras[1].parent = None
    model().cameras[2].parent = table
    model().cameras[2].matrix_parent_inverse = table.matrix_world.inverted()
    bpy.context.view_layer.update()
    check(model, part)


def test_what_hangs_on_the_cameras_follows(model, part):
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    prop = bpy.data.objects.new("Prop", bpy.data.meshes.new_from_object(model().mesh))
    for thing in (lamp, prop):
        bpy.context.scene.collection.objects.link(thing)
        thing.parent, thing.location = model().cameras[0], (0.1, 0.2, -1)
    bpy.context.view_layer.update()
    lit, seen = lamp.matrix_world.translation.copy(), shown(prop)
    check(model, part)
    assert (lamp.matrix_world.translation - CHANGE @ lit).length < 1e-4
    assert np.allclose(shown(prop), moved(seen), atol=1e-4) and np.allclose(prop.scale, 1, atol=1e-5)


def test_shape_keys_go_along(model, part):
    mesh = model().mesh
    mesh.shape_key_add(name="Basis")
    bulge = mesh.shape_key_add(name="Bulge", from_mix=False)
    bulge.data[0].co = (-1, -1, -1)
    bulge.value = 0.5
    check(model, part)
    bulge = model().mesh.data.shape_keys.key_blocks["Bulge"]
    bulge.value = 1.0
    assert np.allclose(shown(model().mesh)[0], CHANGE @ Vector((-1, -1, -1)), atol=1e-4)


def test_a_turntable_s_keyframes_go_on_turning_it(model, part):
    mesh, scene = model().mesh, bpy.context.scene
    for frame, angle in ((1, 0.0), (50, 2.0)):
        mesh.rotation_euler.z, mesh.location.x = angle, angle
        mesh.keyframe_insert("rotation_euler", frame=frame)
        mesh.keyframe_insert("location", frame=frame)
    scene.frame_set(20)
    check(model, part)
    at_20, photos = shown(model().mesh), in_cameras(model())
    for frame in (1, 35, 50):
        scene.frame_set(frame)
        assert np.allclose(in_cameras(model()), photos, atol=1e-4)
        assert model().mesh.location.x == pytest.approx(model().mesh.rotation_euler.z)
    scene.frame_set(20)
    assert np.allclose(shown(model().mesh), at_20, atol=1e-5)


def test_a_camera_s_own_keyframes_are_carried_along(model, part):
    camera, scene = model().cameras[0], bpy.context.scene
    for frame, shift in ((1, 0.0), (50, 1.0)):
        camera.location.x += shift
        camera.keyframe_insert("location", frame=frame)
    path = {}
    for frame in (1, 20, 50):
        scene.frame_set(frame)
        path[frame] = camera.matrix_world.translation.copy()
    scene.frame_set(20)
    part("scene.model").move(model(), CHANGE)
    for frame, place in path.items():
        scene.frame_set(frame)
        assert (camera.matrix_world.translation - CHANGE @ place).length < 1e-4
    assert np.allclose(camera.scale, 1)


def test_a_linked_duplicate_stays_as_it_is(model, part):
    double = bpy.data.objects.new("Before", model().mesh.data)
    bpy.context.scene.collection.objects.link(double)
    lens = bpy.data.objects.new("Lens", model().cameras[0].data)
    bpy.context.scene.collection.objects.link(lens)
    before, size = shown(double), lens.data.display_size
    check(model, part)
    assert np.allclose(shown(double), before, atol=1e-6) and lens.data.display_size == size
    assert model().cameras[0].data.display_size == pytest.approx(2.5 * size)


def test_cameras_that_share_their_data_grow_once(model, part):
    first, second = model().cameras[:2]
    second.data = first.data
    size = first.data.display_size
    check(model, part)
    assert model().cameras[0].data == model().cameras[1].data
    assert model().cameras[0].data.display_size == pytest.approx(2.5 * size)


def test_data_of_another_file_is_refused_before_anything_moves(model, part, tmp_path):
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {model().mesh.data}, fake_user=True)
    with bpy.data.libraries.load(str(library), link=True) as (there, here):
        here.meshes = there.meshes
    model().mesh.data = here.meshes[0]
    before = shown(model().mesh), np.array(model().cameras[0].matrix_world)
    with pytest.raises(part("scene.model").ModelError, match="make it local"):
        part("scene.model").move(model(), CHANGE)
    assert np.array_equal(shown(model().mesh), before[0])
    assert np.array_equal(model().cameras[0].matrix_world, before[1])


def test_a_stretched_model_keeps_its_stretch(model, part):
    model().mesh.scale = (1, 1, 2)
    before = shown(model().mesh)
    part("scene.model").move(model(), CHANGE)
    assert np.allclose(shown(model().mesh), moved(before), atol=1e-4)
    assert np.allclose(model().mesh.scale, (1, 1, 2))


def test_sculpted_multires_detail_grows_with_it(model, part):
    mesh = model().mesh
    mesh.modifiers.new("Multires", "MULTIRES")
    bpy.context.view_layer.objects.active = mesh
    bpy.ops.object.multires_subdivide(modifier="Multires", mode="SIMPLE")
    source = bpy.data.objects.new("Sculpted", mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.copy())
    bpy.context.scene.collection.objects.link(source)
    for vertex in source.data.vertices:
        vertex.co += vertex.normal * 0.1 * (1 + vertex.index % 3)
    bpy.ops.object.select_all(action="DESELECT")
    source.select_set(True)
    mesh.select_set(True)
    bpy.context.view_layer.update()
    assert bpy.ops.object.multires_reshape(modifier="Multires") == {"FINISHED"}
    bpy.data.objects.remove(source)
    before = shown(mesh)
    assert np.abs(before).max() > 1.05
    check(model, part)


def test_cameras_that_are_switched_off_in_the_outliner_follow_all_the_same(model, part):
    found = model()
    inner = found.collection.children[0]
    bpy.context.view_layer.update()
    photos = in_cameras(found)
    layer = bpy.context.view_layer.layer_collection.children[found.collection.name].children[inner.name]
    layer.exclude = True
    found.points.hide_viewport = True
    found.mesh.location = (5, -3, 2)  # Blender does not tell the cameras
    bpy.context.view_layer.update()
    first = Vector(found.points.data.vertices[0].co) + found.mesh.location
    part("scene.model").move(found, CHANGE)
    layer.exclude, found.points.hide_viewport = False, False
    bpy.context.view_layer.update()
    assert np.allclose(in_cameras(model()), photos, atol=1e-4)
    assert (found.points.matrix_world @ found.points.data.vertices[0].co - CHANGE @ first).length < 1e-4
