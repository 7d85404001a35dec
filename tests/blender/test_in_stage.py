"""One photo in the scene: relief, layers, sky and camera show the photo, follow the artist's lens, and go again by one undo."""

from __future__ import annotations

import json
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

FAKE = Path(__file__).with_name("fake_engine.py")
SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "photos"
SIZE = (96, 72)


@pytest.fixture(scope="module")
def stage_folder(installed, tmp_path_factory) -> Path:
    """A finished stage's OUT, of the made-up scene with its exact truth; some of the relief's faces are a sky."""
    from engine.single_storage import write_stage
    from tests.staged import make_stage

    folder = tmp_path_factory.mktemp("stages") / "Wand ünd Box"
    (folder / ".maquette").mkdir(parents=True)
    write_stage(folder / ".maquette" / "stage.npz", make_stage(folder.parent))
    report = {"seconds": 1.5, "faces": 9000, "filled_faces": 0, "focal_35mm": 33.75, "focal_from": "default"}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return folder


@pytest.fixture
def play(maquette, part, monkeypatch, tmp_path, stage_folder):
    """play(role): the next engine plays it. Gives a function that reads the words that the engine was given."""
    monkeypatch.setattr(part("operators.runner"), "ENGINE", FAKE)
    words = tmp_path / "words.json"
    monkeypatch.setenv("MAQUETTE_WORDS", str(words))

    def start(role: str):
        monkeypatch.setenv("MAQUETTE_FAKE", str(stage_folder) if role == "done" else role)
        return lambda: json.loads(words.read_text(encoding="utf-8"))

    return start


@pytest.fixture
def settings(maquette, part, tmp_path, stage_folder):
    """The scene's, with the photo chosen, on whatever device is best."""
    part("preferences").of(bpy.context).device = "auto"
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    found = bpy.context.scene.maquette.stage
    found.photo = str(stage_folder.parent / "made-up.png")
    return found


@pytest.fixture
def stage(maquette, part, stage_folder):
    """Gives the stage that is in the scene, fetched anew."""
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    return lambda: part("scene.stage.find").active_stage(bpy.context)


def points_of(thing) -> np.ndarray:
    """Its vertices in Blender's world."""
    flat = np.empty(3 * len(thing.data.vertices), np.float32)
    thing.data.attributes["position"].data.foreach_get("vector", flat)
    bpy.context.view_layer.update()
    above = thing.parent.matrix_world @ thing.matrix_parent_inverse if thing.parent else Matrix()
    place = np.array(above @ thing.matrix_basis)  # Blender's own figure is an old one where a collection is hidden
    return flat.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3]


def seen_at(camera, points: np.ndarray, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Pixels of the photo, as Blender's own projection has them."""
    bpy.context.view_layer.update()
    way = np.array(
        camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=size[0], y=size[1])
        @ Matrix.LocRotScale(*camera.matrix_world.decompose()[:2], None).inverted()
    )
    clip = np.c_[points, np.ones(len(points))] @ way.T
    flat = clip[:, :2] / clip[:, 3:]
    return np.stack([(flat[:, 0] + 1) / 2 * size[0], (1 - flat[:, 1]) / 2 * size[1]], 1)


