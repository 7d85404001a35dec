"""Edit and retexture: whatever was done to the mesh, the photos land where they belong; nothing of the artist's is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

SIZE = 1024


@pytest.fixture(scope="module")
def finished(installed, tmp_path_factory) -> Path:
    """A finished run of the made-up scene: true cameras, real photos, its sphere and box for a mesh, a grey texture."""
    from engine import storage
    from engine.datatypes import TexturedMesh, TriMesh
    from tests.patches import patches
    from tests.synthetic import make_truth  # needs Pillow, which came with the zip

    out = tmp_path_factory.mktemp("results") / "Jar"
    (out / ".maquette").mkdir(parents=True)
    truth = make_truth(out.parent / "photos", count=8, width=320, height=240)
    storage.write_sparse(out / ".maquette" / "sparse.npz", truth.sparse(per_view=40))
    given = patches(10).mesh
    corners = given.surface.faces.ravel()
    places, source = np.unique(np.round(given.surface.vertices[corners], 5), axis=0, return_inverse=True)
    mesh = TriMesh(
        vertices=places[source.ravel()].astype(np.float32),
        faces=np.arange(len(corners), dtype=np.int32).reshape(-1, 3),
        filled=given.surface.filled,
    )
    textured = TexturedMesh(
        mesh=mesh,
        source_vertex=source.ravel().astype(np.int32),
        uvs=given.corner_uvs.reshape(-1, 2),
        base_colour=np.full((64, 64, 3), 127, np.uint8),
        guessed=np.zeros((64, 64), bool),
    )
    storage.write_textured(out / ".maquette" / "textured.npz", textured)
    report = {"seconds": 1, "photos": 8, "registered": 8, "faces": len(mesh.faces), "texture": 64, "device": "cpu"}
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return out


@pytest.fixture
def jar(maquette, part, finished):
    """The model's mesh in the scene, active."""
    bpy.ops.maquette.import_result(directory=str(finished))
    part("preferences").of(bpy.context).device = "cpu"
    bpy.context.scene.maquette.retexture.size = str(SIZE)
    return bpy.context.view_layer.objects.active


def activate(thing) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    thing.select_set(True)
    bpy.context.view_layer.objects.active = thing
    bpy.context.view_layer.update()


def copy_of(thing, name="Copy"):
    """A duplicate as an artist makes it, in his own collection."""
    copy = thing.copy()
    copy.data = thing.data.copy()
    copy.name = name
    bpy.context.scene.collection.objects.link(copy)
    activate(copy)
    return copy


def pixels_of(image) -> np.ndarray:
    width, height = image.size
    flat = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(height, width, 4)


def similarity_to_truth(thing, part, solved_from_object=None, *, image=None, evaluated=False) -> float:
    """PSNR of the texture against the true colours, at points all over the faces, where photos look."""
    from tests.patches import psnr
    from tests.synthetic import SPHERE_CENTRE, SPHERE_RADIUS, colour_at

    worn = part("scene.worn")
    shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()) if evaluated else thing
    mesh = shown.to_mesh()
    mesh.calc_loop_triangles()
    rng = np.random.default_rng(3)
    triangles = mesh.loop_triangles[:]
    layer = mesh.uv_layers.active.uv
    places, uvs = [], []
    for index in rng.choice(len(triangles), 3000):
        share = rng.dirichlet([1, 1, 1])
        triangle = triangles[index]
        places.append(share @ np.array([mesh.vertices[v].co for v in triangle.vertices]))
        uvs.append(share @ np.array([layer[corner].vector for corner in triangle.loops]))
    shown.to_mesh_clear()
    places, uvs = np.array(places), np.array(uvs)
    if solved_from_object is not None:
        matrix = np.array(solved_from_object)
        places = places @ matrix[:3, :3].T + matrix[:3, 3]
    on_sphere = np.abs(np.linalg.norm(places - SPHERE_CENTRE, axis=1) - SPHERE_RADIUS) < 0.02
    picture, guessed = pixels_of(image or worn.worn(thing)), pixels_of(thing[worn.GUESSED])
    size = len(picture)
    x, y = (np.clip((uvs * size).astype(int), 0, size - 1)).T
    seen = guessed[y, x, 0] < 0.5
    assert seen.mean() > 0.6
    truth = colour_at(places, np.where(on_sphere, 1, 2))
    return psnr(picture[y, x, :3][seen] * 255, truth[seen])


