"""The surface stage on the made-up scene: true to the points, nothing invented unmarked, within its budget."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
import trimesh

from engine.datatypes import PointCloud, TriMesh
from engine.errors import Cancelled, EngineError
from engine.geometry import unproject
from engine.report import RunReport
from engine.settings import Region, SurfaceSettings
from engine.surface import stage
from engine.surface.neighbours import PointTree
from tests.synthetic import BOX_HIGH, BOX_LOW, SPHERE_CENTRE, SPHERE_RADIUS, Truth, make_truth

SETTINGS = SurfaceSettings(faces=20_000)


@lru_cache(maxsize=1)
def scene() -> Truth:
    return make_truth(Path(mkdtemp()), count=10, width=240, height=180)


@lru_cache(maxsize=1)
def noisy_cloud() -> PointCloud:
    """Every third true pixel of each view, off by 0.3 of its footprint along the view; 1 % far off."""
    rng = np.random.default_rng(5)
    points, normals, spacing = [], [], []
    for one in scene().depth_maps():
        depth = one.depth.astype(float)
        footprint = depth / one.view.K[0, 0]
        off = rng.normal(0, 0.3, depth.shape) + (rng.random(depth.shape) < 0.01) * rng.normal(0, 20, depth.shape)
        keep = (depth > 0) & (rng.random(depth.shape) < 0.33)
        points.append(unproject(one.view, depth + off * footprint)[keep])
        normals.append((one.normal + rng.normal(0, 0.15, one.normal.shape))[keep])
        spacing.append(footprint[keep])
    normal = np.concatenate(normals)
    return PointCloud(
        points=np.concatenate(points).astype(np.float32),
        normals=(normal / np.linalg.norm(normal, axis=1, keepdims=True)).astype(np.float32),
        colours=np.full((len(normal), 3), 128, np.uint8),
        support=np.full(len(normal), 4, np.int32),
        spacing=np.concatenate(spacing).astype(np.float32),
    )


def without(cloud: PointCloud, gone: np.ndarray) -> PointCloud:
    names = ("points", "normals", "colours", "support", "spacing")
    return PointCloud(**{name: getattr(cloud, name)[~gone] for name in names})


def build(
    cloud: PointCloud, folder: Path, settings: SurfaceSettings = SETTINGS, *, maps: bool = True
) -> tuple[TriMesh, RunReport]:
    run = RunReport(("surface",))
    with run.stage("surface") as report:
        mesh = stage.run(cloud, scene().depth_maps() if maps else [], scene().sparse(), settings, report, folder)
    return mesh, run


@lru_cache(maxsize=1)
def plain() -> tuple[TriMesh, RunReport]:
    return build(noisy_cloud(), Path(mkdtemp()))


def pitch() -> float:
    return float(np.median(noisy_cloud().spacing))


def off_truth(points: np.ndarray) -> np.ndarray:
    """Distance to the nearest true surface."""
    sphere = np.abs(np.linalg.norm(points - SPHERE_CENTRE, axis=1) - SPHERE_RADIUS)
    outside = np.maximum(np.maximum(BOX_LOW - points, points - BOX_HIGH), 0)
    inside = np.minimum(points - BOX_LOW, BOX_HIGH - points).min(1)
    box = np.where((outside == 0).all(1), inside, np.linalg.norm(outside, axis=1))
    return np.minimum(np.minimum(sphere, box), np.abs(points[:, 2]))


def samples(mesh: TriMesh, count: int = 30_000, *, faces: np.ndarray | None = None) -> np.ndarray:
    chosen = mesh.faces if faces is None else mesh.faces[faces]
    return np.asarray(trimesh.Trimesh(mesh.vertices, chosen, process=False).sample(count, seed=3))


def true_samples() -> np.ndarray:
    """Points of the sphere and the box that several cameras see well, away from the ground."""
    points = np.concatenate(
        [unproject(m.view, m.depth)[k >= 1] for m, k in zip(scene().depth_maps(), scene().kinds, strict=True)]
    )
    points = points[points[:, 2] > 0.05]
    return points[:: max(len(points) // 20_000, 1)]


def near_sphere_top(points: np.ndarray, angle: float) -> np.ndarray:
    out = points - SPHERE_CENTRE
    distance = np.linalg.norm(out, axis=1)
    return (np.abs(distance - SPHERE_RADIUS) < 0.1) & (out[:, 2] > np.cos(np.radians(angle)) * distance)


def test_lies_on_the_true_surface() -> None:
    mesh, _ = plain()
    measured = samples(mesh, faces=~mesh.filled)
    error = off_truth(measured) / pitch()
    assert np.median(error) < 0.4
    assert np.quantile(error, 0.95) < 1.5
    assert np.quantile(error, 0.999) < 5


def test_covers_what_was_seen() -> None:
    mesh, _ = plain()
    near = trimesh.proximity.ProximityQuery(trimesh.Trimesh(mesh.vertices, mesh.faces, process=False))
    distance = near.vertex(true_samples())[0] / pitch()
    edge = np.linalg.norm(np.diff(mesh.vertices[mesh.faces[:, :2]], axis=1)[:, 0], axis=1).mean() / pitch()
    assert np.quantile(distance, 0.98) < 2 + edge


def test_faces_look_outwards() -> None:
    mesh, _ = plain()
    body = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert body.is_winding_consistent
    out = body.triangles_center - SPHERE_CENTRE
    distance = np.linalg.norm(out, axis=1)
    on_sphere = np.abs(distance - SPHERE_RADIUS) < pitch()
    agree = (body.face_normals[on_sphere] * out[on_sphere]).sum(1) > 0
    assert on_sphere.sum() > 500 and agree.mean() > 0.98


def test_keeps_to_the_budget_and_uses_it() -> None:
    mesh, run = plain()
    assert 0.85 * SETTINGS.faces < len(mesh.faces) <= SETTINGS.faces
    assert run.records[0].counts["faces"] == len(mesh.faces) == len(mesh.filled)


def test_is_a_sound_mesh() -> None:
    mesh, _ = plain()
    body = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert np.isfinite(mesh.vertices).all() and (body.area_faces > 0).all()
    assert np.array_equal(np.unique(mesh.faces), np.arange(len(mesh.vertices)))
    _, count = np.unique(np.sort(body.edges_sorted, axis=1), axis=0, return_counts=True)
    assert count.max() == 2


def test_the_subject_is_kept_with_a_skirt_and_all_keeps_the_floor(tmp_path: Path) -> None:
    mesh, run = plain()
    counts = run.records[0].counts
    assert "stands on the ground" in counts["subject"]
    low, high = np.array([SPHERE_CENTRE[0] - SPHERE_RADIUS, -0.3, 0]), np.array([0.5, 0.3, 0.6])
    assert np.abs(np.array(counts["subject_high"]) - high).max() < 0.06
    diagonal = np.linalg.norm(high - low)
    assert (mesh.vertices.min(0) > low - 0.16 * diagonal).all() and (
        mesh.vertices.max(0) < high + 0.16 * diagonal
    ).all()
    whole, run = build(noisy_cloud(), tmp_path, replace(SETTINGS, region=Region.ALL))
    assert np.ptp(whole.vertices[:, :2], axis=0).min() > 3
    assert "everything" in run.records[0].counts["subject"]


def test_a_small_hole_is_closed_and_marked_a_wide_one_stays_open(tmp_path: Path) -> None:
    cloud = noisy_cloud()
    small, _ = build(
        without(cloud, near_sphere_top(cloud.points, 9)), tmp_path, replace(SETTINGS, fill_holes_below=0.15)
    )
    centres = small.vertices[small.faces].mean(1)
    cap = near_sphere_top(centres, 5)
    assert cap.any() and small.filled[cap].all()
    # closed: the faces over the hole's middle cover it (how many there are is the decimator's choice)
    a, b, c = (small.vertices[small.faces[near_sphere_top(centres, 7)][:, k]] for k in range(3))
    covered = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert covered > np.pi * (SPHERE_RADIUS * np.sin(np.radians(5))) ** 2
    assert off_truth(centres[cap]).max() < 3 * pitch()
    elsewhere = near_sphere_top(centres, 60) & ~near_sphere_top(centres, 14)
    assert small.filled[elsewhere].mean() < 0.03
    wide, _ = build(
        without(cloud, near_sphere_top(cloud.points, 35)), tmp_path, replace(SETTINGS, fill_holes_below=0.15)
    )
    assert not near_sphere_top(wide.vertices[wide.faces].mean(1), 25).any()


def with_ball(cloud: PointCloud, at: np.ndarray, radius: float, count: int) -> PointCloud:
    """The cloud with a false ball of points in the air."""
    out = np.random.default_rng(2).normal(size=(count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return PointCloud(
        points=np.concatenate([cloud.points, (at + radius * out).astype(np.float32)]),
        normals=np.concatenate([cloud.normals, out.astype(np.float32)]),
        colours=np.concatenate([cloud.colours, np.zeros((count, 3), np.uint8)]),
        support=np.concatenate([cloud.support, np.full(count, 3, np.int32)]),
        spacing=np.concatenate([cloud.spacing, np.full(count, pitch(), np.float32)]),
    )


def test_crumbs_in_the_air_are_thrown_out(tmp_path: Path) -> None:
    at = np.array([0.1, 0.1, 0.75])
    mesh, _ = build(with_ball(noisy_cloud(), at, 2 * pitch(), 200), tmp_path, maps=False)  # by its size alone
    assert np.linalg.norm(mesh.vertices - at, axis=1).min() > 0.1


def test_a_lump_that_photos_look_through_is_cut(tmp_path: Path) -> None:
    at, radius = np.array([0.2, -0.15, 0.55]), 0.07
    false = with_ball(noisy_cloud(), at, radius, 4000)
    believed, _ = build(false, tmp_path, maps=False)
    assert np.abs(np.linalg.norm(believed.vertices - at, axis=1) - radius).min() < pitch()  # else nothing is tested
    checked, _ = build(false, tmp_path)
    assert np.linalg.norm(checked.vertices - at, axis=1).min() > radius + 5 * pitch()


def test_watertight_is_watertight(tmp_path: Path) -> None:
    cloud = noisy_cloud()
    holed = without(cloud, near_sphere_top(cloud.points, 35))
    mesh, _ = build(holed, tmp_path, replace(SETTINGS, watertight=True))
    body = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert body.is_watertight and body.is_winding_consistent
    solid = 4 / 3 * np.pi * SPHERE_RADIUS**3 + np.prod(BOX_HIGH - BOX_LOW)
    assert 0.8 * solid < body.volume < 1.6 * solid
    assert 0.02 < mesh.filled.mean() < 0.6
    assert mesh.filled[near_sphere_top(body.triangles_center, 20)].mean() > 0.9


def test_same_points_same_surface(tmp_path: Path) -> None:
    """The solver's threads add in any order, which moves triangles about, but on the same surface."""
    again, _ = build(noisy_cloud(), tmp_path)
    first, _ = plain()
    assert abs(len(again.faces) - len(first.faces)) <= 0.002 * len(first.faces)
    body = trimesh.Trimesh(first.vertices, first.faces, process=False)
    on_first, face = body.sample(200_000, return_index=True, seed=1)
    index = PointTree(on_first.astype(np.float32)).nearest(again.vertices, 1)[0][:, 0]
    beside = ((again.vertices - on_first[index]) * body.face_normals[face[index]]).sum(1)
    assert np.quantile(np.abs(beside), 0.98) < 0.5 * pitch()


def test_too_few_points_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        build(without(noisy_cloud(), np.arange(len(noisy_cloud().points)) > 100), tmp_path)
    assert caught.value.code == "surface_empty" and "photos" in caught.value.advice


def test_stops_within_two_seconds(tmp_path: Path) -> None:
    stop = threading.Event()
    asked = []

    def watch(event: object) -> None:
        if getattr(event, "step", "") == "surface" and not asked:
            asked.append(time.perf_counter())
            threading.Timer(0.3, stop.set).start()

    run = RunReport(("surface",), watch, stop)
    with pytest.raises(Cancelled), run.stage("surface") as report:
        stage.run(noisy_cloud(), scene().depth_maps(), scene().sparse(), SETTINGS, report, tmp_path)
    assert time.perf_counter() - asked[0] < 2.3
    assert not list(tmp_path.iterdir())