def pixels_by_uv(thing, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Where the UVs say that each vertex is in the photo."""
    mesh = thing.data
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", uv)
    corner = np.empty(len(mesh.loops), np.int32)
    mesh.attributes[".corner_vert"].data.foreach_get("value", corner)
    found = np.empty((len(mesh.vertices), 2))
    found[corner] = uv.reshape(-1, 2)
    return np.stack([found[:, 0] * size[0], (1 - found[:, 1]) * size[1]], 1)


def misfit(stage) -> float:
    """How many pixels apart the photo on the relief and the photo behind it are, at worst."""
    return max(
        float(np.abs(seen_at(stage.camera, points_of(thing)) - pixels_by_uv(thing)).max())
        for thing in (stage.relief, *stage.layers)
    )


def render(path: Path, *, samples: int = 4) -> np.ndarray:
    """The scene through its camera by Cycles, (H, W, 3) in 8-bit values."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.pixel_filter_type = samples, False, "BOX"
    scene.cycles.filter_width, scene.render.threads_mode, scene.render.threads = 0.01, "FIXED", 1
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


def psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    error = (a.astype(np.float64) - b.astype(np.float64))[where]
    return float(10 * np.log10(255**2 / max((error**2).mean(), 1e-9)))


def test_the_operator_builds_what_the_engine_gave(play, part, settings, stage_folder):
    play("done")
    assert bpy.ops.maquette.build_stage() == {"FINISHED"}
    found = part("scene.stage.find").active_stage(bpy.context)
    assert found.relief == bpy.context.view_layer.objects.active and found.name == "made-up"
    assert [layer.name.split()[-1] for layer in found.layers] == ["Back", "Front"]
    from tests.staged import make_stage

    truth = make_stage(stage_folder.parent)
    assert np.array_equal(points_of(found.relief), truth.relief.mesh.vertices)
    assert len(found.relief.data.polygons) == len(truth.relief.mesh.faces)
    assert all(thing.parent == found.relief for thing in (*found.layers, found.camera))
    marks = np.empty(len(found.layers[0].data.polygons), bool)
    found.layers[0].data.attributes["filled"].data.foreach_get("value", marks)
    assert marks.sum() == truth.layers[0].surface.mesh.filled.sum() > 0
    assert found.relief.data.attributes["part"].domain == "FACE"
    state = bpy.context.window_manager.maquette
    assert [line.text for line in state.facts][-2:] == ["34 mm lens, a guess: drag it", "0:02 min"]


def test_the_relief_lies_on_the_photo_behind_it(stage):
    assert misfit(stage()) < 0.02
    background = stage().camera.data.background_images[0]
    assert background.image == stage().photo and background.frame_method == "STRETCH"
    render = bpy.context.scene.render
    assert (render.resolution_x, render.resolution_y) == SIZE and bpy.context.scene.camera == stage().camera


@pytest.mark.parametrize("shown", ["RELIEF", "LAYERS"])
def test_a_render_through_the_camera_is_the_photo(stage, settings, tmp_path, shown):
    """At the photo's size, with Cycles. What the sheets don't reach (half a pixel at tears, the sky) is not asked for."""
    from tests.staged import truth

    settings.shown = shown
    photo, depth, what = truth()
    inner, near = what != 0, np.minimum(depth, 1e6)
    for axis in (0, 1):
        for step in (-1, 1):
            inner &= np.abs(np.roll(near, step, axis) - near) < 0.5  # where the made-up relief is whole
    inner[[0, -1]] = False
    inner[:, [0, -1]] = False
    assert inner.mean() > 0.6
    figure = psnr(render(tmp_path / "shown.png"), photo, inner)
    print(f"{shown}: {figure:.1f} dB")
    assert figure >= 35


def test_another_view_transform_would_not_show_the_photo(stage, tmp_path):
    """So that the test above can fail: without what the stage sets up, the photo's colours are others."""
    from tests.staged import truth

    photo, _, what = truth()
    bpy.ops.maquette.leave_camera()
    bpy.context.scene.camera = stage().camera
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = SIZE
    bpy.context.scene.view_settings.view_transform = "AgX"
    assert psnr(render(tmp_path / "agx.png"), photo, what == 3) < 25


def test_the_artist_s_scene_comes_back(maquette, part, stage_folder):
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 1234, 567
    scene.view_settings.view_transform, scene.view_settings.exposure = "Filmic", 0.5
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    assert scene.view_settings.view_transform == "Standard" and scene.render.resolution_x == SIZE[0]
    bpy.ops.maquette.leave_camera()
    assert (scene.render.resolution_x, scene.render.resolution_y, scene.camera) == (1234, 567, None)
    assert (scene.view_settings.view_transform, scene.view_settings.exposure) == ("Filmic", 0.5)
    bpy.ops.maquette.match_stage()
    assert scene.render.resolution_x == SIZE[0] and scene.camera is not None


def test_without_set_up_the_scene_stays_as_it_is(maquette, stage_folder):
    scene = bpy.context.scene
    scene.maquette.stage.match = False
    before = scene.render.resolution_x, scene.view_settings.view_transform
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    assert (scene.render.resolution_x, scene.view_settings.view_transform) == before and scene.camera is None


def test_dragging_the_lens_is_reading_the_photo_with_that_lens(stage, settings):
    """Against depth unprojected anew, whatever the artist did with the stage; the photo still fits."""
    from tests.staged import CAM_FROM_WORLD, FOCAL, HEIGHT, WIDTH

    found = stage()
    assert settings.lens == pytest.approx(FOCAL / WIDTH * 36, rel=1e-5)
    before = points_of(found.relief)
    settings.lens = 50.0
    focal = 50 / 36 * WIDTH
    pixels = pixels_by_uv(found.relief)
    depth = before[:, 1]  # the camera looks along +Y
    anew = np.stack(
        [(pixels[:, 0] - WIDTH / 2) / focal * depth, depth, -(pixels[:, 1] - HEIGHT / 2) / focal * depth], 1
    )
    assert np.abs(points_of(found.relief) - anew).max() < 1e-4 * depth.max()
    assert misfit(found) < 0.02 and settings.lens == pytest.approx(50) and settings.focal == pytest.approx(50)
    found.relief.location, found.relief.rotation_euler, found.relief.scale = (3, -1, 2), (0.2, 0.5, 1.0), (2, 2, 2)
    bpy.context.view_layer.update()
    assert misfit(found) < 0.02
    settings.lens = 24.0
    assert misfit(found) < 0.02
    staged = found.staged()
    way = np.array(found.world_from_stage(staged))
    first = staged.relief.mesh.vertices @ way[:3, :3].T + way[:3, 3]
    assert np.abs(first - points_of(found.relief)).max() < 1e-3
    assert np.array_equal(staged.cam_from_world, CAM_FROM_WORLD)


def test_the_distance_scales_all_around_the_camera(stage, settings):
    found = stage()
    assert settings.reach == pytest.approx(3.0, rel=0.01)  # the box
    before = points_of(found.relief)
    settings.reach = 6.0
    assert np.allclose(points_of(found.relief), before * 2, atol=1e-4) and found.relief.scale[0] == 1
    assert misfit(found) < 0.02 and settings.distance == pytest.approx(6) and settings.reach == pytest.approx(6)
    staged = found.staged()
    way = np.array(found.world_from_stage(staged))
    assert np.allclose(staged.relief.mesh.vertices @ way[:3, :3].T, points_of(found.relief), atol=1e-4)


def test_relief_and_layers_take_turns(stage, settings):
    found = stage()
    home = found.layers[0].users_collection[0]
    assert settings.shown == "RELIEF" and home.hide_render and not found.relief.hide_render
    settings.shown = "LAYERS"
    assert not home.hide_render and not home.hide_viewport and found.relief.hide_render
    assert not found.camera.hide_viewport
    settings.shown = "RELIEF"
    assert home.hide_render and not found.relief.hide_render


def test_relight_lets_the_scene_s_lights_act(stage, settings, tmp_path):
    from tests.staged import truth

    box = truth()[2] == 3
    assert settings.lit == 0
    settings.lit = 1.0
    dark = render(tmp_path / "dark.png")[box].mean()
    light = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "SUN"))
    light.data.energy, light.rotation_euler = 3.0, (1.2, 0, 0)
    bpy.context.scene.collection.objects.link(light)
    assert dark < 12 < 60 < render(tmp_path / "lit.png")[box].mean()


