"""Size from printed markers and from a card in a photo: the operators say what the engine says, and the model is that large."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from .made_up import box
from .test_in_engine import play  # noqa: F401  (a fixture)

UNIT = 3.7  # of the solved world, to a metre


@pytest.fixture(scope="session")
def table_folder(installed, tmp_path_factory) -> Path:
    """A finished run whose photos show a table with two markers of 50 mm; its box is a third of a metre wide."""
    import cv2

    from engine import storage
    from tests.markers import Printed, photograph

    out = tmp_path_factory.mktemp("marked") / "Table"
    (out / ".maquette").mkdir(parents=True)
    printed = [
        Printed(dictionary=cv2.aruco.DICT_4X4_50, number=i, x=0.2 * i - 0.1, y=0.05, size=0.05, angle=25 * i)
        for i in range(2)
    ]
    turn = cv2.Rodrigues(np.array([0.2, -0.1, 0.0]))[0]
    sparse = photograph(out.parent / "photos", printed, count=3, width=720, height=540, scale=UNIT, turn=turn)
    storage.write_sparse(out / ".maquette" / "sparse.npz", sparse)
    storage.write_textured(out / ".maquette" / "textured.npz", box())
    (out / "report.json").write_text(json.dumps({"photos": 3, "registered": 3}), encoding="utf-8")
    return out


@pytest.fixture
def table(maquette, part, table_folder):
    bpy.ops.maquette.import_result(directory=str(table_folder))
    return lambda: part("scene.model").active_model(bpy.context)


@pytest.mark.parametrize("unit_scale", [1.0, 0.01])
def test_markers_give_the_size_wherever_the_artist_has_the_model(table, part, unit_scale):
    bpy.context.scene.unit_settings.scale_length = unit_scale
    part("scene.model").move(table(), Matrix.Rotation(0.5, 4, "X") @ Matrix.Scale(8, 4))
    table().mesh.location = (4, 5, 6)
    bpy.context.view_layer.update()
    assert bpy.ops.maquette.scale_from_markers(size=0.05 / unit_scale) == {"FINISHED"}
    found = table()
    assert np.isclose(found.mesh.dimensions.x * unit_scale, 1 / UNIT, rtol=0.006)
    assert all(np.allclose(thing.scale, 1, atol=1e-5) for thing in found.objects)
    assert part("scene.scale").source_of(found) == "2 markers of 50 mm"


def test_the_operator_is_the_engine_s_call(table, table_folder):
    from engine.jobs import ScaleJob
    from engine.recipes import scale
    from engine.settings import ScaleSettings

    found = scale.run(ScaleJob(out=table_folder, settings=ScaleSettings(marker_size=0.08)))
    bpy.context.scene.maquette.scale.marker_size = 0.08
    bpy.ops.maquette.scale_from_markers()
    assert table().mesh.dimensions.x == pytest.approx(found.summary["scale"]["metres_per_unit"], rel=1e-4)


def test_markers_on_the_ground_make_the_floor(table, part):
    bpy.ops.maquette.scale_from_markers(size=0.05, floor=True)
    eyes = sorted(camera.matrix_world.translation.z for camera in table().cameras)
    assert eyes == pytest.approx([0.5, 0.5, 0.9], abs=0.01)  # as high above the table as they were


def test_undo_takes_the_markers_size_back_in_one_step(table):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.scale_from_markers("EXEC_DEFAULT", True, size=0.05)
    assert table().mesh.dimensions.x < 0.5
    bpy.ops.ed.undo()
    assert table().mesh.dimensions.x == pytest.approx(1) and "maquette_size_from" not in table().collection


def test_without_markers_the_reason_is_told_and_nothing_moves(maquette, part, result_folder):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    with pytest.raises(RuntimeError, match="No marker was found"):
        bpy.ops.maquette.scale_from_markers(size=0.05)
    model = part("scene.model").active_model(bpy.context)
    assert model.mesh.dimensions.x == pytest.approx(1) and part("scene.scale").source_of(model) == ""


def test_a_sheet_is_saved(maquette, tmp_path):
    settings = bpy.context.scene.maquette.scale
    settings.paper, settings.marker_size = "LETTER", 0.03
    assert bpy.ops.maquette.marker_sheet(filepath=str(tmp_path / "my sheet")) == {"FINISHED"}
    data = (tmp_path / "my sheet.pdf").read_bytes()
    assert data.startswith(b"%PDF") and b"MediaBox [ 0 0 612" in data
    assert "30 mm" in bpy.context.window_manager.maquette.messages[-1].text
    assert [path.name for path in tmp_path.iterdir()] == ["my sheet.pdf"]


def test_the_build_is_told_of_the_markers(play, maquette, tmp_path):  # noqa: F811
    from PIL import Image

    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (64, 48)).save(photos / "a.jpg")
    bpy.ops.maquette.add_photos(directory=str(photos), files=[{"name": "a.jpg"}])
    scene = bpy.context.scene
    scene.maquette.output = str(tmp_path / "out")
    words = play("done")
    bpy.ops.maquette.build_model()
    assert "--marker-size" not in words()
    scene.unit_settings.scale_length = 0.01
    settings = scene.maquette.scale
    settings.use_markers, settings.markers_on_floor, settings.marker_size = True, True, 4.0
    bpy.ops.maquette.build_model()
    at = words().index("--marker-size")
    assert float(words()[at + 1]) == pytest.approx(0.04) and words()[at + 2] == "--marker-floor"


@pytest.mark.parametrize(("unit_scale", "size"), [(1.0, 1.0), (0.01, 100.0)])
def test_a_run_in_metres_comes_in_the_scene_s_units(maquette, part, result_folder, tmp_path, unit_scale, size):
    out = tmp_path / "metric"
    shutil.copytree(result_folder, out)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    report["scale"] = {"source": "3 markers of 50 mm", "metres_per_unit": 1.0}
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")
    bpy.context.scene.unit_settings.scale_length = unit_scale
    bpy.ops.maquette.import_result(directory=str(out))
    model = part("scene.model").active_model(bpy.context)
    assert np.allclose(model.mesh.dimensions, size, rtol=1e-5)
    assert part("scene.scale").source_of(model) == "3 markers of 50 mm"
    assert all(np.allclose(thing.scale, 1) for thing in model.objects)


@pytest.fixture
def model(maquette, part, result_folder):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    return lambda: part("scene.model").active_model(bpy.context)


def solved(result_folder):
    from engine import storage
    from engine.geometry import view_of

    sparse = storage.read_sparse(result_folder / ".maquette" / "sparse.npz")
    return [view_of(p, sparse.cameras[p.camera_id], 10**6) for p in sparse.posed]


def test_pixels_are_the_engine_s(model, part, result_folder):
    """The engine's own projection, led back through Blender's camera."""
    from engine.geometry import project

    rays = part("scene.photo_rays")
    place = np.array([[0.9, 0.2, 1.0], [0.4, 0.7, 1.0]])
    for view in solved(result_folder):
        camera = rays.camera_named(model(), view.name)
        for pixel, point in zip(project(view, place)[0], place, strict=True):
            assert np.allclose(rays.pixel_of(camera, Vector(point)), pixel, atol=0.01)


def on_the_box(view, column: int, row: int) -> np.ndarray | None:
    """Where a pixel's ray meets the made-up box, by its six planes."""
    from engine.geometry import rays_in_world

    eye, ray = view.centre_in_world, rays_in_world(view)[row, column]
    near, far = np.sort([(0 - eye) / ray, (1 - eye) / ray], axis=0)
    return eye + near.max() * ray if 0 < near.max() < far.min() else None


