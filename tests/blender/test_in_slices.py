"""A finished model comes into the scene in slices: quickly, without holding Blender, whole or not at all."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import bpy
import numpy as np
import pytest

from .made_up import box, wave


@pytest.fixture(scope="module")
def large_folder(result_folder, tmp_path_factory) -> Path:
    """A finished run's OUT with a million faces and a 4K texture."""
    from engine import storage

    folder = tmp_path_factory.mktemp("large") / "Large"
    shutil.copytree(result_folder, folder)
    storage.write_textured(folder / ".maquette" / "textured.npz", wave(708, 4096))
    return folder


@pytest.fixture
def prepared(maquette, part, result_folder):
    reader = part("scene.result")
    return part("scene.build").prepare(reader.read(reader.files_in(result_folder)))


def counts() -> dict[str, int]:
    kinds = ("objects", "meshes", "cameras", "collections", "materials")
    return {kind: len(getattr(bpy.data, kind)) for kind in kinds}


def test_a_million_faces_and_4k_come_in_under_five_seconds(maquette, large_folder):
    """From the disk to the scene. CPU time of all threads, so that a busy machine's neighbours don't count."""
    started, wall = time.process_time(), time.perf_counter()
    assert bpy.ops.maquette.import_result(directory=str(large_folder)) == {"FINISHED"}
    spent, wall = time.process_time() - started, time.perf_counter() - wall
    print(f"1 M faces, 4K: {spent:.1f} CPU s, {wall:.1f} s")
    mesh = bpy.data.objects["Large"].data
    assert len(mesh.polygons) == 2 * 707**2 > 999_000
    assert spent < 5
    assert not mesh.validate(verbose=True, clean_customdata=False)  # Blender finds nothing to mend


def test_no_slice_of_a_large_import_holds_blender(maquette, part, large_folder):
    reader, builder = part("scene.result"), part("scene.build")
    prepared = builder.prepare(reader.read(reader.files_in(large_folder)))
    slices, steps = [], builder.build_in_steps(bpy.context, prepared)
    while True:
        began = time.thread_time()
        if next(steps, "end") == "end":
            break
        slices.append(time.thread_time() - began)
    slices.append(time.thread_time() - began)
    print(f"slices: {len(slices)}, the longest {max(slices) * 1000:.0f} ms, all {sum(slices) * 1000:.0f} ms")
    assert len(slices) > 5 and max(slices) < 0.1


def test_a_build_that_is_stopped_leaves_nothing_wherever_it_was(prepared, part):
    builder = part("scene.build")
    before, slices = counts(), 0
    while True:
        steps = builder.build_in_steps(bpy.context, prepared)
        ended = any(next(steps, "end") == "end" for _ in range(slices))
        if ended:
            break
        steps.close()
        assert counts() == before and not [i for i in bpy.data.images if "Base Colour" in i.name]
        slices += 1
    assert slices > 6 and len(bpy.data.objects) == 7
    assert not [thing for thing in bpy.data.objects if "maquette_draft" in thing]


def test_an_undo_in_between_does_no_harm(prepared, part):
    builder, steps = part("scene.build"), part("operators.steps")
    bpy.ops.ed.undo_push(message="empty")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")

    def place(fetched):
        yield from builder.build_in_steps(bpy.context, fetched)
        return "done"

    work = steps.Work(lambda: prepared, place)
    while not work._steps:
        work.go_on(0.0)
    for _ in range(4):
        assert not work.go_on(0.0)
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0
    assert work.wait() and work.outcome == "done"
    work.close()
    assert len(bpy.data.objects) == 7 and len(bpy.data.meshes) == 2
    assert bpy.app.handlers.undo_post == bpy.app.handlers.redo_post == []
    assert not part("operators.runner").is_busy()


def test_abandoned_work_says_that_it_was_cancelled(prepared, part):
    builder, steps, errors = part("scene.build"), part("operators.steps"), part("engine.errors")
    before = counts()
    work = steps.Work(lambda: prepared, lambda fetched: builder.build_in_steps(bpy.context, fetched))
    while not work._steps:
        work.go_on(0.0)
    work.abandon()
    with pytest.raises(errors.EngineError, match="Cancelled"):
        work.go_on(0.0)
    work.close()
    assert counts() == before


def test_faces_that_blender_can_t_hold_are_left_out(maquette, part):
    from engine import datatypes

    maker = part("scene.mesh")
    made = box()
    faces = np.concatenate([made.mesh.faces, made.mesh.faces[3:4, [1, 2, 0]], [[0, 0, 5]]]).astype(np.int32)
    mesh = datatypes.TriMesh(vertices=made.mesh.vertices, faces=faces, filled=np.arange(14) < 2)
    textured = datatypes.TexturedMesh(**{**vars(made), "mesh": mesh})
    arrays = maker.arrange(textured)
    assert arrays.faces == 12 and len(arrays.edges) == 18 and len(arrays.filled) == 12
    steps = maker.make_mesh(arrays, "box")
    while next(steps, "end") != "end":
        pass
    assert not bpy.data.meshes["box"].validate(verbose=True)


def test_the_packed_picture_outlives_saving_and_goes_into_a_glb(maquette, result_folder, tmp_path):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"))
    image = next(image for image in bpy.data.images if "Base Colour" in image.name)
    assert image.packed_file is not None and tuple(image.size) == (64, 64)
    assert round(image.pixels[2] * 255) == 77
    bpy.ops.export_scene.gltf(filepath=str(tmp_path / "kept.glb"), use_selection=False)
    assert b"image/png" in (tmp_path / "kept.glb").read_bytes()


def test_a_texture_beside_is_asked_for_before_the_work(maquette, result_folder):
    bpy.context.scene.maquette.storage = "BESIDE"
    with pytest.raises(RuntimeError, match="has no place yet"):
        bpy.ops.maquette.import_result(directory=str(result_folder))
    assert [line.code for line in bpy.context.window_manager.maquette.messages] == ["not_saved"]


def test_what_blender_doesn_t_save_during_a_run_is_saved_by_us(maquette, part, tmp_path):
    """A copy where Blender would put it, at its intervals, if anything has changed; the open file stays what it is."""
    autosave = part("operators.autosave")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "mine.blend"))
    paths = bpy.context.preferences.filepaths
    paths.auto_save_time, paths.use_auto_save_temporary_files = 3, True
    try:
        saver = autosave.Autosave(bpy.context, 100.0)
        bpy.ops.mesh.primitive_cube_add()
        bpy.ops.ed.undo_push(message="cube")
        assert not saver.tick(bpy.context, 279.0) and not autosave.place().exists()
        assert saver.tick(bpy.context, 281.0)
        assert not saver.tick(bpy.context, 282.0)
        assert bpy.data.filepath == str(tmp_path / "mine.blend")
        assert autosave.place().name.startswith("mine_")
        with bpy.data.libraries.load(str(autosave.place())) as (there, _):
            assert there.objects == ["Cube"]
    finally:
        autosave.place().unlink(missing_ok=True)
        paths.auto_save_time = 2
