"""Lids on small holes: where a wall goes on around them, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from engine.datatypes import DepthMap
from engine.report import Report
from engine.surface.caps import capped
from engine.surface.topology import border_loops
from tests.engine.test_surface_parts import ring, view
from tests.synthetic import look_at

LIMIT = 0.4


def ball_with_hole(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A unit ball without its cap towards +x; `radius` of the hole."""
    mesh = trimesh.creation.icosphere(subdivisions=5)
    gone = mesh.triangles_center[:, 0] > np.sqrt(1 - radius * radius)
    return mesh.vertices.astype(np.float32), mesh.faces[~gone].astype(np.int32)


def closed(vertices: np.ndarray, faces: np.ndarray, maps: list[DepthMap] | None = None):
    maps = maps or []
    return capped(vertices, faces, maps, 0.02, LIMIT, Report().step("caps", len(maps)))


def test_a_small_hole_in_a_wall_gets_an_even_lid() -> None:
    vertices, faces = ball_with_hole(0.2)
    out, triangles, lids = closed(vertices, faces)
    assert lids == 1 and border_loops(triangles) == []
    mesh = trimesh.Trimesh(out, triangles, process=False)
    assert mesh.is_winding_consistent
    assert (
        0.98 < mesh.volume / (4 / 3 * np.pi) < 1.0
    )  # oriented like the wall: the volume is the ball's, not less twice
    new = mesh.area_faces[len(faces) :]
    assert new.sum() == pytest.approx(np.pi * 0.2**2, rel=0.25)
    assert np.median(new) < 2 * np.median(mesh.area_faces[: len(faces)])


def test_a_wide_hole_stays_open() -> None:
    vertices, faces = ball_with_hole(0.7)
    assert closed(vertices, faces)[2] == 0


def test_a_sheet_s_own_rim_is_no_hole() -> None:
    sheet = trimesh.creation.icosphere(subdivisions=4)
    patch = sheet.faces[sheet.triangles_center[:, 0] > 0.97]
    out = closed(sheet.vertices.astype(np.float32), patch.astype(np.int32))
    assert out[2] == 0 and len(out[1]) == len(patch)


@pytest.mark.parametrize(("through", "lids"), [(True, 0), (False, 1)])
def test_a_hole_that_photos_look_through_stays_open(through: bool, lids: int) -> None:
    """The wall of a ring, not a dark spot: behind it they see nothing of the subject."""
    vertices, faces = ball_with_hole(0.2)
    maps = []
    for eye in ring(4.0):
        one = view(look_at(eye, np.zeros(3)))
        shape = (one.height, one.width)
        maps.append(
            DepthMap(
                view=one,
                depth=np.zeros(shape, np.float32),
                normal=np.zeros((*shape, 3), np.float32),
                confidence=np.zeros(shape, np.float32),
                empty=np.full(shape, through),
            )
        )
    assert closed(vertices, faces, maps)[2] == lids
