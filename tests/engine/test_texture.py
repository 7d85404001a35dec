"""The texture stage on the made-up scene, whose colour is known at every point of every surface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.datatypes import PosedPhoto, Sparse, TexturedMesh, TriMesh
from engine.errors import Cancelled, EngineError
from engine.geometry import project
from engine.kernels.texture_cover import NOBODY, owners
from engine.report import Report, RunReport
from engine.settings import TextureSettings
from engine.texture.exposure import solve_gains
from engine.texture.observe import observe
from engine.texture.stage import run
from engine.texture.survey import prepare, sharpness
from tests.synthetic import BOX_HIGH, BOX_LOW, SPHERE_CENTRE, SPHERE_RADIUS, Truth, colour_at, make_truth

SETTINGS = TextureSettings(size=1024)
GAINS = np.array([1.2, 0.8, 1.1, 0.9, 1.2, 0.85, 1.15, 0.8, 1.0, 1.2, 0.9, 0.95])  # on light, one per photo


@dataclass(frozen=True)
class Scene:
    truth: Truth
    mesh: TriMesh
    kinds: np.ndarray  # (F,) 0 floor, 1 sphere, 2 box


def scene_mesh() -> tuple[TriMesh, np.ndarray]:
    """Sphere, closed box and a floor of few large triangles."""
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=SPHERE_RADIUS)
    sphere.apply_translation(SPHERE_CENTRE)
    box = trimesh.creation.box(bounds=[BOX_LOW, BOX_HIGH]).subdivide().subdivide()
    corner = np.array([[-0.7, -0.6, 0], [0.9, -0.6, 0], [0.9, 0.6, 0], [-0.7, 0.6, 0]])
    floor = trimesh.Trimesh(corner, [[0, 1, 2], [0, 2, 3]])
    parts = [floor, sphere, box]
    mesh = trimesh.util.concatenate(parts)
    kinds = np.repeat([0, 1, 2], [len(part.faces) for part in parts])
    return TriMesh(
        vertices=mesh.vertices.astype(np.float32),
        faces=mesh.faces.astype(np.int32),
        filled=np.zeros(len(mesh.faces), bool),
    ), kinds


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    mesh, kinds = scene_mesh()
    return Scene(make_truth(tmp_path_factory.mktemp("photos"), count=12), mesh, kinds)


@pytest.fixture(scope="module")
def plain(scene: Scene) -> TexturedMesh:
    return run(scene.mesh, scene.truth.sparse(), SETTINGS, Report())


def with_photos(truth: Truth, folder: Path, change: dict[int, np.ndarray]) -> Sparse:
    """The poses, with some pictures replaced by others on disk."""
    sparse = truth.sparse()
    posed: list[PosedPhoto] = list(sparse.posed)
    for i, picture in change.items():
        path = folder / f"changed_{i}.png"
        Image.fromarray(picture).save(path)
        posed[i] = replace(posed[i], photo=replace(posed[i].photo, path=path))
    return replace(sparse, posed=tuple(posed))


def surface_points(scene: Scene, count: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points spread evenly over the surface: their face, corner shares (n, 3) and places."""
    rng = np.random.default_rng(5)
    corners = scene.mesh.vertices[scene.mesh.faces].astype(float)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = rng.choice(len(area), count, p=area / area.sum())
    share = rng.dirichlet([1, 1, 1], count)
    return face, share, (corners[face] * share[..., None]).sum(1)


def look_up(textured: TexturedMesh, face: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) the texture's colour, bilinear, and (n,) whether it is guessed."""
    size = textured.base_colour.shape[0]
    uv = (textured.uvs[textured.mesh.faces[face]] * share[..., None]).sum(1)
    x, y = uv[:, 0] * size - 0.5, (1 - uv[:, 1]) * size - 0.5
    x0, y0 = np.clip(np.floor(x).astype(int), 0, size - 2), np.clip(np.floor(y).astype(int), 0, size - 2)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    t = textured.base_colour.astype(float)
    top = t[y0, x0] * (1 - fx) + t[y0, x0 + 1] * fx
    bottom = t[y0 + 1, x0] * (1 - fx) + t[y0 + 1, x0 + 1] * fx
    return top * (1 - fy) + bottom * fy, textured.guessed[np.round(y).astype(int), np.round(x).astype(int)]