def test_what_is_invented_is_shown_and_hidden(stage, settings):
    settings.invented = True
    assert settings.invented and all(len(layer.modifiers) == 1 for layer in stage().layers)
    settings.invented = False
    assert not settings.invented and not any(len(layer.modifiers) for layer in stage().layers)


def test_built_again_the_stage_is_renewed_and_what_the_artist_did_stays(stage, settings, stage_folder):
    found = stage()
    found.relief.location = (1, 2, 3)
    own = bpy.data.materials.new("Own")
    found.relief.data.materials.append(own)
    lamp = bpy.data.objects.new("Lamp", None)
    bpy.context.scene.collection.objects.link(lamp)
    lamp.parent = found.relief
    settings.shown = "LAYERS"
    counts = [
        len(kind) for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.materials, bpy.data.images)
    ]
    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    again = stage_of = stage()
    assert again.relief == found.relief and tuple(again.relief.location) == (1, 2, 3) and lamp.parent == again.relief
    assert own.name in again.relief.data.materials and settings.shown == "LAYERS" and len(stage_of.layers) == 2
    assert counts == [
        len(kind) for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.materials, bpy.data.images)
    ]
    assert misfit(again) < 0.02


def test_the_relief_comes_first_and_what_was_dragged_meanwhile_holds(maquette, part, stage_folder, settings):
    from dataclasses import replace

    reader, builder = part("scene.stage.result"), part("scene.stage.build")
    whole = reader.prepare_stage(reader.stage_files(stage_folder))
    found = builder.build_stage(bpy.context, replace(whole, layers=(), report={}))
    assert found.layers == () and misfit(found) < 0.02
    settings.lens, settings.reach = 50.0, 12.0
    settings.shown = "LAYERS"  # there are none
    assert settings.shown == "RELIEF" and not found.relief.hide_render
    before = points_of(found.relief)
    again = builder.build_stage(bpy.context, whole)
    assert again.relief == found.relief and len(again.layers) == 2 and again.camera == found.camera
    assert np.allclose(points_of(again.relief), before, atol=1e-4) and misfit(again) < 0.02
    assert (settings.lens, settings.reach) == (pytest.approx(50), pytest.approx(12))


