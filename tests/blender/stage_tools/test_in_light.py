"""New objects on a stage: they stand on the ground, and their shadows fall on the photo."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector

from .on_stage import photo, render


def test_an_object_stands_on_the_ground_where_it_was_clicked(stage, tools):
    tools.what, tools.size = "CUBE", 0.2
    assert bpy.ops.maquette.stage_add(x=80, y=62) == {"FINISHED"}
    cube = bpy.context.active_object
    corners = np.array([cube.matrix_world @ Vector(corner) for corner in cube.bound_box])
    assert corners[:, 2].min() == pytest.approx(-1.0, abs=0.01)  # the floor
    distance = 90 / (62 - 36)
    assert np.allclose(cube.matrix_world.translation, [(80 - 48) / 90 * distance, distance, -1], atol=0.02)
    assert np.ptp(corners[:, 2]) == pytest.approx(0.2 * distance * 72 / 90, rel=0.02)
    assert (bpy.context.scene.cursor.location - cube.matrix_world.translation).length < 1e-4
    tools.what = "CURSOR"
    count = len(bpy.data.objects)
    bpy.ops.maquette.stage_add(x=20, y=62)
    assert len(bpy.data.objects) == count and bpy.context.scene.cursor.location.x < 0


def test_a_shadow_falls_and_the_photo_stays_true(stage, tools, tmp_path):
    plain = render(tmp_path / "plain.png", samples=4)
    assert bpy.ops.maquette.stage_light() == {"FINISHED"}
    sun = next(thing for thing in bpy.data.objects if thing.type == "LIGHT")
    to_sun = Vector((0.4, -0.5, 0.77)).normalized()
    assert (sun.matrix_world.to_3x3() @ Vector((0, 0, 1))).normalized().dot(to_sun) > 0.999
    empty = render(tmp_path / "empty.png", samples=4)
    floor, wall, sky = (slice(60, 70), slice(5, 90)), (slice(20, 32), slice(8, 28)), slice(0, 12)
    for area in (floor, wall):  # nothing was added: the photo is what it was
        assert np.abs(empty[area][..., :3] - plain[area][..., :3]).max() < 0.02
    assert empty[sky][..., 3].max() < 0.01
    tools.what, tools.size = "CUBE", 0.25
    bpy.ops.maquette.stage_add(x=80, y=62)
    sun.data.energy = 4.0  # the made-up photo has no shade to judge by
    lit = render(tmp_path / "lit.png", samples=8)
    left, right = (slice(60, 64), slice(61, 68)), (slice(60, 68), slice(5, 40))
    assert lit[left][..., :3].mean() < 0.85 * plain[left][..., :3].mean()  # the sun is on the right
    assert np.abs(lit[right][..., :3] - plain[right][..., :3]).mean() < 0.02
    assert np.abs(lit[wall][..., :3] - plain[wall][..., :3]).mean() < 0.02


def test_what_stands_before_in_the_photo_hides_the_new_object(stage, tools, tmp_path):
    bpy.ops.maquette.stage_light()
    tools.what, tools.size = "CUBE", 0.3
    bpy.ops.maquette.stage_add(x=64, y=54)  # 5 away, the box is at 3
    behind = render(tmp_path / "behind.png")
    box = (slice(25, 45), slice(40, 60))
    assert np.abs(behind[box][..., :3] - photo()[box]).mean() < 0.02
    beside = (slice(48, 53), slice(63, 68))
    assert np.abs(behind[beside][..., :3] - photo()[beside]).mean() > 0.05


def test_what_was_added_goes_along_with_the_stage(stage, tools, part, folder):
    bpy.ops.maquette.stage_light()
    tools.what = "CUBE"
    bpy.ops.maquette.stage_add(x=80, y=62)
    twin, plane, cube = (
        next(thing for thing in bpy.data.objects if thing.get("maquette_role") == role)
        for role in ("shadow_catcher", "ground", "added")
    )
    one = np.array(cube.matrix_world.translation)
    bpy.ops.maquette.stage_light()  # again moves nothing
    bpy.context.view_layer.update()
    world_of = part("scene.moving").world_of  # what is in no view layer that is looked at has no place in Blender yet
    assert world_of(plane).translation.z == pytest.approx(-1, abs=1e-4)
    camera = part("scene.stage.camera")
    camera.set_distance(stage(), 2 * camera.distance_of(stage()))
    bpy.context.view_layer.update()
    assert np.allclose(cube.matrix_world.translation, 2 * one, atol=1e-3)
    assert world_of(plane).translation.z == pytest.approx(-2, abs=1e-3)
    camera.set_focal(stage(), 50.0)
    result, build = part("scene.stage.result"), part("scene.stage.build")
    for again in (False, True):
        if again:
            build.build_stage(bpy.context, result.prepare_stage(result.stage_files(folder)))
        bpy.context.view_layer.update()
        assert twin.data == stage().relief.data and twin.is_shadow_catcher
        assert twin.material_slots[0].material != stage().relief.material_slots[0].material
        assert np.allclose(np.array(world_of(twin)), np.array(world_of(stage().relief)), atol=1e-5)


def test_shadows_can_be_taken_away_again(stage, tools, tmp_path):
    scene = bpy.context.scene
    world = scene.world = bpy.data.worlds.new("Mine")
    transparent = scene.render.film_transparent
    plain = render(tmp_path / "plain.png")
    bpy.ops.maquette.stage_light()
    bpy.ops.maquette.stage_light()  # again makes nothing twice
    assert [layer.name for layer in scene.view_layers][1:] == ["Photo", "Objects"]
    assert len([thing for thing in bpy.data.objects if thing.type == "LIGHT"]) == 1
    bpy.ops.maquette.stage_clear_light()
    assert len(scene.view_layers) == 1 and scene.view_layers[0].use and scene.world == world
    assert scene.render.film_transparent == transparent
    assert not [thing for thing in bpy.data.objects if thing.type == "LIGHT"]
    again = render(tmp_path / "again.png")
    assert np.abs(again[..., :3] - plain[..., :3]).max() < 0.02
