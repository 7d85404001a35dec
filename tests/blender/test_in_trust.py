"""Photo and render line up, also where the lens bends; the comparison says so in a picture."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

WIDTH, HEIGHT, FOCAL = 480, 360, 420.0
BENT = (FOCAL, FOCAL * 1.01, 247.0, 174.0, -0.18, 0.05, 0.002, -0.001)
SQUARES, SIDE = 40, 0.1  # a chequered floor, each square of another grey


def greys() -> np.ndarray:
    """(SQUARES, SQUARES) which of 64 greys each square has."""
    return np.random.default_rng(6).integers(0, 64, (SQUARES, SQUARES))


def level(number: np.ndarray) -> np.ndarray:
    return 20 + number * 3.5


def floor():
    """The floor as a textured mesh: every square's corners lie in the middle of its grey's patch of the picture."""
    from engine.datatypes import TexturedMesh, TriMesh

    j, i = np.meshgrid(np.arange(SQUARES), np.arange(SQUARES))
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    places = (np.stack([i, j], -1).reshape(-1, 1, 2) + corner - SQUARES / 2) * SIDE
    vertices = np.concatenate([places.reshape(-1, 2), np.zeros((4 * SQUARES**2, 1))], 1).astype(np.float32)
    first = 4 * np.arange(SQUARES**2)[:, None]
    faces = np.concatenate([first + np.array(pick) for pick in ((0, 1, 2), (0, 2, 3))]).astype(np.int32)
    grey = np.repeat(greys().ravel(), 4)  # i is the row: along x
    uvs = np.stack([(grey % 8 + 0.5) / 8, 1 - (grey // 8 + 0.5) / 8], 1).astype(np.float32)
    picture = np.kron(level(np.arange(64)).reshape(8, 8), np.ones((16, 16)))
    return TexturedMesh(
        mesh=TriMesh(vertices=vertices, faces=faces, filled=np.zeros(len(faces), bool)),
        source_vertex=np.arange(len(vertices), dtype=np.int32),
        uvs=uvs,
        base_colour=np.repeat(picture[..., None], 3, 2).round().astype(np.uint8),
        guessed=np.zeros((128, 128), bool),
    )


def photographed(camera, pose: np.ndarray, fine: int = 4) -> np.ndarray:
    """What the bent lens sees of the floor, (H, W) 0..255: ray by ray, the bending undone by iteration."""
    from engine.geometry import distort

    x, y = np.meshgrid((np.arange(WIDTH * fine) + 0.5) / fine, (np.arange(HEIGHT * fine) + 0.5) / fine)
    fx, fy, cx, cy = camera.params[:4]
    bent = np.stack([(x.ravel() - cx) / fx, (y.ravel() - cy) / fy], 1)
    ideal = bent.copy()
    for _ in range(25):
        ideal += bent - distort(camera, ideal)
    rays = np.concatenate([ideal, np.ones((len(ideal), 1))], 1) @ pose[:, :3]
    eye = -pose[:, :3].T @ pose[:, 3]
    hit = eye[:2] - rays[:, :2] * (eye[2] / rays[:, 2])[:, None]
    cell = np.floor(hit / SIDE + SQUARES / 2).astype(int).clip(0, SQUARES - 1)
    grey = level(greys()[cell[:, 0], cell[:, 1]])
    return np.asarray(grey.reshape(HEIGHT, fine, WIDTH, fine).mean((1, 3)))


@pytest.fixture
def bent_result(installed: str, tmp_path) -> Path:
    """A finished run of one photo through a bent lens, as the engine leaves it."""
    from PIL import Image

    from engine import storage
    from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto, Sparse
    from engine.geometry import view_of
    from engine.images import load_view
    from tests.synthetic import look_at

    out = tmp_path / "Bent"
    (out / ".maquette").mkdir(parents=True)
    (out / "undistorted").mkdir()
    camera = Camera(model=CameraModel.OPENCV, width=WIDTH, height=HEIGHT, params=BENT)
    pose = look_at(np.array([0.3, -0.9, 1.1]), np.array([0.0, 0.1, 0.0]))
    taken = np.repeat(photographed(camera, pose)[..., None], 3, 2).round().astype(np.uint8)
    Image.fromarray(taken).save(tmp_path / "bent.png")
    photo = Photo(
        name="bent.png", path=tmp_path / "bent.png", content_hash="", width=WIDTH, height=HEIGHT, orientation=1,
        working_width=WIDTH, working_height=HEIGHT, focal_px=FOCAL, focal_source=FocalSource.GUESS, camera_key="",
        sharpness=1.0, brightness=0.5,
    )  # fmt: skip
    posed = PosedPhoto(photo=photo, camera_id=1, cam_from_world=pose)
    none = np.zeros(0, np.int32)
    sparse = Sparse(
        cameras={1: camera}, posed=(posed,), points_in_world=np.zeros((0, 3)), point_colours=np.zeros((0, 3), np.uint8),
        point_errors=np.zeros(0, np.float32), seen_point=none, seen_posed=none, seen_pixel=np.zeros((0, 2), np.float32),
    )  # fmt: skip
    storage.write_sparse(out / ".maquette" / "sparse.npz", sparse)
    storage.write_textured(out / ".maquette" / "textured.npz", floor())
    straight = load_view(view_of(posed, camera, WIDTH))
    Image.fromarray(straight).save(out / "undistorted" / "bent.png.jpg", quality=95)
    (out / "report.json").write_text(json.dumps({"photos": 1, "registered": 1}), encoding="utf-8")
    return out


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(tiles, 2) how many pixels the second picture lies beside the first in each tile, to a fraction of a pixel."""
    found, reach, size = [], 6, 60
    for top in range(reach, one.shape[0] - size - reach, size):
        for left in range(reach, one.shape[1] - size - reach, size):
            tile = one[top : top + size, left : left + size]
            cost = np.array([
                [np.abs(other[top + y : top + y + size, left + x : left + x + size] - tile).mean()
                 for x in range(-reach, reach + 1)] for y in range(-reach, reach + 1)
            ])  # fmt: skip
            y, x = np.unravel_index(cost[1:-1, 1:-1].argmin(), (2 * reach - 1,) * 2)
            found.append([x + 1 - reach + _peak(cost[y + 1, x : x + 3]), y + 1 - reach + _peak(cost[y : y + 3, x + 1])])
    return np.array(found)