def direct(scene: Scene, places: np.ndarray) -> np.ndarray:
    """(n, 3) for each place the pixel of the photo that sees it and is nearest: what a perfect stage could copy."""
    out, best = np.zeros((len(places), 3)), np.full(len(places), np.inf)
    for view, picture, depth, normal in zip(
        scene.truth.views, scene.truth.pictures, scene.truth.depths, scene.truth.normals, strict=True
    ):
        pixel, z = project(view, places)
        x, y = np.clip(pixel.astype(int), 0, [view.width - 1, view.height - 1]).T
        ray = (places - view.centre_in_world) / np.linalg.norm(places - view.centre_in_world, axis=1, keepdims=True)
        badness = z / np.maximum(-(normal[y, x] * ray).sum(1), 0.05)
        inside = ((pixel > 0) & (pixel < [view.width, view.height])).all(1)
        better = inside & (np.abs(depth[y, x] - z) < 0.01) & (badness < best)
        out[better], best[better] = picture[y[better], x[better]], badness[better]
    return out


def watchers(scene: Scene, places: np.ndarray) -> np.ndarray:
    """(n,) how many photos truly see each place, and not at a grazing angle."""
    count = np.zeros(len(places), int)
    for view, depth, normal in zip(scene.truth.views, scene.truth.depths, scene.truth.normals, strict=True):
        pixel, z = project(view, places)
        x, y = np.clip(pixel.astype(int), 0, [view.width - 1, view.height - 1]).T
        ray = (places - view.centre_in_world) / np.linalg.norm(places - view.centre_in_world, axis=1, keepdims=True)
        inside = ((pixel > 0) & (pixel < [view.width, view.height])).all(1)
        count += inside & (np.abs(depth[y, x] - z) < 0.01) & (-(normal[y, x] * ray).sum(1) > 0.2)
    return count


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a - b) ** 2)))


def test_the_texture_shows_the_true_colours(scene: Scene, plain: TexturedMesh) -> None:
    face, share, places = surface_points(scene)
    colour, guessed = look_up(plain, face, share)
    truth = colour_at(places, scene.kinds[face])
    assert 0.02 < guessed.mean() < 0.25  # the box's bottom and the floor under it, and little else
    found = psnr(colour[~guessed], truth[~guessed])
    assert 33 < found < 45
    assert found > psnr(direct(scene, places)[~guessed], truth[~guessed])  # the best pixel alone, unblended
    # It is the pattern and not just the mean tone: far better than a flat colour per object.
    flat = np.stack([truth[scene.kinds[face] == k].mean(0) for k in range(3)])[scene.kinds[face]]
    assert found > psnr(flat[~guessed], truth[~guessed]) + 5


def test_what_no_photo_sees_is_marked_and_not_black(scene: Scene, plain: TexturedMesh) -> None:
    face, share, places = surface_points(scene)
    colour, guessed = look_up(plain, face, share)
    bottom = (scene.kinds[face] == 2) & (places[:, 2] < 1e-6)
    assert bottom.sum() > 100
    assert guessed[bottom].mean() > 0.97
    wide = (places[:, 2] > 0.2) & (scene.kinds[face] > 0)
    assert guessed[wide].mean() < 0.02
    truth = colour_at(places, scene.kinds[face])
    assert (colour.max(1) < 16).mean() <= (truth.max(1) < 16).mean() + 1e-3  # no black specks
    assert (colour[bottom].std(0) < 40).all()  # a calm fill, from its surroundings
    sides = colour[(scene.kinds[face] == 2) & ~guessed].mean(0)
    assert np.abs(colour[bottom].mean(0) - sides).max() < 60


