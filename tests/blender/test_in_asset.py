"""Scan to asset: budget, UVs, bakes, levels, collider, names, files read again, presets, once more, undone."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from .bumpy import RADIUS, bumpy_sphere

BUDGET = 2000


@pytest.fixture(scope="session")
def bumpy_folder(result_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose mesh is the bumpy sphere."""
    from engine import storage

    out = tmp_path_factory.mktemp("bumpy") / "Bumpy Bäll"
    shutil.copytree(result_folder, out)
    storage.write_textured(out / ".maquette" / "textured.npz", bumpy_sphere())
    return out


@pytest.fixture
def scan(maquette, bumpy_folder, tmp_path):
    """The scan in the scene; small and quick settings. Gives the group of the asset's settings."""
    folder = tmp_path / bumpy_folder.name
    shutil.copytree(bumpy_folder, folder)
    bpy.ops.maquette.import_result(directory=str(folder))
    group = bpy.context.scene.maquette.asset
    group.colour, group.texture, group.triangles = "scan", "512", BUDGET
    return group


@pytest.fixture
def high(maquette, bumpy_folder, part):
    """The bumpy sphere as the recipe's first step gives it: cleaned, with its material."""
    bpy.ops.maquette.import_result(directory=str(bumpy_folder))
    clean = part("scene.asset.clean")
    copy = clean.copy_scan(bpy.data.objects[bumpy_folder.name], "High")
    for thing in list(bpy.data.objects):
        if thing != copy:
            bpy.data.objects.remove(thing)
    assert clean.clean(copy, 0.01) == 1
    assert tuple(round(value, 2) for value in clean.stand(copy)) == (0, 0, -0.5)  # the crumb did not shift it
    bpy.context.view_layer.update()
    return copy


def asset() -> bpy.types.Collection:
    found = [one for one in bpy.data.collections if one.name.endswith(" Asset")]
    assert len(found) == 1
    return found[0]


def make() -> bpy.types.Collection:
    assert bpy.ops.maquette.make_asset() == {"FINISHED"}
    return asset()


def messages() -> list[str]:
    return [line.text for line in bpy.context.window_manager.maquette.messages]


def quiet(group) -> None:
    """No baking, no files: what a test needs it switches on."""
    group.colour, group.normal, group.occlusion, group.shelf = "none", False, False, False
    group.glb = group.usdz = group.fbx = group.obj = False
    group.lods, group.collider = 0, "none"


def triangles(mesh: bpy.types.Mesh) -> int:
    return len(mesh.loops) - 2 * len(mesh.polygons)


def coordinates(thing: bpy.types.Object) -> np.ndarray:
    return np.array([thing.matrix_world @ vertex.co for vertex in thing.data.vertices])


# The steps, on plain objects


def test_cleaning_drops_the_crumb_and_leaves_the_rest(high):
    assert len(high.data.polygons) == len(bumpy_sphere().mesh.faces) - 4
    assert abs(high.dimensions.x - 2 * RADIUS) < 0.02


def test_a_mirrored_scan_still_looks_outwards(maquette, part):
    bpy.ops.mesh.primitive_uv_sphere_add(location=(3, 0, 0))
    scan = bpy.context.object
    scan.scale = (-2, 1, 1)
    bpy.context.view_layer.update()
    copy = part("scene.asset.clean").copy_scan(scan, "Copy")
    pivot = part("scene.asset.clean").stand(copy)
    bpy.context.view_layer.update()
    assert tuple(round(value, 3) for value in pivot) == (3, 0, -1)
    assert tuple(round(value, 3) for value in copy.dimensions) == (4, 2, 2) and copy.scale[:] == (1, 1, 1)
    middle = np.array([0, 0, 1])
    assert all(np.dot(face.normal, np.array(face.center) - middle) > 0 for face in copy.data.polygons)


@pytest.mark.parametrize("method", ["triangles", "quads", "closed"])
def test_the_budget_is_met_on_the_scan_s_surface(high, part, method):
    retopo, kinds, tools = part("scene.asset.retopo"), part("scene.asset.settings").Retopo, part("scene.asset.tools")
    said = []
    low = retopo.retopologise(high, kinds(method), BUDGET, "Low", lambda kind, text: said.append(text))
    assert low.name == "Low" and abs(triangles(low.data) / BUDGET - 1) < 0.05
    assert tools.open_edges(low.data) == (0, 0)
    apart = part("scene.asset.bake")._distances(high, coordinates(low))
    assert np.percentile(apart, 95) < 0.01 * 2 * RADIUS
    assert all(face.use_smooth for face in low.data.polygons)
    if method == "quads":
        quads = sum(len(face.vertices) == 4 for face in low.data.polygons)
        assert quads > 0.9 * len(low.data.polygons) and not said