def _peak(three: np.ndarray) -> float:
    """The bottom between three costs: of two straight flanks, as absolute differences have them."""
    before, here, after = three
    return float((before - after) / (2 * max(before, after) - 2 * here)) if max(before, after) > here else 0.0


def test_photo_and_render_line_up_within_a_pixel_through_a_bent_lens(maquette, part, bent_result, tmp_path):
    assert bpy.ops.maquette.import_result(directory=str(bent_result)) == {"FINISHED"}
    model = part("scene.model").active_model(bpy.context)
    camera = model.cameras[0]
    assert part("scene.cameras").picture_of(camera).filepath.endswith("bent.png.jpg")
    compare = part("scene.compare")
    found = compare.compare(model, camera, tmp_path)
    photo, render = found.photo.mean(-1)[::-1] * 255, found.render[..., :3].mean(-1)[::-1] * 255
    assert photo.shape == (HEIGHT, WIDTH) and found.covered > 0.99
    off = apart(render, photo)
    assert len(off) >= 20 and np.abs(off).max() < 0.35, off
    assert found.difference < 0.03
    # the same photo as it was taken is far off: so the test can fail
    from PIL import Image

    taken = np.asarray(Image.open(bent_result.parent / "bent.png"), float).mean(-1)
    assert np.abs(apart(render, taken)).max() > 2