def test_one_click_colours_the_mesh_on_its_own_uvs(jar, part):
    worn = part("scene.worn")
    grey, uvs = worn.worn(jar), jar.data.uv_layers.active.name
    assert grey is not None and tuple(grey.size) == (64, 64)
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    image = worn.worn(jar)
    assert tuple(image.size) == (SIZE, SIZE) and image.packed_file is not None
    assert [layer.name for layer in jar.data.uv_layers] == [uvs]
    assert similarity_to_truth(jar, part) > 24
    facts = jar["maquette_retextured"]
    assert 0.7 < facts["seen"] < 1 and facts["agreement"] > 0.7

    # Compare, and back.
    assert worn.shown(jar) == worn.NOW
    assert bpy.ops.maquette.show_texture(which=worn.BEFORE) == {"FINISHED"}
    assert worn.worn(jar) == grey and grey.use_fake_user
    assert bpy.ops.maquette.show_texture(which=worn.GUESSED) == {"FINISHED"}
    assert 0.01 < pixels_of(worn.worn(jar))[..., 0].mean() < 0.4
    assert bpy.ops.maquette.show_texture(which=worn.NOW) == {"FINISHED"}
    assert worn.worn(jar) == image


def test_the_operator_is_the_engine_s_own_call(jar, part, finished):
    from PIL import Image

    from engine.jobs import RetextureJob
    from engine.meshfile import write_mesh
    from engine.recipes import retexture as recipe
    from engine.settings import DeviceChoice, RetextureSettings, TextureSettings

    settings = bpy.context.scene.maquette.retexture
    settings.size = "1024"
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    gather = part("scene.gather")
    given = gather.gather(bpy.context, *gather.target_of(bpy.context), modifiers=True).mesh
    write_mesh(finished.parent / "same.npz", given)
    job = RetextureJob(
        out=finished,
        mesh=finished.parent / "same.npz",
        name="same",
        settings=RetextureSettings(device=DeviceChoice.CPU, texture=TextureSettings(size=1024)),
    )
    direct = np.asarray(Image.open(recipe.run(job).files["base_colour"]))
    through = np.round(pixels_of(part("scene.worn").worn(jar))[::-1, :, :3] * 255).astype(int)
    assert (np.abs(direct - through) > 2).mean() < 1e-3


@pytest.mark.parametrize("turned", [False, True])
def test_a_moved_model_with_a_modifier_gets_the_same_colours(jar, part, turned):
    if turned:
        jar.location, jar.rotation_euler, jar.scale = (3, -1, 2), (0.4, 0.2, 1.0), (2, 2, 2)
    modifier = jar.modifiers.new("Subdivision", "SUBSURF")
    modifier.subdivision_type, modifier.levels = "SIMPLE", 1
    bpy.context.view_layer.update()
    gathered = part("scene.gather").gather(
        bpy.context, part("scene.gather").target_of(bpy.context)[0], jar, modifiers=True
    )
    assert len(gathered.mesh.surface.faces) > 3 * len(jar.data.polygons)
    low, high = gathered.mesh.surface.vertices.min(0), gathered.mesh.surface.vertices.max(0)
    assert np.allclose([low, high], [[-0.48, -0.3, 0], [0.5, 0.3, 0.6]], atol=2e-3)  # back in the solved world
    assert not gathered.cameras.moved and not gathered.cameras.left_out
    if turned:
        assert bpy.ops.maquette.retexture() == {"FINISHED"}
        assert similarity_to_truth(jar, part, evaluated=True) > 24


def test_a_remeshed_copy_without_uvs_gets_some_and_its_material_stays_the_artist_s(jar, part):
    worn = part("scene.worn")
    copy = copy_of(jar, "Retopo")
    copy.data.remesh_voxel_size = 0.03
    bpy.ops.object.voxel_remesh()
    for layer in list(copy.data.uv_layers):
        copy.data.uv_layers.remove(layer)
    mine = bpy.data.materials.new("Glaze")
    if bpy.app.version < (5, 0):
        mine.use_nodes = True
    copy.data.materials.clear()
    copy.data.materials.append(mine)
    links = [(link.from_socket.name, link.to_socket.name) for link in mine.node_tree.links]
    assert any(len(polygon.vertices) == 4 for polygon in copy.data.polygons)
    before = worn.worn(jar)
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    assert copy.data.uv_layers.active.name == "Photos" and copy.data.uv_layers.active.active_render
    assert similarity_to_truth(copy, part) > 20  # a coarse mesh cuts corners
    assert copy.active_material == mine
    assert [(link.from_socket.name, link.to_socket.name) for link in mine.node_tree.links] == links
    assert mine.node_tree.nodes.active.image == worn.worn(copy)  # what is painted on
    assert worn.worn(jar) == before  # the scan keeps its own texture
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    assert len([node for node in mine.node_tree.nodes if node.type == "TEX_IMAGE"]) == 1