@pytest.fixture(scope="module")
def large_folder(installed, tmp_path_factory) -> Path:
    """A finished stage's OUT of a 12-megapixel JPEG: 100,000 faces, three layers of 20,000."""
    from dataclasses import replace

    from PIL import Image

    from engine.single import Layer, UvMesh
    from engine.single_storage import write_stage
    from tests.blender.made_up import wave
    from tests.staged import make_stage

    folder = tmp_path_factory.mktemp("large-stage") / "Large"
    (folder / ".maquette").mkdir(parents=True)
    grain = np.random.default_rng(1).integers(0, 200, (750, 1000, 3), np.uint8)
    Image.fromarray(grain).resize((4000, 3000)).save(folder.parent / "large.jpg", quality=92)

    def sheet(side: int) -> UvMesh:
        made = wave(side, 4)
        mesh = replace(made.mesh, vertices=made.mesh.vertices[:, [0, 2, 1]] + np.float32([-0.5, 4, -0.5]))
        return UvMesh(mesh=mesh, uvs=made.uvs, part=np.zeros(len(mesh.faces), np.uint8))

    staged = make_stage(folder.parent)
    photo = replace(staged.mono.photo, path=folder.parent / "large.jpg", name="large.jpg", width=4000, height=3000)
    colour = np.dstack([np.resize(grain, (1536, 2048, 3)), np.full((1536, 2048), 255, np.uint8)])
    near = np.full((1536, 2048), 4, np.float32)
    layers = [
        Layer(name=name, colour=colour, depth=near, invented=near < 0, surface=sheet(101)) for name in ("a", "b", "c")
    ]
    mono = replace(
        staged.mono, photo=photo, K=staged.mono.K * [[21.3], [21.3], [1]], inverse_depth=1 / near, sky=near < 0
    )
    staged = replace(staged, mono=mono, relief=sheet(225), layers=tuple(layers))
    write_stage(folder / ".maquette" / "stage.npz", staged)
    (folder / "report.json").write_text("{}", encoding="utf-8")
    return folder


