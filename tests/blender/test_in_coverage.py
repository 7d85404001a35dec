"""Check Capture and Trust: face attributes, overlays, ghost cameras, the cameras' errors, looking through, photo against model."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix


@pytest.fixture
def folder(result_folder, tmp_path) -> Path:
    """A copy of a finished result: these tests write into it."""
    import shutil

    return Path(shutil.copytree(result_folder, tmp_path / "Box"))


@pytest.fixture
def model(maquette, part, folder):
    """Gives the model anew each time: undo makes references stale."""
    bpy.ops.maquette.import_result(directory=str(folder))
    return lambda: part("scene.model").active_model(bpy.context)


def values(mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    out = np.empty(len(mesh.polygons), np.float32)
    mesh.attributes[name].data.foreach_get("value", out)
    return out


def colours(thing: bpy.types.Object) -> list[str]:
    """Per face the name of the material that the viewport shows."""
    shown = thing.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    return [shown.materials[polygon.material_index].name for polygon in shown.polygons]


def test_the_operator_gives_what_the_engine_call_gives(model, part, folder):
    from engine.jobs import CoverageJob
    from engine.recipes import coverage as recipe

    assert bpy.ops.maquette.show_coverage() == {"FINISHED"}
    mesh = model().mesh.data
    told = recipe.run(CoverageJob(out=folder))
    with np.load(told.files["faces"]) as truth:
        assert (values(mesh, "photos_seen") == truth["photos"]).all() and truth["photos"].max() >= 2
        assert np.allclose(values(mesh, "view_angle"), truth["angle"], atol=0.1)
        assert np.allclose(values(mesh, "pixel_size"), truth["pixel"], rtol=1e-3)
    assert model().collection["maquette_verdict"] == told.summary["verdict"]
    ghosts = model().ghosts
    assert len(ghosts) == len(told.summary["ghosts"]) > 0
    for ghost, wanted in zip(ghosts, told.summary["ghosts"], strict=True):
        pose = np.array(wanted["cam_from_world"])
        assert np.allclose(ghost.matrix_world.translation, -pose[:, :3].T @ pose[:, 3], atol=1e-4)
        assert ghost.data["maquette_sentence"] == wanted["sentence"]


def test_the_check_follows_a_model_that_was_moved_and_stretched(model, part):
    bpy.ops.maquette.show_coverage(show=False, ghosts=1)
    before, far = values(model().mesh.data, "photos_seen"), far_off(model(), part)
    moved = Matrix.Translation((3, -2, 0)) @ Matrix.Rotation(0.9, 4, "Z") @ Matrix.Scale(2, 4)
    part("scene.model").move(model(), moved)
    assert far_off(model(), part) == pytest.approx(2 * far, rel=1e-3)  # the ghost moved along
    model().mesh.scale = (1, 1, 1.5)
    bpy.context.view_layer.update()
    bpy.ops.maquette.show_coverage(show=False, ghosts=1)
    assert (values(model().mesh.data, "photos_seen") == before).all()
    assert far_off(model(), part) == pytest.approx(2.3 * far, rel=0.4)


def far_off(found, part) -> float:
    return (found.ghosts[0].matrix_world.translation - part("scene.model").subject_centre(found)).length


def test_quads_are_counted_as_one_face(model):
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.tris_convert_to_quads(face_threshold=0.5, shape_threshold=3.2)
    with pytest.raises(RuntimeError, match="Leave Edit Mode"):
        bpy.ops.maquette.show_coverage()
    bpy.ops.object.mode_set(mode="OBJECT")
    mesh = model().mesh.data
    assert len(mesh.polygons) == 6
    bpy.ops.maquette.show_coverage(ghosts=0)
    assert len(values(mesh, "photos_seen")) == 6 and values(mesh, "photos_seen").max() >= 2


def test_measured_and_filled_show_at_once_and_leave_the_material_alone(model, part):
    found = model()
    own = [slot.material for slot in found.mesh.material_slots]
    assert bpy.ops.maquette.show_overlay(kind="FILLED") == {"FINISHED"}
    filled = values(found.mesh.data, "filled") > 0
    shown = np.array(colours(found.mesh))
    assert len(set(shown[filled])) == len(set(shown[~filled])) == 1 and shown[filled][0] != shown[~filled][0]
    assert not found.mesh.modifiers["Maquette Overlay"].show_render  # a render shows the artist's material
    assert [slot.material for slot in found.mesh.material_slots] == own
    copied = part("scene.asset.clean").copy_scan(found.mesh, "Copy")
    assert [
        slot.material for slot in copied.material_slots
    ] == own  # what is made of the model does not wear the overlay
    bpy.data.objects.remove(copied)
    assert part("scene.overlay").shown(found.mesh) == "FILLED"
    bpy.ops.maquette.show_overlay(kind="PHOTO")
    assert set(colours(found.mesh)) == {own[0].name} and not found.mesh.modifiers
    assert not [one for one in (*bpy.data.materials, *bpy.data.node_groups) if "Overlay" in one.name]


def test_coverage_colours_follow_the_numbers(model, part):
    with pytest.raises(RuntimeError, match="has not been checked"):
        bpy.ops.maquette.show_overlay(kind="COVERAGE")
    bpy.ops.maquette.show_coverage(ghosts=0)
    overlay, mesh = part("scene.overlay"), model().mesh
    for kind, attribute in (("COVERAGE", "photos_seen"), ("ANGLE", "view_angle")):
        bpy.ops.maquette.show_overlay(kind=kind)
        assert overlay.shown(mesh) == kind
        for value, name in zip(values(mesh.data, attribute), colours(mesh), strict=True):
            band = next(band for band in overlay.OVERLAYS[kind].bands if value < band.below)
            assert name.endswith(band.colour)
        assert all(material is not None for _, material in overlay.legend(kind))


def test_it_survives_saving_and_undo_takes_it_back(model, part, tmp_path):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.show_coverage("EXEC_DEFAULT", True)
    ghosts, seen = len(model().ghosts), values(model().mesh.data, "photos_seen")
    path = tmp_path / "saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.ed.undo()
    assert not model().ghosts and "photos_seen" not in model().mesh.data.attributes and not model().mesh.modifiers
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert len(model().ghosts) == ghosts > 0 and (values(model().mesh.data, "photos_seen") == seen).all()
    assert len(set(colours(model().mesh))) > 1
    for ghost in model().ghosts:
        assert ghost.parent == model().mesh and ghost.name.startswith("Shoot here")
        assert ghost.data.background_images[0].image.size[0] == 640
        assert ghost not in model().cameras and ghost.children[0].empty_display_type == "IMAGE"
        # the hanging picture fills the frame that Blender draws for the camera, and is no hindrance when one looks through
        frame = ghost.children[0]
        across = [(corner / -corner.z).x for corner in ghost.data.view_frame(scene=None)]
        assert frame.empty_display_size / -frame.location.z == pytest.approx(max(across) - min(across), rel=1e-3)
        assert ghost.data.clip_start > -frame.location.z
    bpy.ops.maquette.next_camera(ghosts=True)
    assert bpy.context.scene.camera == model().ghosts[0]
    # a ghost has no photo: whoever asks a model for its photos never meets one
    assert part("scene.gather").model_for(bpy.context, model().mesh).cameras == model().cameras


def test_checking_again_replaces_the_ghosts_and_clearing_leaves_nothing(model, part, folder):
    archive = dict(np.load(folder / ".maquette" / "sparse.npz"))
    notes = json.loads(str(archive["notes"]))
    notes["unregistered"] = {"alone.jpg": "It shares nothing with the others."}
    np.savez(folder / ".maquette" / "sparse.npz", **{**archive, "notes": np.array(json.dumps(notes))})
    counts = []
    for _ in range(2):
        bpy.ops.maquette.show_coverage(ghosts=2)
        counts.append({kind: len(getattr(bpy.data, kind)) for kind in ("objects", "cameras", "images", "materials")})
    assert counts[0] == counts[1] and len(model().ghosts) == 2
    assert part("scene.coverage").unregistered(model()) == notes["unregistered"]
    bpy.ops.maquette.clear_ghosts()
    bpy.ops.maquette.show_overlay(kind="PHOTO")
    assert not model().ghosts and not [one for one in bpy.data.objects if "Shoot" in one.name]
    assert not [one for one in bpy.data.collections if "Shoot" in one.name]


def test_each_camera_knows_its_error(model, part, folder):
    from engine import storage

    truth = part("engine.coverage.residuals").fits(storage.read_sparse(folder / ".maquette" / "sparse.npz"))
    for fit in truth:
        camera = next(camera for camera in model().cameras if camera.data["maquette_photo"] == fit.photo)
        assert camera.data["maquette_error_px"] == pytest.approx(fit.error_px)
        assert camera.data["maquette_points"] == fit.points


def test_looking_through_goes_round_and_back_to_the_artists_own(model):
    scene = bpy.context.scene
    own = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    scene.collection.objects.link(own)
    scene.camera, scene.render.resolution_x = own, 777
    bpy.ops.maquette.look_through(camera="view_002")
    assert scene.camera.name == "view_002" and scene.render.resolution_x == 200
    bpy.ops.maquette.next_camera()
    assert scene.camera.name == "view_003"
    bpy.ops.maquette.next_camera(step=-4)
    assert scene.camera.name == "view_004"  # five cameras, round and round
    row = scene.maquette.trust.row
    assert scene.camera.users_collection[0].objects[row] == scene.camera
    scene.maquette.trust.row = (row + 1) % 5  # a click on the list
    assert scene.camera.name != "view_004" and scene.render.resolution_x == 200
    bpy.ops.maquette.leave_camera()
    assert scene.camera == own and scene.render.resolution_x == 777
    with pytest.raises(RuntimeError, match="Check Capture"):
        bpy.ops.maquette.next_camera(ghosts=True)


def test_without_a_model_the_operators_say_so(maquette):
    for name in ("show_coverage", "look_through", "next_camera"):
        assert not getattr(bpy.ops.maquette, name).poll()
    with pytest.raises(RuntimeError, match="no model"):
        bpy.ops.maquette.show_overlay(kind="FILLED")


def test_the_shell_command_writes_it_into_the_blend(maquette, part, folder, tmp_path, capsys):
    bpy.ops.maquette.import_result(directory=str(folder))
    blend = tmp_path / "shell.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.wm.read_homefile(use_empty=True)
    assert part("operators.command").main(["coverage", str(blend), "--ghosts", "1"]) == 0
    assert "1. From" in capsys.readouterr().err
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    model = part("scene.model").active_model(bpy.context)
    assert len(model.ghosts) == 1 and "photos_seen" in model.mesh.data.attributes
    assert part("operators.command").main(["coverage", str(tmp_path / "none.blend")]) == 2