def test_charts_lie_apart_and_inside(plain: TexturedMesh) -> None:
    assert plain.uvs.min() >= 0 and plain.uvs.max() <= 1
    size = plain.base_colour.shape[0]
    texels = plain.uvs[plain.mesh.faces] * size
    owner, lost = owners(texels, np.arange(len(texels), dtype=np.int32), size, size)
    assert lost.sum() <= 1e-4 * (owner != NOBODY).sum()
    assert 0.4 < (owner != NOBODY).mean() < 0.95
    # Between two charts there is room for the picture to be halved once without bleeding.
    welded = trimesh.Trimesh(plain.mesh.vertices, plain.mesh.faces, process=False)
    label = trimesh.graph.connected_component_labels(welded.face_adjacency, node_count=len(texels))
    chart = np.where(owner == NOBODY, -1, label[np.where(owner == NOBODY, 0, owner)])
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = np.roll(chart, shift, (0, 1))
        assert not ((chart >= 0) & (other >= 0) & (chart != other))[1:-1, 1:-1].any()


def test_texel_density_is_even(scene: Scene, plain: TexturedMesh) -> None:
    corners = plain.mesh.vertices[plain.mesh.faces].astype(float)
    flat = np.concatenate([plain.uvs[plain.mesh.faces], np.zeros((len(corners), 3, 1))], 2).astype(float)
    world, atlas = (np.linalg.norm(np.cross(c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]), axis=1) for c in (corners, flat))
    density = np.sqrt(atlas / world)
    order = np.argsort(density)
    at = np.cumsum(world[order]) / world.sum()
    low, high = density[order][np.searchsorted(at, [0.03, 0.97])]
    assert high / low < 2.2


def test_the_split_mesh_is_the_same_surface(scene: Scene, plain: TexturedMesh) -> None:
    assert np.array_equal(plain.mesh.vertices, scene.mesh.vertices[plain.source_vertex])
    assert np.array_equal(plain.source_vertex[plain.mesh.faces], scene.mesh.faces)