def test_twelve_megapixels_come_in_quickly(maquette, large_folder):
    """From the disk to the scene. CPU time of all threads, so that a busy machine's neighbours don't count."""
    spent, wall = time.process_time(), time.perf_counter()
    assert bpy.ops.maquette.import_stage(directory=str(large_folder)) == {"FINISHED"}
    spent, wall = time.process_time() - spent, time.perf_counter() - wall
    print(f"12 MP, 100,000 faces, three layers: {spent:.2f} CPU s, {wall:.2f} s")
    assert len(bpy.data.objects["Large"].data.polygons) == 2 * 224**2 > 100_000
    assert spent < 5
    for mesh in bpy.data.meshes:
        assert not mesh.validate(verbose=True, clean_customdata=False)  # Blender finds nothing to mend


def test_no_slice_of_a_large_stage_holds_blender(maquette, part, large_folder):
    reader, builder = part("scene.stage.result"), part("scene.stage.build")
    prepared = reader.prepare_stage(reader.stage_files(large_folder))
    slices, steps = [], builder.build_stage_in_steps(bpy.context, prepared)
    ended = False
    while not ended:
        began = time.thread_time()
        ended = next(steps, "end") == "end"
        slices.append(time.thread_time() - began)
    print(f"slices: {len(slices)}, the longest {max(slices) * 1000:.0f} ms, all {sum(slices) * 1000:.0f} ms")
    assert len(slices) > 5 and max(slices) < 0.1


def test_half_a_stage_leaves_nothing_behind(maquette, part, stage_folder):
    reader, builder = part("scene.stage.result"), part("scene.stage.build")
    prepared = reader.prepare_stage(reader.stage_files(stage_folder))
    kinds = (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.materials, bpy.data.images)
    before = [len(kind) for kind in kinds]
    for reached in range(1, 40):
        steps = builder.build_stage_in_steps(bpy.context, prepared)
        if "end" in [next(steps, "end") for _ in range(reached)]:
            break
        steps.close()
        assert [len(kind) for kind in kinds] == before, f"after {reached} slices"
    assert 5 < reached < 40


def test_undo_takes_a_stage_away_in_one_step(play, settings):
    play("done")
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.build_stage("EXEC_DEFAULT", True)
    assert len(bpy.data.objects) == 4 and bpy.context.scene.view_settings.view_transform == "Standard"
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0 and len(bpy.context.scene.collection.children) == 0
    assert bpy.context.scene.camera is None


def test_the_engine_is_told_what_the_artist_set(play, part, settings, stage_folder, tmp_path):
    words = play("done")
    settings.focal, settings.distance, settings.faces, settings.tear = 35.0, 2.5, 4321, 0.5
    settings.back, settings.thickness, settings.sky, settings.layers = "plate", 0.1, "cut", 2
    settings.smooth, settings.far, settings.filler = 0.25, 40.0, "smooth"
    bpy.ops.maquette.build_stage()
    cli, jobs = part("engine.cli"), part("engine.settings")
    job = cli.job_of(cli.parse(words()))
    assert job.photo == stage_folder.parent / "made-up.png" and job.out == tmp_path / "out" / "made-up-stage"
    asked = job.settings
    assert (asked.mono.focal_35mm, asked.mono.distance, asked.mono.provider) == (35.0, 2.5, "embedded")
    relief = asked.relief
    assert (relief.faces, relief.tear, relief.smooth, relief.far) == (4321, 0.5, 0.25, 40.0)
    assert (relief.back, relief.thickness, relief.sky) == (jobs.Back.PLATE, 0.1, jobs.Sky.CUT)
    assert (asked.layers.count, asked.layers.filler, asked.move.height) == (2, jobs.Filler.SMOOTH, 0)