def test_the_comparison_is_written_and_leaves_the_scene_alone(maquette, part, bent_result, tmp_path):
    bpy.ops.maquette.import_result(directory=str(bent_result))
    scene = bpy.context.scene
    scene.render.resolution_x, engine = 333, scene.render.engine
    before = {kind: len(getattr(bpy.data, kind)) for kind in ("scenes", "objects", "cameras", "materials")}
    path = tmp_path / "written.png"
    assert bpy.ops.maquette.compare_photo(camera="bent", filepath=str(path)) == {"FINISHED"}
    assert bpy.data.images["written.png"].size[:] == (3 * WIDTH, HEIGHT)
    assert (scene.render.resolution_x, scene.render.engine, scene.camera) == (333, engine, None)
    assert {kind: len(getattr(bpy.data, kind)) for kind in before} == before
    from PIL import Image

    picture = np.asarray(Image.open(path).convert("L"), float)
    photo, render, difference = np.split(picture, 3, axis=1)
    assert np.abs(photo - render).mean() < 8 and difference.mean() < 16 and photo.std() > 30
    assert bpy.ops.maquette.compare_photo() == {"FINISHED"}
    assert (bent_result / "compare" / "bent.png").is_file()


def test_a_photo_that_is_gone_is_said(maquette, part, bent_result):
    bpy.ops.maquette.import_result(directory=str(bent_result))
    (bent_result / "undistorted" / "bent.png.jpg").unlink()
    with pytest.raises(RuntimeError, match="not where it was"):
        bpy.ops.maquette.compare_photo()


def test_the_wipe_is_a_property_that_undo_takes_back(maquette, bent_result):
    bpy.ops.maquette.import_result(directory=str(bent_result))
    bpy.ops.ed.undo_push(message="before")
    assert bpy.context.scene.maquette.trust.wipe == 0
    bpy.ops.maquette.wipe_photo("EXEC_DEFAULT", True, wipe=0.4)
    assert bpy.context.scene.maquette.trust.wipe == pytest.approx(0.4)
    bpy.ops.ed.undo()
    assert bpy.context.scene.maquette.trust.wipe == 0


def test_a_mask_lies_where_its_photo_shows_it_through_a_bent_lens(maquette, part, bent_result, tmp_path):
    from PIL import Image

    from engine.images import _undistort_maps

    y, x = np.mgrid[:HEIGHT, :WIDTH]
    mask = ((x - 300) ** 2 + (y - 120) ** 2 < 60**2).astype(np.uint8) * 255  # drawn on the photo as it was taken
    masks = tmp_path / "masks"
    masks.mkdir()
    Image.fromarray(mask).save(masks / "bent.png")
    bpy.ops.maquette.import_result(directory=str(bent_result))
    scene, shown = bpy.context.scene, part("scene.mask_shown")
    camera = part("scene.model").active_model(bpy.context).cameras[0]
    scene.maquette.masks = str(masks)
    assert shown.ready(scene, camera) is None
    image = shown.read(scene, camera)
    assert shown.ready(scene, camera) == image and not shown.is_empty(image) and image.size[:] == (WIDTH, HEIGHT)

    places = shown.places_in_mask(camera)
    from engine import storage
    from engine.geometry import view_of

    sparse = storage.read_sparse(bent_result / ".maquette" / "sparse.npz")
    map_x, map_y = _undistort_maps(view_of(sparse.posed[0], sparse.cameras[1], WIDTH))  # what straightens the photo
    steps = places.shape[0] - 1
    for row in range(1, steps):
        for column in range(1, steps):
            left, top = column * WIDTH / steps, HEIGHT - row * HEIGHT / steps
            u, v = places[row, column]
            straight = map_x[int(top), int(left)] + left % 1, map_y[int(top), int(left)] + top % 1
            assert np.hypot(u * WIDTH - straight[0], (1 - v) * HEIGHT - straight[1]) < 1.0

    Image.fromarray(255 - mask).save(masks / "bent.png")
    (masks / "new.txt").write_text("", encoding="utf-8")  # a mask written anew changes its folder
    assert shown.ready(scene, camera) is None
    shown.read(scene, camera)
    assert image.pixels[0] == 1.0
    (masks / "bent.png").unlink()
    assert shown.is_empty(shown.read(scene, camera))
    shown.forget()
    assert shown.NAME not in bpy.data.images
