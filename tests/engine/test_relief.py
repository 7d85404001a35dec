"""The relief on made-up depth with known truth: its budget, its tears, its UVs, its backs; and what its own camera sees of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.datatypes import F64, U8, FocalSource, Photo
from engine.errors import EngineError
from engine.relief.frame import LEVEL, projected
from engine.relief.stage import relief
from engine.report import Report
from engine.settings import Back, ReliefSettings, Sky
from engine.single import FocalFrom, MonoDepth, Part, UvMesh
from tests.relief_edges import share_near, torn_edges
from tests.relief_views import psnr, shot
from tests.staged import make_stage, truth

WIDTH, HEIGHT, FOCAL = 320, 240, 300.0
Field = Callable[[F64, F64], F64]


def mono_of(folder: Path, field: Field, *, sky: Field | None = None, alpha: Field | None = None) -> MonoDepth:
    """`field` gives inverse depth at pixels' centres, `sky` and `alpha` where they are positive."""
    x, y = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    above = np.zeros(x.shape, bool) if sky is None else sky(x, y) > 0
    q = np.where(above, 0, field(x, y)).astype(np.float32)
    path = folder / "photo.png"
    picture = _picture()
    if alpha is not None:
        picture = np.concatenate([picture, ((alpha(x, y) > 0) * 255).astype(np.uint8)[..., None]], 2)
    Image.fromarray(picture).save(path)
    photo = Photo(
        name=path.name, path=path, content_hash="made-up", width=WIDTH, height=HEIGHT, orientation=1,
        working_width=WIDTH, working_height=HEIGHT, focal_px=FOCAL, focal_source=FocalSource.GUESS,
        camera_key="made-up", sharpness=1.0, brightness=0.5, mask=None if alpha is None else path,
    )  # fmt: skip
    K = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    return MonoDepth(
        photo=photo, K=K, focal_from=FocalFrom.DEFAULT, provider="embedded", metric=False, inverse_depth=q, sky=above
    )


def _picture() -> U8:
    rng = np.random.default_rng(2)
    coarse = rng.integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def made(mono: MonoDepth, **settings: object) -> UvMesh:
    return relief(mono, ReliefSettings(**settings), Report())  # type: ignore[arg-type]


def floor(x: F64, y: F64) -> F64:
    """A level floor below a far wall: its depth changes by a third from row to row near the horizon."""
    return np.maximum((y - 0.45 * HEIGHT) / FOCAL, 0.01)


def step(x: F64, y: F64) -> F64:
    return np.where(x + 0.3 * y < 180.3, 0.5, 0.2)


