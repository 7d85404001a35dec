"""The region box: what is inside stays, cut straight at its sides, open or with walls; and it follows its cameras."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import trimesh

from engine.datatypes import PosedPhoto, Sparse
from engine.errors import EngineError
from engine.settings import Box, PlacedCamera, SurfaceSettings
from engine.surface.box import Cage, cage_of
from engine.surface.planar import triangulate
from tests.engine.test_surface import build, noisy_cloud, scene
from tests.synthetic import SPHERE_CENTRE, SPHERE_RADIUS


def turned(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def place(centre: np.ndarray, half: np.ndarray, angle: float = 0.0) -> np.ndarray:
    out = np.eye(4)
    out[:3, :3] = turned(angle) * half
    out[:3, 3] = centre
    return out


def outside(cage: np.ndarray, points: np.ndarray) -> float:
    """How far the points stick out of the box, in units of the box's half sides."""
    local = (points - cage[:3, 3]) @ np.linalg.inv(cage[:3, :3]).T
    return float(np.abs(local).max() - 1)


def plain_area(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return float((((b - a)[:, 0] * (c - a)[:, 1]) - ((b - a)[:, 1] * (c - a)[:, 0])).sum() / 2)


def ring(count: int, radius: float, centre: tuple[float, float] = (0.0, 0.0), *, wobble: float = 0.0) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radius = radius * (1 + wobble * np.cos(7 * angle))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + np.array(centre)


def test_outlines_with_holes_become_triangles_that_cover_just_them() -> None:
    outer, hole, other = ring(120, 2.0, wobble=0.3), ring(40, 0.6, (0.5, 0.2)), ring(30, 0.25, (-0.6, -0.4))
    island = ring(24, 0.2, (0.5, 0.2))
    points = np.concatenate([outer, hole[::-1], other[::-1], island])
    starts = np.cumsum([0, 120, 40, 30, 24])
    rings = [list(range(a, b)) for a, b in pairwise(starts)]
    triangles = triangulate(points, rings)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    signed = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (signed >= -1e-12).all()  # none lies upside down
    wanted = sum(plain_area(points[r], np.array([[0, i, i + 1] for i in range(1, len(r) - 1)])) for r in rings)
    assert plain_area(points, triangles) == pytest.approx(wanted, rel=1e-9)
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count <= 2).all() and (count == 1).sum() == len(points)  # its border is the outlines and nothing else


@pytest.mark.parametrize("closed", [False, True])
def test_a_ball_is_cut_to_the_very_box(closed: bool) -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    shell = trimesh.util.concatenate([ball, trimesh.creation.icosphere(subdivisions=4, radius=0.6)])
    shell.faces[len(ball.faces) :] = shell.faces[len(ball.faces) :, ::-1]  # a hollow ball
    cage = place(np.array([0.7, 0.1, 0.2]), np.array([0.6, 0.5, 0.7]), 0.5)
    vertices, faces = Cage(world_from_box=cage).cut(
        shell.vertices.astype(np.float32), shell.faces.astype(np.int32), closed=closed
    )
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    assert outside(cage, vertices) < 1e-5
    inside = lambda points: np.abs((points - cage[:3, 3]) @ np.linalg.inv(cage[:3, :3]).T).max(1) < 1  # noqa: E731
    curved = inside(shell.triangles_center)
    assert mesh.is_winding_consistent and mesh.is_watertight is closed
    if closed:
        grid = np.random.default_rng(2).uniform(-1, 1, (200_000, 3)) @ cage[:3, :3].T + cage[:3, 3]
        radius = np.linalg.norm(grid, axis=1)
        volume = 8 * np.linalg.det(cage[:3, :3]) * ((radius < 1) & (radius > 0.6)).mean()
        assert mesh.volume == pytest.approx(volume, rel=0.02)
    else:
        assert mesh.area == pytest.approx(shell.area_faces[curved].sum(), rel=0.03)


def sphere_box(**changes: object) -> SurfaceSettings:
    """The upper three quarters of the scene's ball, tilted a little about z; the floor and the box beside it are out."""
    cage = place(SPHERE_CENTRE + np.array([0, 0, 0.1]), np.array([0.33, 0.33, 0.3]), 0.3)
    return SurfaceSettings(faces=8000, box=Box(place=tuple(cage.ravel())), **changes)