def test_gutters_carry_on_the_charts_colours(plain: TexturedMesh) -> None:
    size = plain.base_colour.shape[0]
    owner, _ = owners(
        (plain.uvs[plain.mesh.faces] * [size, -size] + [0, size]).astype(np.float32),
        np.arange(len(plain.mesh.faces), dtype=np.int32),
        size,
        size,
    )
    inside = owner != NOBODY
    assert plain.base_colour[~inside].min() > 0  # nothing was left black

    # Halved and halved again, what was averaged from inside alone looks the same as with the gutters.
    def halve(values: np.ndarray) -> np.ndarray:
        return values.reshape(size // 4, 4, size // 4, 4, -1).mean((1, 3))

    full = halve(plain.base_colour.astype(float))
    weight = halve(inside.astype(float))
    alone = halve(plain.base_colour * inside[..., None].astype(float)) / np.maximum(weight, 1e-9)
    border = (weight[..., 0] > 0.2) & (weight[..., 0] < 1)
    assert border.sum() > 200
    assert np.abs(full - alone)[border].mean() < 6


def test_exposure_is_evened_out(scene: Scene, plain: TexturedMesh, tmp_path: Path) -> None:
    changed = {}
    for i, gain in enumerate(GAINS):
        light = (scene.truth.pictures[i] / 255.0) ** 2.2 * gain
        changed[i] = (np.clip(light, 0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)
    sparse = with_photos(scene.truth, tmp_path, changed)
    views = list(scene.truth.views)
    shape, _, _ = prepare(scene.mesh, np.zeros((len(scene.mesh.faces), 3, 2), np.float32))
    moved = [replace(view, photo=one.photo) for view, one in zip(views, sparse.posed, strict=True)]
    gains = solve_gains(observe(moved, shape, sharpness(moved), Report(), 1.0))
    applied = gains * (GAINS ** (1 / 2.2))[:, None]  # what is left of the change: the same for every photo
    assert np.abs(applied / applied.mean(0) - 1).max() < 0.02

    evened = run(scene.mesh, sparse, SETTINGS, Report())
    face, share, places = surface_points(scene)
    colour, guessed = look_up(evened, face, share)
    before, before_guessed = look_up(plain, face, share)
    seen = ~guessed & ~before_guessed
    truth = colour_at(places, scene.kinds[face])
    tone = truth[seen].mean() / colour[seen].mean()  # one brightness for all is left open
    assert 0.9 < tone < 1.1
    assert psnr(colour[seen] * tone, truth[seen]) > psnr(before[seen], truth[seen]) - 1


def test_someone_walking_through_leaves_no_ghost(scene: Scene, plain: TexturedMesh, tmp_path: Path) -> None:
    who = 3
    view, picture = scene.truth.views[who], scene.truth.pictures[who].copy()
    cv2.ellipse(picture, (view.width // 2, view.height // 2), (70, 130), 10, 0, 360, (250, 10, 200), -1)
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(mask, (view.width // 2, view.height // 2), (70, 130), 10, 0, 360, 255, -1)
    textured = run(scene.mesh, with_photos(scene.truth, tmp_path, {who: picture}), SETTINGS, Report())
    face, share, places = surface_points(scene)
    cam = places @ view.rotation.T + view.translation
    pixel = (cam @ view.K.T)[:, :2] / cam[:, 2:]
    x, y = np.clip(pixel.astype(int), 0, [view.width - 1, view.height - 1]).T
    behind = (mask[y, x] > 0) & (np.abs(scene.truth.depths[who][y, x] - cam[:, 2]) < 0.02)
    assert behind.sum() > 500
    colour, guessed = look_up(textured, face, share)
    before, _ = look_up(plain, face, share)
    truth = colour_at(places, scene.kinds[face])
    seen = behind & ~guessed
    assert seen.sum() > 0.8 * behind.sum()  # what he alone covered may be guessed
    ghost = np.abs(colour - [250, 10, 200]).max(1) < 60
    several = seen & (watchers(scene, places) >= 3)
    assert several.sum() > 0.4 * seen.sum()
    assert ghost[several].mean() < 0.002
    assert psnr(colour[several], truth[several]) > psnr(before[several], truth[several]) - 1.5
    # Where hardly anybody else looks, the neighbourhood's doubt takes most of it away too.
    assert ghost[seen & ~several].mean() < 0.25


def test_masked_pixels_are_never_used(scene: Scene, tmp_path: Path) -> None:
    """Half of each photo is masked out and painted green: no green on the model."""
    changed, sparse = {}, scene.truth.sparse()
    for i, picture in enumerate(scene.truth.pictures):
        changed[i] = picture.copy()
        changed[i][:, : picture.shape[1] // 2] = (0, 255, 0)
    mask = np.zeros(scene.truth.pictures[0].shape[:2], np.uint8)
    mask[:, mask.shape[1] // 2 :] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    sparse = with_photos(scene.truth, tmp_path, changed)
    masked = tuple(replace(p, photo=replace(p.photo, mask=tmp_path / "mask.png")) for p in sparse.posed)
    textured = run(scene.mesh, replace(sparse, posed=masked), SETTINGS, Report())
    face, share, _ = surface_points(scene)
    colour, _ = look_up(textured, face, share)
    assert ((colour[:, 1] > 180) & (colour[:, 0] < 80) & (colour[:, 2] < 80)).mean() < 1e-3


def test_cancel_and_empty_inputs(scene: Scene) -> None:
    stopped = RunReport(("texture",))
    stopped.stop.set()
    with pytest.raises(Cancelled):
        run(scene.mesh, scene.truth.sparse(), SETTINGS, Report(stopped))
    empty = TriMesh(vertices=np.zeros((0, 3), np.float32), faces=np.zeros((0, 3), np.int32), filled=np.zeros(0, bool))
    with pytest.raises(EngineError, match="no faces"):
        run(empty, scene.truth.sparse(), SETTINGS, Report())
    with pytest.raises(EngineError, match="place"):
        run(scene.mesh, replace(scene.truth.sparse(), posed=()), SETTINGS, Report())