def test_settings_left_alone_are_the_engine_s_own(play, part, settings):
    words = play("done")
    bpy.ops.maquette.build_stage()
    cli, jobs = part("engine.cli"), part("engine.settings")
    asked, own = cli.job_of(cli.parse(words())).settings, jobs.StageSettings()
    assert (asked.mono, asked.relief, asked.layers) == (own.mono, own.relief, own.layers)


def test_another_photo_forgets_what_was_known_of_the_last(settings, tmp_path):
    settings.focal, settings.distance = 35.0, 2.0
    settings.photo = str(tmp_path / "other.jpg")
    assert (settings.focal, settings.distance) == (0.0, 0.0)


def test_the_single_photo_of_the_list_will_do(play, maquette, stage_folder, tmp_path):
    words = play("done")
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    photo = stage_folder.parent / "made-up.png"
    bpy.ops.maquette.add_photos(directory=str(photo.parent), files=[{"name": photo.name}])
    assert bpy.ops.maquette.build_stage(listed=True) == {"FINISHED"}
    assert words()[:2] == ["stage", str(photo)] and bpy.context.scene.maquette.stage.photo == str(photo)


def test_a_dropped_or_chosen_photo_is_the_stage_s(maquette, stage_folder):
    folder, settings = str(stage_folder.parent), bpy.context.scene.maquette.stage
    assert bpy.ops.maquette.stage_photo(directory=folder, files=[{"name": "made-up.png"}]) == {"FINISHED"}
    assert Path(settings.photo) == stage_folder.parent / "made-up.png"
    assert bpy.ops.maquette.stage_photo(directory=folder, files=[{"name": "a.png"}, {"name": "b.png"}]) == {"CANCELLED"}
    assert Path(settings.photo).name == "made-up.png"
    handler = bpy.types.FileHandler.bl_rna_get_subclass_py("MAQUETTE_FH_stage")
    assert handler.bl_import_operator == "maquette.stage_photo" and ".jpg" in handler.bl_file_extensions


def test_what_goes_wrong_comes_with_the_button_that_helps(play, part, maquette, tmp_path):
    words, remedies = play("done"), part("operators.remedies").REMEDIES
    with pytest.raises(RuntimeError, match="No photo is chosen yet"):
        bpy.ops.maquette.build_stage()
    state = bpy.context.window_manager.maquette
    assert [remedy.operator for remedy in remedies[state.messages[0].code]] == ["maquette.stage_photo"]
    assert state.shown_in == part("operators.progress").STAGE
    bpy.context.scene.maquette.stage.photo = str(tmp_path / "gone.jpg")
    with pytest.raises(RuntimeError, match=r"gone\.jpg is not where it was"):
        bpy.ops.maquette.build_stage()
    with pytest.raises(FileNotFoundError):
        words()
    assert "maquette.build_stage" in [remedy.operator for remedy in remedies["one_photo"]]


@pytest.mark.parametrize(("role", "said"), [("error", "There are no photos"), ("crash", "ended unexpectedly")])
def test_failures_leave_the_scene_alone(play, settings, role, said):
    play(role)
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.maquette.build_stage()
    assert len(bpy.data.objects) == 0 and bpy.context.scene.camera is None
    play("done")
    assert bpy.ops.maquette.build_stage() == {"FINISHED"}


