"""Masks from a model of which a part is not wanted: what stands before what, lenses, hands off the artist's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine import storage
from engine.datatypes import Camera, CameraModel, TexturedMesh, TriMesh
from engine.errors import EngineError
from engine.jobs import MasksJob
from engine.masking.render import bent_pixels
from engine.recipes import masks
from engine.settings import DeviceChoice, MaskSettings
from tests.synthetic import BOX_HIGH, BOX_LOW, SPHERE_CENTRE, SPHERE_RADIUS, Truth, make_truth

CPU = MaskSettings(device=DeviceChoice.CPU, grow=0.0)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return make_truth(tmp_path_factory.mktemp("masking"), count=8, width=320, height=240)


def sphere() -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=4, radius=SPHERE_RADIUS)
    return ball.vertices + SPHERE_CENTRE, ball.faces


def cube() -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    box = trimesh.creation.box(bounds=[BOX_LOW, BOX_HIGH])
    for _ in range(4):
        box = box.subdivide()
    return box.vertices, box.faces


def tri(vertices: np.ndarray, faces: np.ndarray) -> TriMesh:
    return TriMesh(
        vertices=vertices.astype(np.float32), faces=faces.astype(np.int32), filled=np.zeros(len(faces), bool)
    )


@pytest.fixture
def out(truth: Truth, tmp_path: Path) -> Path:
    """A finished run whose model is the ball and the box; `keep.npz` is the ball alone."""
    folder = tmp_path / "run"
    (folder / ".maquette").mkdir(parents=True)
    storage.write_sparse(folder / ".maquette" / "sparse.npz", truth.sparse(per_view=40))
    (a, fa), (b, fb) = sphere(), cube()
    whole = tri(np.concatenate([a, b]), np.concatenate([fa, fb + len(a)]))
    textured = TexturedMesh(
        mesh=whole, source_vertex=np.arange(len(whole.vertices), dtype=np.int32),
        uvs=np.zeros((len(whole.vertices), 2), np.float32), base_colour=np.zeros((8, 8, 3), np.uint8),
        guessed=np.zeros((8, 8), bool),
    )  # fmt: skip
    storage.write_textured(folder / ".maquette" / "textured.npz", textured)
    np.savez(tmp_path / "keep.npz", vertices=a, faces=fa)
    return folder


def job(out: Path, **changes: object) -> MasksJob:
    return MasksJob(out=out, mesh=out.parent / "keep.npz", settings=replace(CPU, **changes))


def read(out: Path, name: str) -> np.ndarray:
    return cv2.imread(str(out / "masks" / f"{name}.png"), cv2.IMREAD_GRAYSCALE) > 127


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_what_was_deleted_is_masked_also_where_it_stands_before_what_is_kept(out: Path, truth: Truth) -> None:
    done = masks.run(job(out))
    assert done.summary["masks"] == 8 and done.summary["unwanted_faces"] > 500
    hidden = 0
    for view, kind in zip(truth.views, truth.kinds, strict=True):
        mask = read(out, view.name)
        assert overlap(mask, kind == 1) > 0.95
        assert (mask & (kind == 2)).sum() <= 0.02 * (kind == 2).sum()
        hidden += int((kind == 2).sum())
    assert hidden > 5000
    sheet = cv2.imread(done.files["sheet"])
    assert sheet is not None and sheet.shape[1] > 900


def test_the_background_may_stay(out: Path, truth: Truth) -> None:
    masks.run(job(out, background=False))
    for view, kind in zip(truth.views, truth.kinds, strict=True):
        assert overlap(read(out, view.name), kind != 2) > 0.97


def test_wider_masks_reach_over_the_edge(out: Path, truth: Truth) -> None:
    masks.run(job(out))
    plain = [read(out, view.name).sum() for view in truth.views]
    masks.run(job(out, grow=0.02))
    wide = [read(out, view.name).sum() for view in truth.views]
    assert all(w > p for w, p in zip(wide, plain, strict=True))


def test_hand_painted_masks_are_left_alone_until_asked_for(out: Path, truth: Truth) -> None:
    masks.run(job(out))
    own = out / "masks" / f"{truth.views[0].name}.png"
    painted = np.zeros((240, 320), np.uint8)
    painted[50:100, 60:200] = 255
    cv2.imwrite(str(own), painted)
    before = own.read_bytes()
    events = []
    done = masks.run(job(out), events.append)
    assert own.read_bytes() == before and done.summary["by_hand"] == [truth.views[0].name]
    assert any(getattr(event, "code", "") == "masks_by_hand" for event in events)
    done = masks.run(job(out, overwrite=True))
    assert own.read_bytes() != before and done.summary["by_hand"] == []


def test_the_next_run_finds_the_masks(out: Path, truth: Truth) -> None:
    from engine.photos import stage
    from engine.report import Report
    from engine.settings import PhotoSettings

    masks.run(job(out))
    photos = stage.run([truth.views[0].photo.path.parent], PhotoSettings(masks=out / "masks"), Report())
    assert len(photos) == 8
    assert all(photo.mask == out / "masks" / f"{photo.name}.png" for photo in photos)


def test_a_bent_lens_bends_the_mask_and_folds_nothing_in(truth: Truth) -> None:
    posed = truth.sparse(per_view=10).posed[0]
    camera = Camera(model=CameraModel.SIMPLE_RADIAL, width=320, height=240, params=(352.0, 160.0, 120.0, -0.15))
    centre = -posed.cam_from_world[:, :3].T @ posed.cam_from_world[:, 3]
    rays = np.array([[0.0, 0, 1], [0.3, 0.2, 1], [2.5, 0, 1], [0, 0, -1]])
    points = centre + rays @ posed.cam_from_world[:, :3]
    pixel, depth = bent_pixels(posed, camera, points)
    assert np.allclose(pixel[0], [160, 120])
    shrink = 1 - 0.15 * (0.3**2 + 0.2**2)
    assert np.allclose(pixel[1], [160 + 352 * 0.3 * shrink, 120 + 352 * 0.2 * shrink])
    assert (depth[:2] > 0).all() and (depth[2:] < 0).all()  # 2.5 would come back at 0.16 through the formula


def test_nothing_kept_and_no_run_are_said_in_words(out: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "keep.npz", vertices=np.zeros((3, 3)), faces=np.zeros((0, 3), np.int32))
    with pytest.raises(EngineError) as caught:
        masks.run(job(out))
    assert caught.value.advice
    with pytest.raises(EngineError, match="no finished model"):
        masks.run(MasksJob(out=tmp_path / "empty", mesh=out.parent / "keep.npz", settings=CPU))


def test_the_words_of_the_command_mean_what_they_say(out: Path) -> None:
    from engine.cli import job_of, parse

    words = ["masks", str(out), "--mesh", "keep.obj", "--keep-background", "--grow", "0.01", "--overwrite"]
    asked = job_of(parse(words))
    assert isinstance(asked, MasksJob) and asked.out == out and asked.mesh.name == "keep.obj"
    assert (asked.settings.background, asked.settings.grow, asked.settings.overwrite) == (False, 0.01, True)
    assert json.dumps(words)
