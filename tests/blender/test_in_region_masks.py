"""Region and masks: the box keeps what it was drawn around wherever the model goes; what is marked on the model is masked in the photos."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy  # first: it brings bmesh

# isort: split
import bmesh
import numpy as np
import pytest
from mathutils import Matrix

FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def play(maquette, part, monkeypatch, tmp_path, result_folder):
    """The next engine only pretends. Gives a function that reads the words that it was given."""
    words = tmp_path / "words.json"
    monkeypatch.setattr(part("operators.runner"), "ENGINE", FAKE)
    monkeypatch.setenv("MAQUETTE_WORDS", str(words))
    monkeypatch.setenv("MAQUETTE_FAKE", str(result_folder))
    return lambda: json.loads(words.read_text(encoding="utf-8"))


@pytest.fixture
def photos(maquette, tmp_path, result_folder) -> Path:
    folder = tmp_path / "shoots"
    shutil.copytree(result_folder.parent / "photos", folder)
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    return folder


@pytest.fixture
def model(maquette, part, result_folder):
    bpy.ops.maquette.import_result(directory=str(result_folder))
    return lambda: part("scene.model").active_model(bpy.context)


def cage(part, folder: Path) -> np.ndarray:
    """The box as the engine would see it in the run's own world: the eight corners."""
    from engine import storage
    from engine.settings import Box, from_json, to_json
    from engine.surface.box import cage_of

    drawn = from_json(Box, to_json(part("scene.region").engine_box(bpy.context)))
    place = cage_of(drawn, storage.read_sparse(folder / ".maquette" / "sparse.npz")).world_from_box
    corners = np.array([[x, y, z, 1] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) @ place.T
    return corners[:, :3]


def test_a_box_is_fitted_around_the_model_and_follows_it(model, part, result_folder):
    assert bpy.ops.maquette.fit_box() == {"FINISHED"}
    settings = bpy.context.scene.maquette.region_masks
    box = settings.box
    assert settings.use_box and box == bpy.context.view_layer.objects.active
    before = cage(part, result_folder)
    assert (before.min(0) < -0.01).all() and (before.max(0) > 1.01).all()  # the made-up model fills 0 to 1
    assert (before.min(0) > -0.5).all() and (before.max(0) < 1.5).all()

    box.location.x += 0.25  # the artist pulls it aside, then the whole model goes elsewhere
    pulled = cage(part, result_folder)
    assert np.allclose(pulled - before, [0.25, 0, 0], atol=1e-4)
    part("scene.model").move(model(), Matrix.Rotation(0.8, 4, "X") @ Matrix.Scale(3, 4))
    assert np.allclose(cage(part, result_folder), pulled, atol=1e-4)
    model().mesh.location, model().mesh.scale = (3, 2, 1), (0.5, 0.5, 0.5)
    assert np.allclose(cage(part, result_folder), pulled, atol=1e-4)

    assert bpy.ops.maquette.fit_box() == {"FINISHED"}  # anew: no second box
    assert sum(thing.type == "EMPTY" for thing in bpy.data.objects) == 1


def test_the_engine_is_told_of_box_and_turntable(play, photos, model, part):
    bpy.ops.maquette.fit_box()
    settings = bpy.context.scene.maquette.region_masks
    settings.turntable = "on"
    bpy.ops.maquette.build_model()
    parser, kinds = part("engine.cli"), part("engine.settings")
    job = parser.job_of(parser.parse(play()))
    assert job.settings.photos.turntable is kinds.Turntable.ON
    assert job.settings.surface.box == part("scene.region").engine_box(bpy.context)
    assert len(job.settings.surface.box.cameras) == 5
    settings.use_box, settings.turntable = False, "off"
    bpy.ops.maquette.build_model()
    job = parser.job_of(parser.parse(play()))
    assert job.settings.surface.box is None and job.settings.photos.turntable is kinds.Turntable.OFF


def test_a_box_that_is_gone_or_flat_is_said_in_words_before_any_work(play, photos, model):
    bpy.ops.maquette.fit_box()
    box = bpy.context.scene.maquette.region_masks.box
    box.scale.z = 0
    with pytest.raises(RuntimeError, match="flat"):
        bpy.ops.maquette.build_model()
    bpy.data.objects.remove(box)
    with pytest.raises(RuntimeError, match="no region box"):
        bpy.ops.maquette.build_model()
    with pytest.raises(FileNotFoundError):
        play()


def test_nothing_to_fit_a_box_around(maquette):
    assert not bpy.ops.maquette.fit_box.poll()
    assert not bpy.ops.maquette.masks_from_model.poll()


def test_cameras_first_then_a_box_then_the_model(play, photos, part, tmp_path):
    assert bpy.ops.maquette.find_cameras() == {"FINISHED"}
    words = play()
    assert words[words.index("--until") + 1] == "poses"
    found = part("scene.found").found_in(bpy.context.scene)
    assert len(found) == 1 and sum(thing.type == "CAMERA" for thing in found[0].all_objects) == 5
    assert not part("scene.model").models_in(bpy.context.scene)  # no panel takes it for a model
    bpy.ops.maquette.find_cameras()  # again: instead of the first
    assert len(part("scene.found").found_in(bpy.context.scene)) == 1

    assert bpy.ops.maquette.fit_box() == {"FINISHED"}
    box = bpy.context.scene.maquette.region_masks.box
    place = box.matrix_world.copy()
    low, high = (np.array([f([(place @ Matrix.Translation(c)).translation[k] for c in ((-1, -1, -1), (1, 1, 1))]) for k in range(3)]) for f in (min, max))  # fmt: skip
    assert (low < [-0.2, -0.1, 0.2]).all() and (
        high > [0.2, 0.1, 0.4]
    ).all()  # the ball and the box of the made-up scene
    assert (high - low < 2.2).all()  # but not all of its wide floor

    assert bpy.ops.maquette.build_model() == {"FINISHED"}
    assert "--box" in play()
    model = part("scene.model").models_in(bpy.context.scene)[0]
    assert part("scene.found").found_in(bpy.context.scene) == []
    assert all(camera.name == camera.data.name and "." not in camera.name for camera in model.cameras)
    box = bpy.context.scene.maquette.region_masks.box
    assert box.parent == model.mesh and np.allclose(box.matrix_world, place, atol=1e-5)
    assert part("scene.region").box_in(bpy.context) == box
    for on in (False, True):  # switched off it does not stand around the model either
        bpy.context.scene.maquette.region_masks.use_box = on
        assert box.hide_get() is not on


@pytest.fixture(scope="module")
def ball_and_box(installed, tmp_path_factory) -> Path:
    """A finished run of the made-up scene whose model is its ball and its box."""
    from engine import storage
    from engine.datatypes import TexturedMesh
    from tests.patches import patches
    from tests.synthetic import make_truth

    out = tmp_path_factory.mktemp("masks") / "Pair"
    (out / ".maquette").mkdir(parents=True)
    truth = make_truth(out.parent / "photos", count=6, width=320, height=240)
    storage.write_sparse(out / ".maquette" / "sparse.npz", truth.sparse(per_view=40))
    given = patches(14).mesh
    surface = given.surface
    textured = TexturedMesh(
        mesh=surface, source_vertex=np.arange(len(surface.vertices), dtype=np.int32),
        uvs=np.zeros((len(surface.vertices), 2), np.float32), base_colour=np.full((16, 16, 3), 127, np.uint8),
        guessed=np.zeros((16, 16), bool),
    )  # fmt: skip
    storage.write_textured(out / ".maquette" / "textured.npz", textured)
    report = {"seconds": 1, "photos": 6, "registered": 6, "faces": len(surface.faces), "texture": 16, "device": "cpu"}
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")
    np.savez(out.parent / "kinds.npz", **{v.name: k for v, k in zip(truth.views, truth.kinds, strict=True)})
    return out


def is_box(mesh) -> list[int]:
    return [face.index for face in mesh.polygons if face.center.x > 0.13]


@pytest.mark.parametrize("how", ["DELETED", "SELECTED"])
def test_what_is_marked_on_the_model_is_masked_in_every_photo(maquette, part, ball_and_box, tmp_path, how):
    out = tmp_path / "Pair"
    shutil.copytree(ball_and_box, out)
    bpy.ops.maquette.import_result(directory=str(out))
    part("preferences").of(bpy.context).device = "cpu"
    thing = bpy.context.view_layer.objects.active
    chosen = set(is_box(thing.data))
    assert 0 < len(chosen) < len(thing.data.polygons)
    thing.matrix_world = Matrix.Translation((2, 0, 1)) @ Matrix.Rotation(1.0, 4, "Z") @ Matrix.Scale(2, 4)
    settings = bpy.context.scene.maquette
    settings.region_masks.unwanted, settings.region_masks.grow = how, 0.0
    bpy.ops.object.mode_set(mode="EDIT")
    edited = bmesh.from_edit_mesh(thing.data)
    edited.faces.ensure_lookup_table()
    for face in edited.faces:
        face.select_set(face.index in chosen)
    if how == "DELETED":
        bmesh.ops.delete(edited, geom=[f for f in edited.faces if f.select], context="FACES")
    bmesh.update_edit_mesh(thing.data)

    assert bpy.ops.maquette.masks_from_model() == {"FINISHED"}
    assert Path(settings.masks) == out / "masks" and (out / "masks.png").is_file()
    kinds = np.load(ball_and_box.parent / "kinds.npz")
    for name in kinds.files:
        image = bpy.data.images.load(str(out / "masks" / f"{name}.png"))
        pixels = np.empty(320 * 240 * 4, np.float32)
        image.pixels.foreach_get(pixels)
        mask = pixels.reshape(240, 320, 4)[::-1, :, 0] > 0.5
        kind = kinds[name]
        assert mask[kind == 1].mean() > 0.93
        assert (mask & (kind == 2)).sum() < 0.05 * max((kind == 2).sum(), 40)
        assert mask[kind <= 0].mean() < 0.02


def test_nothing_selected_is_told(maquette, part, ball_and_box):
    bpy.ops.maquette.import_result(directory=str(ball_and_box))
    thing = bpy.context.view_layer.objects.active
    thing.data.polygons.foreach_set("select", np.zeros(len(thing.data.polygons), bool))
    bpy.context.scene.maquette.region_masks.unwanted = "SELECTED"
    with pytest.raises(RuntimeError, match="No face is selected"):
        bpy.ops.maquette.masks_from_model()
    bpy.context.scene.maquette.region_masks.unwanted = "HIDDEN"
    with pytest.raises(RuntimeError, match="No face is hidden"):
        bpy.ops.maquette.masks_from_model()


class Sheet:
    """A layout that notes what is drawn, and checks that each property and operator is there."""

    def __init__(self, drawn: list[str]) -> None:
        object.__setattr__(self, "drawn", drawn)

    def __setattr__(self, name, value) -> None: ...

    def column(self, **_):
        return self

    row = box = separator = column

    def prop(self, data, name, **_):
        assert name in data.bl_rna.properties, name
        self.drawn.append(name)

    def operator(self, name, **_):
        group, _, one = name.partition(".")
        assert one in dir(getattr(bpy.ops, group)), name
        self.drawn.append(name)
        return type("Values", (), {})()

    def label(self, text="", **_):
        self.drawn.append(text)


def drawn(part) -> list[str]:
    from types import SimpleNamespace

    found: list[str] = []
    panel = part("panels.region_masks").MAQUETTE_PT_region_masks
    names = {name: getattr(panel, name) for name in ("draw", "_draw_box", "_draw_masks")}
    stand_in = type("Panel", (), names)()
    stand_in.layout = Sheet(found)
    context = SimpleNamespace(
        scene=bpy.context.scene,
        region=SimpleNamespace(width=280),
        preferences=bpy.context.preferences,
        window_manager=bpy.context.window_manager,
    )
    stand_in.draw(context)
    return found


def test_the_panel_offers_what_comes_next(play, photos, part, result_folder):
    """Without cameras: to find them. With a model: a box, and masks from it."""
    first = drawn(part)
    assert "maquette.find_cameras" in first and "turntable" in first
    assert not {"maquette.fit_box", "maquette.masks_from_model"} & set(first)
    bpy.ops.maquette.import_result(directory=str(result_folder))
    bpy.context.scene.maquette.masks = str(result_folder)
    later = drawn(part)
    assert {"maquette.fit_box", "maquette.masks_from_model", "wm.path_open", "unwanted"} <= set(later)
    assert "maquette.find_cameras" not in later