@pytest.mark.parametrize(("reference", "millimetres"), [("CARD", 101.199), ("A4", 363.74), ("LETTER", 353.06)])
def test_a_card_s_corners_in_one_photo_give_the_size(model, part, result_folder, reference, millimetres):
    """Two pixels that show the box, wherever the artist has moved it."""
    part("scene.model").move(model(), Matrix.Translation((2, 0, 1)) @ Matrix.Rotation(0.5 * np.pi, 4, "Z"))
    seen = ((view, on_the_box(view, 90, 70), on_the_box(view, 115, 92)) for view in solved(result_folder))
    view, one, other = next(found for found in seen if found[1] is not None and found[2] is not None)
    distance = np.linalg.norm(one - other)
    pixels = {"first": (90.5, 70.5), "second": (115.5, 92.5)}
    bpy.ops.maquette.scale_from_card(camera=view.name, **pixels, reference=reference)
    assert np.allclose(model().mesh.dimensions, millimetres / 1000 / distance, rtol=1e-3)
    assert all(np.allclose(thing.scale, 1, atol=1e-5) for thing in model().objects)
    assert part("scene.scale").source_of(model()).endswith(f"in {view.name}")


def test_undo_takes_the_card_s_size_back_in_one_step(model, result_folder):
    bpy.ops.ed.undo_push(message="before")
    seen = ((view, on_the_box(view, 90, 70), on_the_box(view, 115, 92)) for view in solved(result_folder))
    view = next(found[0] for found in seen if found[1] is not None and found[2] is not None)
    pixels = {"first": (90.5, 70.5), "second": (115.5, 92.5)}
    bpy.ops.maquette.scale_from_card("EXEC_DEFAULT", True, camera=view.name, **pixels)
    assert model().mesh.dimensions.x != pytest.approx(1) and "maquette_size_from" in model().collection
    bpy.ops.ed.undo()
    assert model().mesh.dimensions.x == pytest.approx(1) and "maquette_size_from" not in model().collection


def test_beside_the_model_the_cloud_s_points_stand_in(model, part, result_folder):
    """A corner on the floor, where there is no mesh: the cloud's points around it tell how far it is."""
    rays = part("scene.photo_rays")
    view = max(solved(result_folder), key=lambda view: view.centre_in_world[2])
    camera = rays.camera_named(model(), view.name)
    mesh = model().mesh.data
    mesh.transform(Matrix.Translation((0, 0, 50)))
    mesh.update()
    bpy.context.view_layer.update()
    floor = [v.co.copy() for v in model().points.data.vertices if abs(v.co.z) < 1e-6]
    middle = Vector((view.width / 2, view.height / 2))
    pick = min(floor, key=lambda place: (rays.pixel_of(camera, place) - middle).length)
    found = rays.place_at(model(), camera, rays.pixel_of(camera, pick))
    assert (found - pick).length < 0.03 * (pick - camera.matrix_world.translation).length


def test_what_the_card_can_t_say_is_told(model):
    with pytest.raises(RuntimeError, match="no camera named"):
        bpy.ops.maquette.scale_from_card(camera="nobody")
    with pytest.raises(RuntimeError, match="on one another"):
        bpy.ops.maquette.scale_from_card(first=(100, 75), second=(100, 75))
    with pytest.raises(RuntimeError, match="neither surface nor points"):
        bpy.ops.maquette.scale_from_card(first=(100, 75), second=(100, -9000))


def test_the_commands_without_a_window_are_the_engine_s(part, table_folder, tmp_path, capfd):
    main = part("operators.command").main
    assert main(["markers", "-o", str(tmp_path / "sheet.png"), "--size", "30mm"]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    assert main(["scale", str(table_folder), "--marker-size", "50mm"]) == 0
    assert "2 markers of 50 mm" in capfd.readouterr().err
    assert main(["scale", str(tmp_path), "--marker-size", "50mm"]) == 2