def test_an_open_scan_becomes_watertight(high, part):
    """A third of it is missing, as under a thing that stood on a table."""
    import bmesh

    work = bmesh.new()
    work.from_mesh(high.data)
    gone = [vertex for vertex in work.verts if vertex.co.z < 0.2]
    bmesh.ops.delete(work, geom=gone, context="VERTS")
    work.to_mesh(high.data)
    work.free()
    tools = part("scene.asset.tools")
    assert tools.open_edges(high.data)[0] > 50
    retopo, kinds = part("scene.asset.retopo"), part("scene.asset.settings").Retopo
    low = retopo.retopologise(high, kinds.CLOSED, BUDGET, "Low", lambda kind, text: None)
    assert tools.open_edges(low.data) == (0, 0) and abs(triangles(low.data) / BUDGET - 1) < 0.05


def test_without_quadriflow_it_says_so_and_goes_on(high, part, monkeypatch):
    retopo, kinds = part("scene.asset.retopo"), part("scene.asset.settings").Retopo
    monkeypatch.setattr(retopo, "_quads", lambda *_: None)
    said = []
    low = retopo.retopologise(high, kinds.QUADS, BUDGET, "Low", lambda kind, text: said.append((kind, text)))
    assert said[0][0] == "WARNING" and "QuadriFlow" in said[0][1]
    assert abs(triangles(low.data) / BUDGET - 1) < 0.05


@pytest.fixture
def low(high, part):
    """A light mesh with UVs."""
    kinds = part("scene.asset.settings").Retopo
    made = part("scene.asset.retopo").retopologise(high, kinds.TRIANGLES, BUDGET, "Low", lambda *_: None)
    part("scene.asset.uvs").unwrap(made, 256)
    return made


def test_uvs_fill_the_square_and_do_not_overlap(low, part):
    uvs = part("scene.asset.uvs")
    corners, _ = uvs.uv_triangles(low.data)
    assert corners.min() >= 0 and corners.max() <= 1
    count = uvs.cover_count(corners, 512)
    assert (count > 0).mean() > 0.4
    assert (count > 1).sum() < 0.002 * (count > 0).sum()
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    signed = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    assert (signed > 0).mean() > 0.995  # mirrored charts would turn the normal map's bumps into dents
    area = np.array([face.area for face in low.data.polygons])
    density = signed / 2 / area
    assert np.percentile(density, 5) > 0.3 * np.median(density)  # no face gets next to no texture


def test_bakes_carry_colour_bumps_and_the_crease(high, low, part):
    """The low mesh with its normal map must look more like the high one than the low mesh alone."""
    bake, charts = part("scene.asset.bake"), part("scene.asset.uvs")
    reach = bake.reach_between(low, high)
    assert 0.002 < reach / (2 * RADIUS) < 0.06
    colour = part("scene.asset.pictures").srgb_from_linear(bake.bake_colour(low, high, 256, reach))
    normal = bake.bake_normal(low, high, 256, reach)
    occlusion = bake.bake_occlusion(low, high, 256, reach, 16)
    assert normal[..., 2].mean() > 0.85 and normal[..., 2].min() >= 0.4  # it points up
    assert occlusion.min() >= 0 and occlusion.max() <= 1
    where, corners = _texels(low, charts, 256)
    place, along, tangents = corners
    middle = np.array([0, 0, high.dimensions.z / 2])
    away = place - middle
    polar = np.arccos(np.clip(away[:, 2] / np.linalg.norm(away, axis=1), -1, 1))
    rows, columns = where
    red = colour[rows, columns, 0]
    assert np.abs(red - np.interp(polar, [0, np.pi], [250 / 255, 5 / 255])).mean() < 0.03
    crease = np.abs(away[:, 2]) < 0.01
    open_ground = np.abs(away[:, 2]) > 0.15
    assert occlusion[rows, columns, 0][crease].mean() < occlusion[rows, columns, 0][open_ground].mean() - 0.15
    truth = _nearest_normals(high, place)
    baked = np.einsum("nk,nkc->nc", normal[rows, columns] * 2 - 1, tangents)
    baked /= np.linalg.norm(baked, axis=1, keepdims=True)
    with_map = np.degrees(np.arccos(np.clip((baked * truth).sum(1), -1, 1)))
    without = np.degrees(np.arccos(np.clip((along * truth).sum(1), -1, 1)))
    assert with_map.mean() < 0.6 * without.mean() and with_map.mean() < 3.5


