"""A shell that photos see from both sides gets its other side; a closed body gets none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh

from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto, View
from engine.geometry import view_of
from engine.report import Report
from engine.surface.lining import lined
from tests.synthetic import look_at


def views() -> list[View]:
    """Four cameras above, looking down at the origin."""
    camera = Camera(model=CameraModel.PINHOLE, width=300, height=300, params=(300.0, 300.0, 150.0, 150.0))
    photo = Photo(
        name="a", path=Path("a"), content_hash="a", width=300, height=300, orientation=1, working_width=300,
        working_height=300, focal_px=300.0, focal_source=FocalSource.GUESS, camera_key="a", sharpness=1.0, brightness=0.5,
    )  # fmt: skip
    eyes = [np.array([x, y, 3.0]) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    return [
        view_of(PosedPhoto(photo=photo, camera_id=1, cam_from_world=look_at(eye, np.zeros(3))), camera, 300)
        for eye in eyes
    ]


def test_a_bowl_is_lined_a_ball_is_not() -> None:
    ball = trimesh.creation.icosphere(4, 1.0)
    vertices, faces = ball.vertices.astype(np.float32), ball.faces.astype(np.int32)
    with Report().step("lining", 4) as step:
        same, same_faces = lined(vertices, faces, views(), 0.02, step)
    assert len(same_faces) == len(faces) and len(same) == len(vertices)
    bowl = faces[vertices[faces][:, :, 2].mean(1) < 0.1]  # the upper half is open: the cameras look in
    with Report().step("lining", 4) as step:
        both, both_faces = lined(vertices, bowl, views(), 0.02, step)
    added = both_faces[len(bowl) :]
    assert np.array_equal(both_faces[: len(bowl)], bowl)
    assert 0.7 * len(bowl) < len(added) <= len(bowl)
    corners = both[added].astype(float)
    radius = np.linalg.norm(corners, axis=2)
    assert radius.min() > 0.97 and radius.max() < 0.99  # inside the skin by the thickness
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((normals * corners.mean(1)).sum(1) < 0).mean() > 0.99  # and it faces inwards