def test_only_what_is_in_the_box_is_built(tmp_path) -> None:
    settings = sphere_box()
    mesh, run = build(noisy_cloud(), tmp_path, settings)
    cage = np.array(settings.box.place).reshape(4, 4)
    assert outside(cage, mesh.vertices) < 1e-4
    assert 0.7 * settings.faces < len(mesh.faces) <= settings.faces
    body = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    off = np.abs(np.linalg.norm(body.triangles_center - SPHERE_CENTRE, axis=1) - SPHERE_RADIUS)
    assert np.quantile(off[~mesh.filled], 0.95) < 0.01
    # the ball is cut at z = 0.1 by the box's underside: that rim is straight
    rim = mesh.vertices[np.abs(mesh.vertices[:, 2] - 0.1) < 1e-4]
    assert len(rim) > 40 and mesh.vertices[:, 2].min() > 0.1 - 1e-4
    assert run.records[0].counts["subject"] == "what lies in the region box"


def test_watertight_in_the_box_has_walls(tmp_path) -> None:
    mesh, _ = build(noisy_cloud(), tmp_path, sphere_box(watertight=True))
    body = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert body.is_watertight and body.is_winding_consistent and len(mesh.faces) <= 8000
    height = 0.2 + SPHERE_RADIUS  # of the cap above z = 0.1
    volume = np.pi * height**2 * (SPHERE_RADIUS - height / 3)
    assert body.volume == pytest.approx(volume, rel=0.05)
    floor = np.abs(body.triangles_center[:, 2] - 0.1) < 1e-4
    assert floor.sum() > 10 and mesh.filled[floor].mean() > 0.5  # nobody photographed the wall: it is marked


def moved(sparse: Sparse, change: np.ndarray) -> Sparse:
    """The same photos solved in another world."""
    scale = np.cbrt(np.linalg.det(change[:3, :3]))
    rotation = change[:3, :3] / scale
    posed = []
    for one in sparse.posed:
        turn = one.cam_from_world[:, :3] @ rotation.T
        shift = scale * one.cam_from_world[:, 3] - turn @ change[:3, 3]
        posed.append(PosedPhoto(photo=one.photo, camera_id=1, cam_from_world=np.concatenate([turn, shift[:, None]], 1)))
    return replace(sparse, posed=tuple(posed))


def cameras_of(sparse: Sparse) -> tuple[PlacedCamera, ...]:
    def row(pose: np.ndarray) -> tuple[float, ...]:
        return tuple(np.linalg.inv(np.concatenate([pose, [[0, 0, 0, 1]]])).ravel())

    return tuple(PlacedCamera(photo=one.photo.name, place=row(one.cam_from_world)) for one in sparse.posed)


def test_the_box_follows_its_cameras_into_another_world() -> None:
    sparse = scene().sparse()
    drawn = place(np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.2, 0.1]), 0.7)
    change = place(np.array([4.0, -2.0, 1.0]), np.array([3.0, 3.0, 3.0]), 1.1)
    box = Box(place=tuple(drawn.ravel()), cameras=cameras_of(sparse)[:-2])
    assert np.allclose(cage_of(box, sparse).world_from_box, drawn)
    there = cage_of(box, moved(sparse, change)).world_from_box
    assert np.allclose(there, change @ drawn, atol=1e-6)


@pytest.mark.parametrize(
    ("box", "code"),
    [
        (Box(place=tuple(place(np.zeros(3), np.array([1.0, 1.0, 0.0])).ravel())), "box_flat"),
        (Box(place=tuple(place(np.array([50.0, 0, 0]), np.ones(3)).ravel())), "box_empty"),
        (Box(place=tuple(np.eye(4).ravel()), cameras=(PlacedCamera(photo="x", place=tuple(np.eye(4).ravel())),)), "box_lost"),
    ],
)  # fmt: skip
def test_a_box_that_keeps_nothing_is_refused_in_words(box: Box, code: str, tmp_path) -> None:
    with pytest.raises(EngineError) as caught:
        build(noisy_cloud(), tmp_path, SurfaceSettings(box=box))
    assert caught.value.code == code and caught.value.advice