def _texels(low, charts, size):
    """The texel under each triangle's middle: (rows, columns), and there the place, the smooth normal and the (3, 3) tangent frame."""
    mesh = low.data
    mesh.calc_tangents()
    uvs = mesh.uv_layers.active.uv
    at, places, normals, frames = [], [], [], []
    for face in mesh.polygons:
        loops = list(face.loop_indices)
        uv = np.mean([uvs[loop].vector for loop in loops], axis=0)
        at.append((uv * size).astype(int))
        places.append(face.center)
        normal = np.mean([mesh.loops[loop].normal for loop in loops], axis=0)
        tangent = np.mean([mesh.loops[loop].tangent for loop in loops], axis=0)
        sign = mesh.loops[loops[0]].bitangent_sign
        normals.append(normal / np.linalg.norm(normal))
        frames.append([tangent, sign * np.cross(normal, tangent), normal])
    at = np.array(at)
    return (at[:, 1], at[:, 0]), (np.array(places), np.array(normals), np.array(frames))


def _nearest_normals(high, points):
    from mathutils.bvhtree import BVHTree
    from mathutils.interpolate import poly_3d_calc

    mesh = high.data
    tree = BVHTree.FromPolygons([v.co for v in mesh.vertices], [f.vertices[:] for f in mesh.polygons])
    found = []
    for point in points:
        place, _, index, _ = tree.find_nearest(point)
        corners = [mesh.vertices[i] for i in mesh.polygons[index].vertices]
        weights = poly_3d_calc([corner.co for corner in corners], place)
        normal = np.sum([np.array(corner.normal) * w for corner, w in zip(corners, weights, strict=True)], axis=0)
        found.append(normal / np.linalg.norm(normal))
    return np.array(found)


def test_nothing_unknown_stays_black(maquette, part):
    fill = part("scene.asset.pictures").fill
    values, known = np.zeros((48, 64, 3), np.float32), np.zeros((48, 64), bool)
    values[10:20, 30:40], known[10:20, 30:40] = (0.2, 0.4, 0.6), True
    filled = fill(values, known)
    assert np.allclose(filled, (0.2, 0.4, 0.6), atol=1e-5)
    assert np.array_equal(filled[known], values[known])


@pytest.mark.parametrize("kind,budget", [("convex", 32), ("convex", 100), ("box", 12)])
def test_the_collider_holds_the_mesh_within_its_budget(high, part, kind, budget):
    kinds = part("scene.asset.settings").Collider
    made = part("scene.asset.collider").make_collider(high, kinds(kind), budget, "Collider")
    assert 4 <= triangles(made.data) <= budget
    assert part("scene.asset.tools").open_edges(made.data) == (0, 0)
    points = coordinates(high)
    outside = [((points - np.array(face.center)) @ np.array(face.normal)).max() for face in made.data.polygons]
    assert max(outside) < 1e-6
    slack = made.dimensions.x / high.dimensions.x
    assert 1 <= slack < (1.5 if kind == "convex" else 1.01)


def test_names_follow_the_engine(maquette, part):
    naming, kinds = part("scene.asset.naming"), part("scene.asset.settings")
    convention, convex, box = kinds.Convention, kinds.Collider.CONVEX, kinds.Collider.BOX

    def named(which, levels=2):
        return naming.names_for("Großer Bäll 2/x", which, levels)

    unreal = named(convention.UNREAL)
    assert (unreal.root, unreal.mesh(), unreal.mesh(1)) == (
        "SM_GrosserBall2X",
        "SM_GrosserBall2X_LOD0",
        "SM_GrosserBall2X_LOD1",
    )
    assert unreal.collider(convex) == "UCX_SM_GrosserBall2X_LOD0_00"
    assert named(convention.UNREAL, 0).collider(box) == "UBX_SM_GrosserBall2X_00"
    assert [unreal.texture(what) for what in ("colour", "normal", "occlusion")] == [
        "T_GrosserBall2X_D",
        "T_GrosserBall2X_N",
        "T_GrosserBall2X_ORM",
    ]
    assert (unreal.material, unreal.flips_green) == ("M_GrosserBall2X", True)
    unity = named(convention.UNITY)
    assert (unity.mesh(2), unity.collider(convex)) == ("Grosser_Ball_2_x_LOD2", "Grosser_Ball_2_x_collider")
    godot = named(convention.GODOT)
    assert (godot.mesh(1), godot.collider(box)) == ("grosser_ball_2_x_lod1", "grosser_ball_2_x-convcolonly")
    assert naming.names_for("???", convention.PLAIN, 0).mesh() == "Asset"


