"""The surface stage's small tools: cells, components, cutting fans apart, capping, and what the cameras circle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto, View
from engine.geometry import view_of
from engine.report import Report
from engine.surface.ground import find_ground
from engine.surface.neighbours import Cells, PointTree, components
from engine.surface.poisson import depth_for
from engine.surface.simplify import clean, close, simplify
from engine.surface.subject import meeting_point
from engine.surface.support import votes
from engine.surface.topology import border_loops, face_components, split_fans
from tests.synthetic import BOX_HIGH, BOX_LOW, Truth, look_at


def view(cam_from_world: np.ndarray) -> View:
    camera = Camera(model=CameraModel.PINHOLE, width=400, height=300, params=(400.0, 400.0, 200.0, 150.0))
    photo = Photo(
        name="a.jpg", path=Path("a.jpg"), content_hash="a", width=400, height=300, orientation=1, working_width=400,
        working_height=300, focal_px=400.0, focal_source=FocalSource.GUESS, camera_key="a", sharpness=1.0, brightness=0.5,
    )  # fmt: skip
    return view_of(PosedPhoto(photo=photo, camera_id=1, cam_from_world=cam_from_world), camera, 400)


def ring(radius: float = 2.0) -> list[np.ndarray]:
    return [np.array([radius * np.cos(a), radius * np.sin(a), 0.8]) for a in np.linspace(0, 6, 12)]


def ball() -> tuple[np.ndarray, np.ndarray]:
    mesh = trimesh.creation.icosphere(subdivisions=4)
    return mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32)


def watertight(vertices: np.ndarray, faces: np.ndarray) -> bool:
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    return bool(mesh.is_watertight and mesh.is_winding_consistent)


def test_cameras_around_a_thing_meet_at_it_even_if_one_looks_away() -> None:
    target = np.array([0.1, -0.2, 0.3])
    views = [view(look_at(eye, target)) for eye in ring()]
    views.append(view(look_at(np.array([1.5, 1.5, 1.0]), np.array([9.0, 0, 0]))))
    point = meeting_point(views)
    assert point is not None and np.linalg.norm(point - target) < 0.05


def test_cameras_of_a_drone_or_of_a_room_circle_nothing() -> None:
    down = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])
    eyes = [np.array([x, y, 50.0]) for x in (0, 5, 10, 15) for y in (0, 5, 10)]
    assert meeting_point([view(np.column_stack([down, -down @ eye])) for eye in eyes]) is None
    outward = [view(look_at(0.2 * eye, 3 * eye)) for eye in ring()]
    assert meeting_point(outward) is None


def test_the_ground_is_found_at_its_height_and_only_where_there_is_one() -> None:
    rng = np.random.default_rng(0)
    flat = np.column_stack([rng.uniform(-1, 1, (4000, 2)), rng.normal(0.02, 0.004, 4000)])
    flat[:, 2] += 0.05 * flat[:, 0]
    thing = np.column_stack([rng.uniform(-0.3, 0.3, (500, 2)), rng.uniform(0.1, 0.6, 500)])
    points = np.concatenate([flat, thing])
    up = np.tile([0.0, 0, 1], (4000, 1))
    normals = np.concatenate([up, np.tile([1.0, 0, 0], (500, 1))])
    ground = find_ground(points, normals, np.array([0, 0, 0.2]), 1.0, 0.02)
    assert ground is not None
    assert np.abs(ground.height(flat)).mean() < 0.005 and (ground.height(thing) > ground.thickness).all()
    assert find_ground(thing, normals[-500:], np.array([0, 0, 0.2]), 1.0, 0.02) is None
    pedestal = flat * np.array([0.2, 0.2, 1]) + np.array(
        [0, 0, 0.05]
    )  # a small level top, with things below and beside it
    below = thing - np.array([0, 0, 0.6])
    both = np.concatenate([pedestal, thing, below])
    assert find_ground(both, np.concatenate([normals, normals[-500:]]), np.zeros(3), 1.0, 0.02) is None


def test_nearest_neighbours_are_exact() -> None:
    rng = np.random.default_rng(1)
    points, queries = rng.random((500, 3)).astype(np.float32), rng.random((50, 3)).astype(np.float32)
    index, distance = PointTree(points).nearest(queries, 3)
    true = np.linalg.norm(queries[:, None] - points[None], axis=2)
    assert np.array_equal(index, np.argsort(true, 1)[:, :3])
    assert np.allclose(distance, np.sort(true, 1)[:, :3], atol=1e-6)


def test_cells_group_points_and_know_who_touches() -> None:
    points = np.array([[0.1, 0.1, 0.1], [0.2, 0.1, 0.1], [1.1, 1.1, 0.1], [5.0, 0.1, 0.1]])
    cells = Cells(points, 1.0)
    assert len(cells) == 3 and cells.of_point[0] == cells.of_point[1]
    assert np.allclose(cells.mean(points)[cells.of_point[0]], [0.15, 0.1, 0.1])
    one, other = cells.touching(np.ones(3, bool))
    assert len(one) == 1 and {int(one[0]), int(other[0])} == {int(cells.of_point[0]), int(cells.of_point[2])}


def test_components_of_a_long_chain_and_a_lone_node() -> None:
    order = np.random.default_rng(0).permutation(1000)
    labels = components(1001, order[:-1], order[1:])
    assert len(set(labels[:1000].tolist())) == 1 and labels[1000] != labels[0] and labels.max() == 1


def test_a_bow_tie_and_a_crowded_edge_come_apart() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 1], [0, -1, 0]], np.float32)
    tie = np.array([[0, 1, 2], [0, 3, 4]], np.int32)
    split, faces = split_fans(vertices, tie)
    assert len(split) == 6 and len(set(faces.ravel().tolist())) == 6
    assert np.allclose(split[faces], vertices[tie])
    crowded = np.array([[0, 1, 2], [1, 0, 4], [0, 1, 3]], np.int32)
    _, left = clean(vertices, crowded)
    assert len(left) == 0


def test_simplify_keeps_the_shape_and_the_budget() -> None:
    vertices, faces = ball()
    out, fewer = simplify(vertices, faces, 1000)
    assert 900 < len(fewer) <= 1000 and watertight(out, fewer)
    assert np.abs(np.linalg.norm(out, axis=1) - 1).max() < 0.02


def test_close_caps_every_border() -> None:
    vertices, faces = ball()
    middle = vertices[faces].mean(1)
    holed = faces[(middle[:, 2] < 0.8) & (middle[:, 0] > -0.9)]
    assert len(border_loops(holed)) == 2
    out, closed, added = close(vertices, holed)
    assert watertight(out, closed) and 20 < added < 200
    assert face_components(closed).max() == 0


def test_the_octree_is_as_fine_as_asked_and_not_finer_than_needed() -> None:
    cube = np.array([[0, 0, 0], [1, 0.5, 0.2]], np.float32)
    depth = depth_for(cube, 0.01)
    assert 1.1 / 2**depth <= 0.01 < 1.1 / 2 ** (depth - 1)


@pytest.mark.parametrize("measured", [True, False])
def test_what_lies_outside_the_outlines_is_looked_through(truth: Truth, measured: bool) -> None:
    """Masks or a plain backdrop leave only the sphere and the box: all beside them is empty air, what they hide is not."""
    maps = []
    for one, kinds in zip(truth.depth_maps(), truth.kinds, strict=True):
        depth = np.where(kinds > 0, one.depth, 0).astype(np.float32) if measured else np.zeros_like(one.depth)
        maps.append(replace(one, depth=depth, empty=kinds < 1))
    middle = (BOX_LOW + BOX_HIGH) / 2
    on_top, above = middle * [1, 1, 0] + [0, 0, BOX_HIGH[2]], middle * [1, 1, 0] + [0, 0, BOX_HIGH[2] + 0.1]
    beside = middle + np.array([0.35, 0, 0])
    points = np.array([middle, on_top, above, beside], np.float32)
    through, confirmed = votes(points, np.full(4, 0.004, np.float32), maps, Report().step("votes", len(maps)))
    # the box's middle is hidden in every photo, and within its outline in every photo
    assert through[0] == 0 and through[1] <= 1
    assert (through[2:] >= 3).all() and (confirmed[2:] <= 1).all()
    assert (confirmed[1] >= 5) == measured