def solid_of(surface: UvMesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(surface.mesh.vertices, surface.mesh.faces, process=False)


def test_flat_costs_little_and_a_bump_is_where_the_faces_go(tmp_path: Path) -> None:
    assert len(made(mono_of(tmp_path, lambda x, y: 0.25 + 0 * x)).mesh.faces) < 200

    def bump(x: F64, y: F64) -> F64:
        return 0.25 + 0.05 * np.exp(-((x - 80) ** 2 + (y - 120) ** 2) / 200)

    surface = made(mono_of(tmp_path, bump))
    where = projected(surface.mesh.vertices[surface.mesh.faces].mean(1), LEVEL, np.diag([FOCAL, FOCAL, 1.0]))
    near = np.hypot(where[:, 0] + 80, where[:, 1]) < 50
    assert near.mean() > 0.7


@pytest.mark.parametrize("faces", [300, 2000, 8000])
@pytest.mark.parametrize("back", list(Back))
def test_the_budget_is_kept(tmp_path: Path, faces: int, back: Back) -> None:
    noise = np.random.default_rng(3).normal(0, 0.003, (HEIGHT, WIDTH))
    surface = made(mono_of(tmp_path, lambda x, y: step(x, y) + noise), faces=faces, back=back)
    assert len(surface.mesh.faces) <= faces
    if faces > 300:
        assert len(surface.mesh.faces) > (0.95 if back is Back.OPEN else 0.8) * faces


def test_a_step_is_torn_along_its_edge_and_nowhere_else(tmp_path: Path) -> None:
    mono = mono_of(tmp_path, step)
    surface = made(mono)
    y = np.linspace(0, HEIGHT, 1000)
    edge = np.stack([180.3 - 0.3 * y, y], 1)
    found = torn_edges(surface, mono.K, WIDTH, HEIGHT)
    assert share_near(edge, found, WIDTH, HEIGHT, 1.0) == 1
    assert share_near(found, edge, WIDTH, HEIGHT, 1.0) == 1
    depth = (surface.mesh.vertices @ LEVEL[:, :3].T)[:, 2]
    spread = depth[surface.mesh.faces].max(1) / depth[surface.mesh.faces].min(1)
    assert spread.max() < 1.01, "a face hangs between the two sides"


def test_a_soft_step_is_made_hard(tmp_path: Path) -> None:
    """As networks give it: a ramp of several pixels becomes two sheets, cut in its middle."""

    def soft(x: F64, y: F64) -> F64:
        return 0.2 + 0.3 / (1 + np.exp((x - 150.2) / 2.0))

    mono = mono_of(tmp_path, soft)
    surface = made(mono)
    y = np.linspace(0, HEIGHT, 1000)
    edge = np.stack([np.full_like(y, 150.2), y], 1)
    found = torn_edges(surface, mono.K, WIDTH, HEIGHT)
    assert share_near(edge, found, WIDTH, HEIGHT, 1.5) > 0.98
    assert share_near(found, edge, WIDTH, HEIGHT, 1.5) > 0.98
    shown = surface.mesh.faces[~surface.mesh.filled]
    depth = (surface.mesh.vertices @ LEVEL[:, :3].T)[:, 2][shown]
    between = (depth > 2.15) & (depth < 4.6)
    assert between.mean() < 0.02, "some of the ramp still hangs between the sides"


def test_a_grazing_floor_is_not_torn(tmp_path: Path) -> None:
    mono = mono_of(tmp_path, floor)
    assert len(torn_edges(made(mono), mono.K, WIDTH, HEIGHT)) == 0


def test_a_thin_pole_is_kept(tmp_path: Path) -> None:
    def pole(x: F64, y: F64) -> F64:
        return np.where((np.abs(x - 100) < 1.6) & (y > 40), 0.5, 0.1)

    surface = made(mono_of(tmp_path, pole), sky=Sky.KEEP)
    depth = (surface.mesh.vertices @ LEVEL[:, :3].T)[:, 2]
    near = depth[surface.mesh.faces].max(1) < 2.3
    rows = projected(surface.mesh.vertices[surface.mesh.faces[near]].mean(1), LEVEL, np.diag([FOCAL, FOCAL, 1.0]))[:, 1]
    assert near.any() and np.ptp(rows) > 180


def test_crumbs_and_scratches_are_gone(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    specks = rng.random((HEIGHT, WIDTH)) < 0.002
    mono = mono_of(tmp_path, lambda x, y: np.where(specks, 0.6, 0.2))
    surface = made(mono)
    assert len(torn_edges(surface, mono.K, WIDTH, HEIGHT)) == 0
    assert (
        trimesh.graph.connected_component_labels(solid_of(surface).face_adjacency, len(surface.mesh.faces)).max() == 0
    )


def test_uvs_lead_straight_into_the_photo(tmp_path: Path) -> None:
    mono = mono_of(tmp_path, lambda x, y: step(x, y) + floor(x, y))
    for back in Back:
        surface = made(mono, back=back, faces=4000)
        front = (surface.part == Part.FRONT.value) & ~surface.mesh.filled
        used = np.unique(surface.mesh.faces[front])
        at = projected(surface.mesh.vertices[used].astype(np.float64), LEVEL, mono.K)
        uv = surface.uvs[used] * [WIDTH, -HEIGHT] + [0, HEIGHT]
        assert np.abs(at - uv).max() < 0.01


@pytest.mark.parametrize("field", [step, floor, lambda x, y: 0.2 + 0.1 * np.sin(x / 9) * np.cos(y / 7)])
def test_its_own_camera_sees_the_photo(tmp_path: Path, field: Field) -> None:
    mono = mono_of(tmp_path, field)
    surface = made(mono)
    picture, covered = shot(surface, _picture(), LEVEL, mono.K, WIDTH, HEIGHT)
    assert covered.all()
    assert psnr(picture, _picture()) > 35
    big = mono.K * 3
    big[2, 2] = 1
    assert shot(surface, _picture(), LEVEL, big, WIDTH * 3, HEIGHT * 3)[1].all(), "a crack shows when looked at closely"


def test_faces_look_at_the_camera_and_none_is_a_needle(tmp_path: Path) -> None:
    surface = made(mono_of(tmp_path, step))
    corners = surface.mesh.vertices[surface.mesh.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    shown = ~surface.mesh.filled
    assert ((normal * corners.mean(1)).sum(1)[shown] < 0).all()
    area = np.linalg.norm(normal, axis=1) / 2
    longest = np.linalg.norm(corners - np.roll(corners, 1, 1), axis=2).max(1)
    assert (area[shown] / longest[shown] ** 2).min() > 0.004


@pytest.mark.parametrize("back", [Back.CLOSED, Back.MIRRORED, Back.PLATE])
def test_backs_are_watertight_and_manifold(tmp_path: Path, back: Back) -> None:
    rng = np.random.default_rng(7)
    blobs = np.kron(rng.integers(0, 3, (12, 16)), np.ones((20, 20)))
    mono = mono_of(tmp_path, lambda x, y: 0.2 + 0.15 * blobs + 0.0005 * x, sky=lambda x, y: 30 - y)
    surface = made(mono, back=back, faces=20_000)
    solid = solid_of(surface)
    assert solid.is_watertight and solid.is_winding_consistent and solid.volume > 0
    # no two fans meet in one vertex: as many triangles around it as edges
    fans = np.bincount(solid.faces.ravel(), minlength=len(solid.vertices))
    edges = np.bincount(np.unique(solid.edges_sorted, axis=0).ravel(), minlength=len(solid.vertices))
    assert (fans == edges).all()
    behind = {Back.PLATE: Part.PLATE}.get(back, Part.BACK).value
    assert set(surface.part) == {Part.FRONT.value, behind, Part.SIDE.value}
    assert surface.mesh.filled[surface.part != Part.FRONT.value].all()


def test_sky_is_a_dome_or_cut_or_kept(tmp_path: Path) -> None:
    mono = mono_of(tmp_path, floor, sky=lambda x, y: 90 + 10 * np.sin(x / 20) - y)
    dome = made(mono, sky=Sky.DOME)
    shown = (dome.part == Part.SKY.value) & ~dome.mesh.filled
    away = np.linalg.norm(dome.mesh.vertices[dome.mesh.faces[shown]].reshape(-1, 3), axis=1)
    land = np.linalg.norm(dome.mesh.vertices[dome.mesh.faces[dome.part == Part.FRONT.value]].reshape(-1, 3), axis=1)
    assert np.ptp(away) < 0.01 * away.mean() and away.min() > land.max()
    under = (dome.part == Part.SKY.value) & dome.mesh.filled
    rows = projected(dome.mesh.vertices[np.unique(dome.mesh.faces[under])].astype(float), LEVEL, mono.K)[:, 1]
    assert rows.max() > 110, "the sky ends at the horizon"
    picture, covered = shot(dome, _picture(), LEVEL, mono.K, WIDTH, HEIGHT)
    assert covered.all() and psnr(picture, _picture()) > 35
    cut = made(mono, sky=Sky.CUT)
    assert not (cut.part == Part.SKY.value).any()
    _, covered = shot(cut, _picture(), LEVEL, mono.K, WIDTH, HEIGHT)
    assert abs(covered.mean() - (~mono.sky).mean()) < 0.01
    assert (made(mono, sky=Sky.KEEP).part == Part.SKY.value).any()


def test_what_is_far_or_transparent_is_left_out(tmp_path: Path) -> None:
    mono = mono_of(tmp_path, floor)
    surface = made(mono, far=5.0)
    depth = (surface.mesh.vertices @ LEVEL[:, :3].T)[:, 2]
    assert 4.5 < depth.max() < 5.2
    with pytest.raises(EngineError, match="Nothing"):
        made(mono, far=0.5)
    mono = mono_of(tmp_path, lambda x, y: 0.25 + 0 * x, alpha=lambda x, y: 50 - np.hypot(x - 160, y - 120))
    _, covered = shot(made(mono), _picture(), LEVEL, mono.K, WIDTH, HEIGHT)
    assert abs(covered.sum() / (np.pi * 50**2) - 1) < 0.03


def test_smoothing_keeps_edges_and_planes(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    noise = rng.normal(0, 0.002, (HEIGHT, WIDTH))
    mono = mono_of(tmp_path, lambda x, y: step(x, y) + noise)
    rough, smooth = made(mono, faces=30_000), made(mono, faces=30_000, smooth=1.0)

    def off(surface: UvMesh) -> float:
        shown = surface.mesh.faces[~surface.mesh.filled]
        q = (1 / (surface.mesh.vertices @ LEVEL[:, :3].T)[:, 2])[shown].mean(1)
        a, b, c = surface.uvs[shown].transpose(1, 0, 2).astype(np.float64)
        seen = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
        return float((np.minimum(np.abs(q - 0.5), np.abs(q - 0.2)) * seen).sum() / seen.sum())

    assert off(smooth) < 0.4 * off(rough)
    plain = replace(mono, inverse_depth=(0.2 + 0.0005 * np.mgrid[0:HEIGHT, 0:WIDTH][1]).astype(np.float32))
    a, b = made(plain), made(plain, smooth=1.0)
    assert np.array_equal(a.mesh.faces, b.mesh.faces)
    assert np.allclose(a.mesh.vertices, b.mesh.vertices, rtol=1e-3)


def test_readiness_to_tear(tmp_path: Path) -> None:
    mono = mono_of(tmp_path, lambda x, y: np.where(x < 160, 0.2, 0.5) + np.where(y < 120, 0, 0.012))
    torn = [len(torn_edges(made(mono, tear=tear), mono.K, WIDTH, HEIGHT)) for tear in (0.0, 1.0, 2.0)]
    assert torn[0] == 0 < torn[1] < torn[2]


def test_the_same_photo_gives_the_same_relief(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    one, other = (made(stage.mono, faces=1500) for _ in range(2))
    assert np.array_equal(one.mesh.vertices, other.mesh.vertices) and np.array_equal(one.mesh.faces, other.mesh.faces)


def test_the_made_up_stage_from_its_own_camera(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    surface = made(stage.mono)
    picture, covered = shot(surface, truth()[0], LEVEL, stage.mono.K, *truth()[0].shape[1::-1])
    assert covered.all() and psnr(picture, truth()[0]) > 35