def test_a_shared_material_is_not_changed_under_the_other_object(jar, part):
    worn = part("scene.worn")
    copy = copy_of(jar)
    assert copy.active_material == jar.active_material
    before = worn.worn(jar)
    copy.data.uv_layers.remove(copy.data.uv_layers.active)
    copy.data.materials.clear()
    copy.data.materials.append(jar.active_material)
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    assert copy.active_material != jar.active_material and worn.worn(jar) == before
    assert worn.worn(copy) != before


def test_udim_tiles_become_one_tiled_image(jar, part, tmp_path):
    layer = jar.data.uv_layers.active.uv
    flat = np.empty(len(layer) * 2, np.float32)
    layer.foreach_get("vector", flat)
    uvs = flat.reshape(-1, 2)
    before = uvs.copy()
    uvs[before[:, 1] > 2 / 3] += [1, 0]
    layer.foreach_set("vector", uvs.ravel())
    assert part("scene.uv_state").words_of(jar).endswith("2 UDIM tiles")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "jar.blend"))
    for storage in ("PACKED", "BESIDE", "BESIDE"):
        bpy.context.scene.maquette.storage = storage
        painted = "maquette_now" in jar
        assert bpy.ops.maquette.retexture() == {"FINISHED"}
        image = part("scene.worn").worn(jar)
        assert (np.abs(pixels_of(image)[50:60, 70:90] - (1, 0, 1, 1)).max() < 0.01) == painted
        if not painted:
            first = pixels_of(image)  # of the first tile
            first[50:60, 70:90] = (1, 0, 1, 1)
            image.pixels.foreach_set(first.ravel())
            image.update()
        assert image.source == "TILED" and [tile.number for tile in image.tiles] == [1001, 1002]
        assert [tuple(tile.size) for tile in image.tiles] == [(SIZE, SIZE)] * 2
        assert len(image.packed_files) == (2 if storage == "PACKED" else 0)
    assert image.filepath == "//textures/Jar_Base_Colour_001.<UDIM>.png"  # the texture before keeps its files
    assert (tmp_path / "textures" / "Jar_Base_Colour.1002.png").is_file()


def test_what_lies_away_is_refused_and_can_be_put_back(jar, part):
    copy = copy_of(jar)
    copy.location = (2, 0, 0)
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match="lies away from the place"):
        bpy.ops.maquette.retexture()
    assert bpy.ops.maquette.put_back() == {"FINISHED"}
    assert copy.location.length < 1e-6 and part("scene.gather").is_in_place(
        part("scene.gather").model_for(bpy.context, copy), copy
    )
    copy.data.transform(Matrix.Translation((2, 0, 0)))
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match="by hand"):
        bpy.ops.maquette.put_back()


def test_cameras_count_where_they_stand_and_deleted_ones_not_at_all(jar, part):
    gather = part("scene.gather")
    model = gather.model_for(bpy.context, jar)
    names = [part("scene.model").photo_of(camera) for camera in model.cameras]
    model.cameras[1].location.x += 0.05
    model.cameras[2].hide_render = True
    bpy.data.objects.remove(model.cameras[3])
    bpy.context.view_layer.update()
    model = gather.model_for(bpy.context, jar)
    found = gather.gather(bpy.context, model, jar, modifiers=True)
    assert found.cameras.moved == (names[1],) and set(found.cameras.left_out) == {names[2], names[3]}
    assert list(found.mesh.poses) == [name for name in names if name not in found.cameras.left_out]


def test_without_the_scan_itself_its_cameras_still_do(jar, part):
    copy = copy_of(jar)
    jar.parent = None
    bpy.data.objects.remove(jar)
    gather = part("scene.gather")
    model, thing = gather.target_of(bpy.context)
    assert thing == copy and len(model.cameras) == 8
    assert len(gather.gather(bpy.context, model, copy, modifiers=True).mesh.poses) == 8


def test_undo_takes_it_back_in_one_step(jar, part):
    name, worn = jar.name, part("scene.worn")
    grey = worn.worn(jar).name
    jar.data.uv_layers.remove(jar.data.uv_layers.active)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.maquette.retexture("EXEC_DEFAULT", True) == {"FINISHED"}
    assert len(bpy.data.objects[name].data.uv_layers) == 1
    bpy.ops.ed.undo()
    again = bpy.data.objects[name]
    assert len(again.data.uv_layers) == 0 and worn.worn(again).name == grey and "maquette_now" not in again


def test_new_uvs_and_modifiers_that_change_faces_are_told_apart(jar):
    jar.modifiers.new("Subdivision", "SUBSURF")
    bpy.context.scene.maquette.retexture.new_uvs = True
    with pytest.raises(RuntimeError, match="Apply them, or turn Modifiers off"):
        bpy.ops.maquette.retexture()


