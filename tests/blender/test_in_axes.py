"""The engine's cameras and Blender's show the same point in the same pixel."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Matrix, Vector

from engine.geometry import intrinsics

LENSES = {
    "plain": ("PINHOLE", 200, 150, (210.0, 210.0, 100.0, 75.0)),
    "shifted": ("PINHOLE", 200, 150, (180.0, 180.0, 120.5, 61.25)),
    "portrait": ("SIMPLE_PINHOLE", 150, 200, (230.0, 70.0, 112.0)),
    "square": ("SIMPLE_PINHOLE", 160, 160, (150.0, 85.0, 77.0)),
    "wide pixels": ("PINHOLE", 200, 150, (190.0, 215.0, 108.0, 70.0)),
    "tall pixels, portrait": ("PINHOLE", 150, 200, (240.0, 205.0, 70.0, 108.0)),
    "bent": ("OPENCV", 200, 150, (210.0, 208.0, 103.0, 74.0, 0.1, -0.05, 0.001, 0.002)),
}


@pytest.mark.parametrize("name", LENSES)
def test_points_fall_on_the_same_pixels(maquette, part, name):
    from tests.synthetic import look_at  # needs Pillow, which came with the zip

    datatypes, axes, cameras = part("engine.datatypes"), part("scene.axes"), part("scene.cameras")
    model, width, height, params = LENSES[name]
    camera = datatypes.Camera(model=datatypes.CameraModel(model), width=width, height=height, params=params)
    cam_from_world = look_at(np.array([1.1, -0.9, 0.8]), np.array([0.1, 0.05, 0.2]))
    roll = np.radians(17)  # a camera that is not held level
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    cam_from_world = turn @ cam_from_world

    data = bpy.data.cameras.new(name)
    cameras.set_lens(data, axes.lens_of(camera))
    placed = bpy.data.objects.new(name, data)
    placed.matrix_world = Matrix(axes.world_from_camera(cam_from_world).tolist())
    scene = bpy.context.scene
    scene.collection.objects.link(placed)
    cameras.match_render(scene, placed)
    bpy.context.view_layer.update()
    assert (scene.render.resolution_x, scene.render.resolution_y) == (width, height)

    points = np.random.default_rng(5).uniform(-0.3, 0.5, (40, 3))
    cam = points @ cam_from_world[:, :3].T + cam_from_world[:, 3]
    truth = (cam @ intrinsics(camera).T)[:, :2] / cam[:, 2:]
    seen = np.array([world_to_camera_view(scene, placed, Vector(point)) for point in points])
    pixels = np.stack([seen[:, 0] * width, (1 - seen[:, 1]) * height], 1)
    assert np.abs(pixels - truth).max() < 0.02
    assert np.abs(seen[:, 2] - cam[:, 2]).max() < 1e-4
    assert np.ptp(truth[:, 0]) > 30 and np.ptp(truth[:, 1]) > 30  # the points are spread, so that a flip would show