def test_catalogues_are_added_and_never_written_over(maquette, part, tmp_path):
    shelf = part("scene.asset.shelf")
    number = shelf.catalogue_number(tmp_path, "Props/Scans")
    file = tmp_path / shelf.CATALOGUES
    assert f"{number}:Props/Scans:Props-Scans" in file.read_text().splitlines() and "VERSION 1" in file.read_text()
    assert shelf.catalogue_number(tmp_path, "Props/Scans") == number
    theirs = "# mine\nVERSION 1\n\n11111111-2222-3333-4444-555555555555:Scans:My Scans"
    file.write_text(theirs)
    assert shelf.catalogue_number(tmp_path, "Scans") == "11111111-2222-3333-4444-555555555555"
    assert file.read_text() == theirs
    shelf.catalogue_number(tmp_path, "Other")
    assert file.read_text().startswith(theirs + "\n")
    file.write_text("VERSION 7\n")
    assert shelf.catalogue_number(tmp_path, "Other") is None and file.read_text() == "VERSION 7\n"
    assert shelf.clean_catalogue(" a: b /c// ") == "a- b/c"


# The whole, as an artist has it


def test_game_prop(scan, tmp_path):
    """All steps, in a saved file: what comes into the scene, what lies on the disk."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    before = bpy.data.objects["Bumpy Bäll"]
    mesh = np.array([vertex.co for vertex in before.data.vertices])
    collection = make()
    assert sorted(thing.name for thing in collection.objects) == [
        "SM_BumpyBall",
        *(f"SM_BumpyBall_LOD{level}" for level in range(4)),
        "UCX_SM_BumpyBall_LOD0_00",
    ]
    levels = [triangles(collection.objects[f"SM_BumpyBall_LOD{level}"].data) for level in range(4)]
    assert all(abs(count / (BUDGET * 0.5**level) - 1) < 0.05 for level, count in enumerate(levels))
    first = bpy.context.view_layer.objects.active
    assert first.name == "SM_BumpyBall_LOD0" and first.visible_get()
    assert not collection.objects["SM_BumpyBall_LOD1"].visible_get() and not before.visible_get()
    assert {one.data.materials[0] for one in collection.objects if "LOD" in one.name and one.name.startswith("SM")} == {
        first.data.materials[0]
    }
    # the scan is as it was, and the asset lies in it
    assert np.array_equal(mesh, np.array([vertex.co for vertex in before.data.vertices]))
    assert np.abs(coordinates(first).mean(0) - mesh.mean(0)).max() < 0.02
    # shelf
    assert first.asset_data is not None and {tag.name for tag in first.asset_data.tags} == {"scan", "prop"}
    assert first.asset_data.catalog_id in (tmp_path / "blender_assets.cats.txt").read_text()
    assert first.preview is not None and tuple(first.preview.image_size) == (256, 256)
    # files
    folder = Path(collection["maquette_asset_folder"])
    assert {path.name for path in folder.rglob("*.*")} >= {
        "SM_BumpyBall.fbx",
        "SM_BumpyBall.glb",
        "T_BumpyBall_D.png",
        "T_BumpyBall_N.png",
        "T_BumpyBall_ORM.png",
        "preview.png",
        "asset.json",
    }
    assert not list(folder.glob(".part*"))
    # Unreal's file has its green turned, Blender's picture not
    ours = next(one for one in bpy.data.images if one.name == "T_BumpyBall_N")
    disk = bpy.data.images.load(str(folder / "textures" / "T_BumpyBall_N.png"))
    green = [np.array(one.pixels[:]).reshape(-1, 4)[:, 1] for one in (ours, disk)]
    assert np.allclose(green[0], 1 - green[1], atol=2 / 255) and np.ptp(green[0]) > 0.05
    assert not [line for line in messages() if "not" in line]
    # a tool of the model still finds it with the asset selected
    assert bpy.ops.maquette.show_asset(asset=False) == {"FINISHED"}
    assert before.visible_get() and not first.visible_get()


def test_again_replaces_and_undo_brings_back(scan):
    quiet(scan)
    scan.lods, scan.glb = 1, True
    first = make()
    folder = Path(first["maquette_asset_folder"])
    counts = {
        kind: len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "collections", "materials", "images")
    }
    scan.convention = "plain"
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.maquette.make_asset("EXEC_DEFAULT", True) == {"FINISHED"}
    assert {kind: len(getattr(bpy.data, kind)) for kind in counts} == counts | {"objects": counts["objects"] - 1}
    assert {thing.name for thing in asset().objects} == {
        "Bumpy_Ball_LOD0",
        "Bumpy_Ball_LOD1",
    }  # plain names need no parent
    assert {path.name for path in folder.glob("*.glb")} == {"Bumpy_Ball.glb", "Bumpy_Ball_LOD1.glb"}  # the old is gone
    bpy.ops.ed.undo()
    assert "SM_BumpyBall_LOD0" in asset().objects and "Bumpy_Ball_LOD0" not in bpy.data.objects


IMPORTERS = {
    "glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    "usdz": lambda path: bpy.ops.wm.usd_import(filepath=path, import_textures_mode="IMPORT_PACK"),
    "fbx": lambda path: bpy.ops.import_scene.fbx(filepath=path),
    "obj": lambda path: bpy.ops.wm.obj_import(filepath=path),
}


def test_every_file_comes_back_with_its_size_triangles_and_textures(scan):
    """Moved, turned and scaled before: the files stand upright on the origin and have the size that is seen."""
    model = bpy.data.objects["Bumpy Bäll"]
    model.location, model.scale = (4, 5, 6), (2, 2, 3)
    quiet(scan)
    scan.colour, scan.normal, scan.collider, scan.convention = "scan", True, "box", "unity"
    for kind in IMPORTERS:
        setattr(scan, kind, True)
    folder = Path(make()["maquette_asset_folder"])
    assert not messages()
    for kind, read in IMPORTERS.items():
        bpy.ops.wm.read_homefile(use_empty=True)
        read(str(folder / f"Bumpy_Ball.{kind}"))
        bpy.context.view_layer.update()
        meshes = [thing for thing in bpy.data.objects if thing.type == "MESH" and "collider" not in thing.name]
        assert len(meshes) == 1 and triangles(meshes[0].data) == pytest.approx(BUDGET, rel=0.05), kind
        points = coordinates(meshes[0])
        assert np.allclose(np.ptp(points, axis=0), (2, 2, 3), atol=0.06), kind
        assert np.abs(points.min(0) - (-1, -1, 0)).max() < 0.06, kind
        assert len(meshes[0].data.uv_layers) == 1
        images = [one for one in bpy.data.images if one.size[0] == 512]
        assert len(images) >= 2, kind
        if kind == "fbx":
            assert any("collider" in thing.name for thing in bpy.data.objects)


@pytest.mark.parametrize("preset", ["game", "film", "web"])
def test_each_preset_fills_the_fields(maquette, part, preset):
    group = bpy.context.scene.maquette.asset
    fresh = part("properties.asset").settings_of(group, "X")
    group.preset = preset
    kinds = part("scene.asset.settings")
    truth = kinds.PRESETS[kinds.Preset(preset)]
    got = part("properties.asset").settings_of(group, "Asset")
    for name, value in vars(truth).items():
        if name not in ("colour", "formats", "smallest_part", "lod_ratio"):
            assert getattr(got, name) == value, name
    assert (got.smallest_part, got.lod_ratio) == pytest.approx((truth.smallest_part, truth.lod_ratio))
    assert set(got.formats) == set(truth.formats)
    assert got.colour is kinds.Colour.PHOTOS
    if preset == "game":  # what a new file starts with
        assert {**vars(fresh), "name": ""} == {**vars(got), "name": ""}


def test_web_passes_its_limits_or_says_what_was_done(scan, part):
    """The worker itself, with a limit that no texture of this size can keep."""
    kinds, bench, jobs = part("scene.asset.settings"), part("scene.asset.bench"), part("scene.asset.job")
    group = bpy.context.scene.maquette.asset
    folder = Path(bpy.data.collections["Bumpy Bäll"]["maquette_folder"])
    group.preset, group.colour, group.texture, group.triangles, group.occlusion = "web", "scan", "1024", 3000, False
    settings = part("properties.asset").settings_of(group, "Bumpy")
    assert settings.jpeg and settings.limits.triangles == 100_000
    part("scene.asset.place").write_copy(bpy.data.objects["Bumpy Bäll"], folder / "scan.blend")
    tight = dataclasses.replace(
        settings, limits=kinds.Limits(source="a test", triangles=2500, glb_mb=0.03), shelf=False
    )
    job = jobs.AssetJob(
        source=folder / "scan.blend",
        scan="Bumpy Bäll",
        folder=folder / "asset",
        made=folder / "made.blend",
        settings=tight,
    )
    job.write(folder / "job.json")
    assert jobs.AssetJob.read(folder / "job.json") == job
    worker = Path(bench.__file__).with_name("worker.py")
    ran = subprocess.run(
        [sys.executable, str(worker), str(folder / "job.json")], stdin=subprocess.PIPE, capture_output=True, text=True
    )
    assert ran.returncode == 130  # its input closed, as when Blender is closed: it ends
    with subprocess.Popen(
        [sys.executable, str(worker), str(folder / "job.json")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        told = [json.loads(line) for line in running.stdout if line.startswith('{"event"')]
    assert running.returncode == 0, told[-1:]
    facts, warnings = told[-1]["summary"]["facts"], [one["sentence"] for one in told if one["event"] == "warning"]
    assert any("triangles, 2,500 are allowed" in sentence for sentence in warnings)
    assert any(line.startswith("GLB") and "512 px to fit" in line for line in facts)
    files = json.loads((folder / "asset" / "asset.json").read_text())["files"]
    assert "Bumpy.glb" in files and "Bumpy.usdz" in files and "textures/Bumpy_BaseColor.jpg" in files
    assert part("operators.runner").missing_libraries() == []  # a Blender beside ours once took all extensions' wheels


def test_as_it_is_keeps_the_artist_s_mesh_and_uvs(scan):
    quiet(scan)
    scan.retopo, scan.uvs, scan.clean, scan.convention = "keep", False, False, "plain"
    model = bpy.data.objects["Bumpy Bäll"]
    kept = make().objects["Bumpy_Ball"]
    assert len(kept.data.polygons) == len(model.data.polygons)
    uvs = [np.array([loop.vector[:] for loop in thing.data.uv_layers.active.uv]) for thing in (model, kept)]
    assert np.allclose(*uvs)


def test_photos_that_are_gone_are_said_and_the_scan_s_texture_serves(scan, part, monkeypatch):
    quiet(scan)
    scan.colour = "photos"
    operator = part("operators.make_asset")
    error = part("engine.errors").EngineError
    monkeypatch.setattr(operator, "engine_command", lambda words: (_ for _ in ()).throw(error("x", "No engine.")))
    first = make().objects[0]
    assert any("No engine." in line and "scan's texture instead" in line for line in messages())
    assert any(one.name.endswith("_D") for one in bpy.data.images) and first is not None


def test_without_a_model_it_says_so(maquette):
    with pytest.raises(RuntimeError, match="no model in this scene"):
        bpy.ops.maquette.make_asset()


def test_the_command_does_the_same(maquette, bumpy_folder, part, tmp_path, capsys, monkeypatch):
    """With all slow steps off: that the words arrive is what is asked here."""
    folder = tmp_path / bumpy_folder.name
    shutil.copytree(bumpy_folder, folder)
    settings = part("properties.asset").settings_of
    operator, kinds = part("operators.make_asset"), part("scene.asset.settings")

    def plain(group, name):
        slow = {"colour": kinds.Colour.NONE, "normal": False, "occlusion": False, "shelf": False, "formats": ()}
        return dataclasses.replace(settings(group, name), **slow)

    monkeypatch.setattr(operator, "settings_of", plain)
    words = ["asset", str(folder), "--preset", "web", "--triangles", "1500", "--names", "godot"]
    assert part("operators.command").main(words) == 0
    assert triangles(asset().objects["bumpy_ball"].data) == pytest.approx(1500, rel=0.05)
    assert (folder / "asset" / f"{folder.name}.blend").is_file()
    assert part("operators.command").main(["asset", str(tmp_path / "nothing")]) == 2
    assert "holds no finished model" in capsys.readouterr().err