def test_moved_photos_are_named_in_the_error(jar, part, finished, tmp_path):
    from engine import storage

    out = tmp_path / "Jar"
    (out / ".maquette").mkdir(parents=True)
    sparse = storage.read_sparse(finished / ".maquette" / "sparse.npz")
    posed = [replace(p, photo=replace(p.photo, path=tmp_path / "gone" / p.photo.name)) for p in sparse.posed]
    storage.write_sparse(out / ".maquette" / "sparse.npz", replace(sparse, posed=tuple(posed)))
    part("scene.gather").model_for(bpy.context, jar).collection["maquette_folder"] = str(out)
    with pytest.raises(RuntimeError, match="8 of 8 photos are no longer in"):
        bpy.ops.maquette.retexture()
    told = [line for line in bpy.context.window_manager.maquette.messages if line.code == "photos_gone"]
    assert told and part("operators.remedies").REMEDIES["photos_gone"]
    assert bpy.ops.maquette.find_retexture_photos(directory=str(finished.parent / "photos")) == {"FINISHED"}
    assert not any(line.code == "photos_gone" for line in bpy.context.window_manager.maquette.messages)
    assert bpy.ops.maquette.retexture() == {"FINISHED"}


def test_from_a_shell_the_blend_is_opened_coloured_and_saved(jar, part, tmp_path, capfd):
    copy_of(jar, "Other")
    blend, out = tmp_path / "jar.blend", tmp_path / "done.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    main = part("operators.command").main
    assert main(["retexture", str(blend), "--object", "Nobody"]) == 2
    assert "no object named Nobody" in capfd.readouterr().err
    assert main(["retexture", str(blend), "--object", "Jar", "--texture", "1024", "-o", str(out)]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    thing = bpy.data.objects["Jar"]
    assert part("scene.worn").shown(thing) == part("scene.worn").NOW and "maquette_now" not in bpy.data.objects["Other"]
    assert similarity_to_truth(thing, part) > 24


@pytest.mark.parametrize("storage", ["PACKED", "BESIDE"])
def test_what_was_painted_stays_when_the_mesh_is_sculpted_on(jar, part, tmp_path, storage):
    worn = part("scene.worn")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "jar.blend"))
    bpy.context.scene.maquette.storage = storage
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    image = worn.worn(jar)
    painted = pixels_of(image)
    painted[100:140, 200:260] = (1, 0, 1, 1)
    image.pixels.foreach_set(painted.ravel())
    image.update()
    assert image.is_dirty
    jar.data.vertices[0].co.z += 0.01
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    after = worn.worn(jar)
    assert after != image and jar[worn.BEFORE] == image
    assert np.allclose(pixels_of(after)[100:140, 200:260], (1, 0, 1, 1))
    assert similarity_to_truth(jar, part) > 22
    bpy.context.scene.maquette.retexture.keep_painted = False
    assert bpy.ops.maquette.retexture() == {"FINISHED"}
    assert not np.allclose(pixels_of(worn.worn(jar))[100:140, 200:260], (1, 0, 1, 1), atol=0.1)


def test_triangles_and_polygons_are_gathered_alike(maquette, part):
    """All triangles, and n-gons among them: each corner's place and UV, and whose triangle it is."""
    triangles = part("scene.gather")._triangles
    bpy.ops.mesh.primitive_cylinder_add(vertices=7)
    cylinder = bpy.context.object.data
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=2)
    sphere = bpy.context.object.data
    for mesh, sides in ((cylinder, {4, 7}), (sphere, {3})):
        assert {len(polygon.vertices) for polygon in mesh.polygons} == sides
        (surface, polygons, uvs), corners, name = triangles(mesh, np.eye(4))
        assert len(surface.faces) == sum(len(polygon.vertices) - 2 for polygon in mesh.polygons) and name == "UVMap"
        for face, polygon, uv, corner in zip(surface.faces, polygons, uvs, corners, strict=True):
            owner = mesh.polygons[polygon]
            assert set(face) <= set(owner.vertices) and set(corner) <= set(owner.loop_indices)
            assert [mesh.loops[c].vertex_index for c in corner] == list(face)
            assert np.allclose(uv, [mesh.uv_layers.active.uv[c].vector for c in corner])
            a, b, c = surface.vertices[face]
            assert np.dot(np.cross(b - a, c - a), owner.normal) > 0
    mirrored = triangles(sphere, np.diag([-1.0, 1.0, 1.0, 1.0]))[0][0]
    a, b, c = mirrored.vertices[mirrored.faces].transpose(1, 0, 2)
    assert (np.einsum("ni,ni->n", np.cross(b - a, c - a), a + b + c) > 0).all()  # still outwards
