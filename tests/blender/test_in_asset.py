"""Scan to asset, the whole as an artist has it: presets, files read again, once more, undone, what goes wrong."""

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

from .bumpy import BUDGET, coordinates, triangles


@pytest.fixture
def scan(maquette, bumpy_folder, tmp_path):
    """The scan in the scene; small and quick settings. Gives the group of the asset's settings."""
    folder = tmp_path / bumpy_folder.name
    shutil.copytree(bumpy_folder, folder)
    bpy.ops.maquette.import_result(directory=str(folder))
    group = bpy.context.scene.maquette.asset
    group.colour, group.texture, group.triangles = "scan", "512", BUDGET
    return group


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
    model.name = "Bumpy_Ball"  # as its asset would be called
    kept = make().objects["Bumpy_Ball Asset"]
    assert model.name == "Bumpy_Ball" and model.hide_get() and not kept.hide_get()
    assert len(kept.data.polygons) == len(model.data.polygons)
    uvs = [np.array([loop.vector[:] for loop in thing.data.uv_layers.active.uv]) for thing in (model, kept)]
    assert np.allclose(*uvs)


def test_photos_that_are_gone_are_said_and_the_scan_s_texture_serves(scan, part, monkeypatch):
    quiet(scan)
    scan.colour = "photos"
    operator = part("operators.asset_photos")
    error = part("engine.errors").EngineError
    monkeypatch.setattr(operator, "engine_command", lambda words: (_ for _ in ()).throw(error("x", "No engine.")))
    first = make().objects[0]
    assert any("No engine." in line and "scan's texture instead" in line for line in messages())
    assert any(one.name.endswith("_D") for one in bpy.data.images) and first is not None


def test_the_photos_count_from_where_their_cameras_stand(scan, part, tmp_path, monkeypatch):
    """The engine is asked with the artist's cameras: one moved, one left out."""
    quiet(scan)
    scan.colour = "photos"
    copy = "import shutil, sys; shutil.copy(*sys.argv[1:3])"
    asked = tmp_path / "asked.npz"
    monkeypatch.setattr(
        part("operators.asset_photos"),
        "engine_command",
        lambda words: [sys.executable, "-c", copy, words[words.index("--mesh") + 1], str(asked)],
    )
    model = part("scene.model").active_model(bpy.context)
    names = [part("scene.model").photo_of(camera) for camera in model.cameras]
    before = part("scene.gather").placed_cameras(model, np.eye(4)).poses
    model.cameras[1].location.x += 0.4
    model.cameras[3].hide_render = True
    make()
    told = np.load(asked)
    assert list(told["photos"]) == [name for name in names if name != names[3]]
    poses = dict(zip(told["photos"], told["cam_from_world"], strict=True))
    eye = {name: -pose[:, :3].T @ pose[:, 3] for name, pose in poses.items()}
    was = {name: -pose[:, :3].T @ pose[:, 3] for name, pose in before.items()}
    assert np.linalg.norm(eye[names[1]] - was[names[1]]) == pytest.approx(0.4, rel=0.01)
    assert np.allclose(eye[names[0]], was[names[0]], atol=1e-5)
    assert any("where you moved their cameras" in line for line in messages())
    assert any("could not be projected" in line for line in messages())  # this engine only listened


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