def test_a_folder_that_is_no_stage_is_refused_in_words(maquette, part, stage_folder, tmp_path):
    with pytest.raises(RuntimeError, match="holds no finished stage"):
        bpy.ops.maquette.import_stage(directory=str(tmp_path))
    broken = tmp_path / "broken"
    (broken / ".maquette").mkdir(parents=True)
    (broken / "report.json").write_text("{}", encoding="utf-8")
    (broken / ".maquette" / "stage.npz").write_bytes(b"no archive")
    with pytest.raises(RuntimeError, match="can't be read"):
        bpy.ops.maquette.import_stage(directory=str(broken))
    assert len(bpy.data.objects) == 0


def test_a_photo_that_lies_on_its_side_is_shown_upright(maquette, part, stage_folder, tmp_path):
    """Blender shows a file as it is stored: the run keeps another one for it."""
    from dataclasses import replace

    from PIL import Image

    from engine.single_storage import write_stage
    from tests.staged import make_stage

    staged = make_stage(tmp_path)
    upright = Image.open(tmp_path / "made-up.png")
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png")
    photo = replace(staged.mono.photo, path=tmp_path / "turned.png", orientation=6)
    folder = tmp_path / "turned"
    (folder / ".maquette").mkdir(parents=True)
    write_stage(folder / ".maquette" / "stage.npz", replace(staged, mono=replace(staged.mono, photo=photo)))
    upright.save(folder / ".maquette" / "photo.png")
    (folder / "report.json").write_text("{}", encoding="utf-8")
    bpy.ops.maquette.import_stage(directory=str(folder))
    image = part("scene.stage.find").active_stage(bpy.context).photo
    assert tuple(image.size) == SIZE and image.packed_file is not None
    shown = (np.array(image.pixels[:]).reshape(72, 96, 4)[::-1, :, :3] * 255).round()
    from tests.staged import truth

    assert np.abs(shown - truth()[0]).max() <= 1


def test_a_real_run_from_the_photo_to_the_scene(maquette, part, tmp_path):
    """The engine itself, with the network that comes along."""
    if not part("engine.mono.embedded").FILE.is_file():
        pytest.skip("this checkout has no network yet")
    from PIL import Image

    Image.open(SAMPLE / "shoe_01.jpg").resize((480, 360)).save(tmp_path / "shoe.jpg", quality=95)
    settings = bpy.context.scene.maquette.stage
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    settings.photo, settings.faces, settings.layers = str(tmp_path / "shoe.jpg"), 20_000, 2
    assert bpy.ops.maquette.build_stage() == {"FINISHED"}
    found = part("scene.stage.find").active_stage(bpy.context)
    assert 1000 < len(found.relief.data.polygons) <= 20_000 and len(found.layers) >= 2
    render = bpy.context.scene.render
    assert (render.resolution_x, render.resolution_y) == (480, 360)
    off = np.abs(seen_at(found.camera, points_of(found.relief), (480, 360)) - pixels_by_uv(found.relief, (480, 360)))
    assert np.median(off) < 0.05 and off.max() < 6  # at a tear's rim the colour is taken from a little further inside


@pytest.mark.parametrize("out", ["made.blend", "made"])
def test_the_command_writes_a_blend(play, part, stage_folder, tmp_path, out):
    words = play("done")
    photo = stage_folder.parent / "made-up.png"
    assert part("operators.command").main(["stage", str(photo), "--layers", "2", "-o", str(tmp_path / out)]) == 0
    assert words()[:4] == ["stage", str(photo), "--layers", "2"]
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / ("made.blend" if out == "made.blend" else "made/made.blend")))
    found = part("scene.stage.find").active_stage(bpy.context)
    assert len(found.layers) == 2 and found.photo.packed_file is not None and bpy.context.scene.camera == found.camera
    assert misfit(found) < 0.02


def test_the_command_passes_depth_on(play, part, tmp_path):
    words = play("error")
    assert part("operators.command").main(["depth", "a.jpg", "-o", str(tmp_path / "x"), "--format", "exr"]) == 2
    assert words()[:6] == ["depth", "a.jpg", "-o", str(tmp_path / "x"), "--format", "exr"]
