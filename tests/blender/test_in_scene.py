"""A finished result in the scene: mesh, UVs, marks, material, cameras, points; its texture's place; undo."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest

from .made_up import box


def imported(folder: Path) -> bpy.types.Collection:
    assert bpy.ops.maquette.import_result(directory=str(folder)) == {"FINISHED"}
    return bpy.data.collections[folder.name]


def test_import_gives_one_collection(maquette, result_folder):
    collection = imported(result_folder)
    assert [child.name for child in bpy.context.scene.collection.children] == [collection.name]
    assert {kept.type for kept in collection.objects} == {"MESH"}
    assert len(collection.children[0].objects) == 5
    assert {camera.type for camera in collection.children[0].objects} == {"CAMERA"}
    model = bpy.context.view_layer.objects.active
    assert model.name == collection.name and model.select_get()
    facts = [line.text for line in bpy.context.window_manager.maquette.facts]
    assert facts == [
        "5 of 6 photos found their place",
        "12 faces, 2 of them filled",
        "64 px texture",
        "1:02 min on cpu",
    ]


def test_mesh_is_welded_and_its_uvs_and_marks_lie_right(maquette, result_folder):
    imported(result_folder)
    mesh = bpy.context.view_layer.objects.active.data
    truth = box()
    assert (len(mesh.vertices), len(mesh.edges), len(mesh.polygons)) == (8, 18, 12)  # a closed box, not six squares
    for polygon, face, filled in zip(mesh.polygons, truth.mesh.faces, truth.mesh.filled, strict=True):
        corners = [mesh.vertices[index].co[:] for index in polygon.vertices]
        assert np.allclose(corners, truth.mesh.vertices[face])
        uvs = [mesh.uv_layers.active.uv[loop].vector[:] for loop in polygon.loop_indices]
        assert np.allclose(uvs, truth.uvs[face], atol=1e-6)
        assert mesh.attributes["filled"].data[polygon.index].value == filled
        assert polygon.use_smooth
        assert np.dot(polygon.normal, polygon.center - type(polygon.center)((0.5, 0.5, 0.5))) > 0.1  # outwards


def test_material_shows_the_base_colour_upright(maquette, result_folder):
    imported(result_folder)
    material = bpy.context.view_layer.objects.active.active_material
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.8)
    image = shader.inputs["Base Color"].links[0].from_node.image
    assert image.packed_file is not None and image.colorspace_settings.name == "sRGB"
    pixels = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(pixels)
    picture = np.round(pixels.reshape(64, 64, 4) * 255).astype(int)
    assert (picture[::-1, :, :3] == box().base_colour).all()
    assert picture[-1, 0, 1] == 252 and picture[0, 0, 1] == 0  # green grows upwards


def test_cameras_hold_their_photos_and_points_their_colours(maquette, result_folder):
    collection = imported(result_folder)
    for camera in collection.children[0].objects:
        background = camera.data.background_images[0]
        assert camera.data.show_background_images
        path = Path(bpy.path.abspath(background.image.filepath))
        assert path.stem == camera.name and path.parent.name == "photos"
    points = next(kept for kept in collection.objects if kept.name.endswith("Points"))
    assert len(points.data.vertices) == 200 and points.hide_render
    assert points.data.color_attributes["Color"].data[7].color_srgb[0] == pytest.approx(128 / 255, abs=0.004)


def test_straightened_photos_take_precedence_and_lying_ones_are_left_out(maquette, part, result_folder, tmp_path):
    reader = part("scene.result")
    folder = tmp_path / "copy"
    shutil.copytree(result_folder, folder)
    (folder / "undistorted").mkdir()
    (folder / "undistorted" / "view_001.jpg.jpg").write_bytes(b"straight")
    found = reader.read(reader.files_in(folder)).pictures
    assert found["view_001.jpg"] == folder / "undistorted" / "view_001.jpg.jpg"
    assert found["view_000.jpg"].parent.name == "photos"
    # a photo that is upright only by its EXIF would lie on its side
    archive = dict(np.load(folder / ".maquette" / "sparse.npz"))
    notes = json.loads(str(archive["notes"]))
    notes["posed"][0]["photo"]["orientation"] = 6
    np.savez(folder / ".maquette" / "sparse.npz", **{**archive, "notes": np.array(json.dumps(notes))})
    assert "view_000.jpg" not in reader.read(reader.files_in(folder)).pictures


def test_texture_beside_the_blend(maquette, result_folder, tmp_path):
    bpy.context.scene.maquette.storage = "BESIDE"
    with pytest.raises(RuntimeError, match="which has no place yet"):
        bpy.ops.maquette.import_result(directory=str(result_folder))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    imported(result_folder)
    bpy.ops.maquette.import_result(directory=str(result_folder))
    images = [image for image in bpy.data.images if "Base Colour" in image.name]
    assert all(image.packed_file is None and image.filepath.startswith("//textures") for image in images)
    assert len(list((tmp_path / "textures").glob("*.png"))) == 2  # the second did not write over the first
    for image in images:
        image.reload()
        assert tuple(image.size) == (64, 64) and round(image.pixels[1] * 255) == 0


def test_undo_takes_all_away_in_one_step(maquette, result_folder):
    bpy.ops.ed.undo_push(message="before")
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("objects", "collections", "meshes", "cameras")}
    bpy.ops.maquette.import_result("EXEC_DEFAULT", True, directory=str(result_folder))
    assert len(bpy.data.objects) == before["objects"] + 7
    bpy.ops.ed.undo()
    assert len(bpy.context.scene.collection.children) == 0
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before


def test_a_folder_without_a_result_is_refused_in_words(maquette, tmp_path):
    with pytest.raises(RuntimeError, match="holds no finished model"):
        bpy.ops.maquette.import_result(directory=str(tmp_path))
    assert len(bpy.data.objects) == 0


@pytest.mark.parametrize("fault", ["truncated", "wrong index", "no number"])
def test_a_broken_result_is_refused_not_crashed_on(maquette, result_folder, tmp_path, fault):
    folder = tmp_path / "broken"
    shutil.copytree(result_folder, folder)
    path = folder / ".maquette" / "textured.npz"
    if fault == "truncated":
        path.write_bytes(path.read_bytes()[:2000])
    else:
        arrays = dict(np.load(path))
        if fault == "wrong index":
            arrays["faces"][3, 1] = 24
        else:
            arrays["vertices"][0, 0] = np.nan
        np.savez(path, **arrays)
    with pytest.raises(RuntimeError, match="can't be read"):
        bpy.ops.maquette.import_result(directory=str(folder))
    assert len(bpy.data.objects) == 0 and len(bpy.data.meshes) == 0


def test_look_through_photo(maquette, result_folder):
    collection = imported(result_folder)
    camera = collection.children[0].objects[2]
    bpy.context.view_layer.objects.active = camera
    assert bpy.ops.maquette.look_through() == {"FINISHED"}
    render = bpy.context.scene.render
    assert bpy.context.scene.camera == camera and (render.resolution_x, render.resolution_y) == (200, 150)


def test_a_model_inside_the_scene_s_first_cube_is_noticed(maquette, part, result_folder):
    bpy.ops.mesh.primitive_cube_add(size=3, location=(0.5, 0.5, 0.5))  # the box stands from 0 to 1
    cube = bpy.context.object
    cube.name = "Cube"
    bpy.ops.maquette.import_result(directory=str(result_folder))
    said = [line.text for line in bpy.context.window_manager.maquette.messages]
    assert any("inside “Cube”" in text and "Local View" in text for text in said)
    enclosing = part("scene.enclosing").enclosing
    low, high = np.zeros(3), np.ones(3)
    ours = part("scene.model").active_model(bpy.context).objects
    assert enclosing(bpy.context, low, high, ours) == cube
    assert enclosing(bpy.context, low - 2, high) is None  # it sticks out
    cube.display_type = "WIRE"
    assert enclosing(bpy.context, low, high, ours) is None


def test_what_a_model_stands_inside_is_hidden_by_a_click(maquette, part, result_folder):
    cubes = []
    for size in (3, 4):
        bpy.ops.mesh.primitive_cube_add(size=size, location=(0.5, 0.5, 0.5))
        cubes.append(bpy.context.object)
    bpy.ops.mesh.primitive_cube_add(size=1, location=(9, 0, 0))
    beside = bpy.context.object
    bpy.ops.maquette.import_result(directory=str(result_folder))
    messages = bpy.context.window_manager.maquette.messages
    (told,) = (line for line in messages if line.code == "stands_inside")
    (button,) = part("operators.remedies").REMEDIES[told.code]
    group, _, name = button.operator.partition(".")
    assert getattr(getattr(bpy.ops, group), name)() == {"FINISHED"}
    assert all(cube.hide_render and cube.hide_get() for cube in cubes)
    assert not beside.hide_render and not beside.hide_get()
    ours = part("scene.model").active_model(bpy.context)
    assert not ours.mesh.hide_render and not any(thing.hide_get() for thing in (ours.mesh, *ours.cameras))
    assert not any(line.code == "stands_inside" for line in messages)
