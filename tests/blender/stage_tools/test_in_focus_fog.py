"""Focus by a click, and fog by depth."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector

from .on_stage import photo, render


def test_focus_lands_on_what_was_clicked_and_stays_there(stage, tools):
    tools.blur = 0.02
    assert bpy.ops.maquette.stage_focus(x=48, y=36) == {"FINISHED"}
    empty = next(thing for thing in bpy.data.objects if thing.type == "EMPTY")
    assert (empty.matrix_world.translation - Vector((0, 3, 0))).length < 0.01  # the box is 3 away
    dof = stage().camera.data.dof
    assert dof.use_dof and dof.focus_object == empty
    bpy.ops.maquette.stage_move()
    assert stage().moving.data.dof.focus_object == empty and stage().moving.data.dof.use_dof
    bpy.ops.maquette.stage_focus(x=10, y=30)
    assert len([thing for thing in bpy.data.objects if thing.type == "EMPTY"]) == 1
    assert empty.matrix_world.translation.y == pytest.approx(8, abs=0.01)  # the wall
    assert stage().moving.data.dof.focus_object == empty
    bpy.ops.maquette.stage_unfocus()
    assert not dof.use_dof and not [thing for thing in bpy.data.objects if thing.type == "EMPTY"]


def test_a_place_outside_the_photo_is_refused(stage):
    with pytest.raises(RuntimeError, match="outside the photo"):
        bpy.ops.maquette.stage_focus(x=500, y=36)


def test_what_is_out_of_focus_blurs(stage, tools, tmp_path):
    sharp = render(tmp_path / "sharp.png", samples=32)
    tools.blur = 0.12
    bpy.ops.maquette.stage_focus(x=48, y=36)
    blurred = render(tmp_path / "blurred.png", samples=32)
    box, wall = (slice(25, 45), slice(40, 56)), (slice(20, 32), slice(8, 28))
    grain = [picture[area][..., :3].std(axis=(0, 1)).mean() for picture in (sharp, blurred) for area in (box, wall)]
    assert grain[2] > 0.7 * grain[0] and grain[3] < 0.5 * grain[1]


def test_fog_hides_the_far_and_not_the_near(stage, tmp_path):
    plain = render(tmp_path / "plain.png")
    box, wall = (slice(25, 45), slice(40, 56)), (slice(20, 32), slice(8, 28))
    assert np.abs(plain[box][..., :3] - photo()[box]).mean() < 0.01
    bpy.ops.maquette.stage_fog(fog=1.0, dark=0.0)
    group = stage().collection["maquette_fog"]
    group.nodes["Fog Colour"].outputs[0].default_value = (0.0, 0.0, 1.0, 1.0)
    foggy = render(tmp_path / "fog.png")
    assert np.abs(foggy[box][..., :3] - plain[box][..., :3]).mean() < 0.02
    assert foggy[wall][..., 2].mean() > 0.9 and foggy[wall][..., 0].mean() < 0.3
    bpy.ops.maquette.stage_fog(fog=0.0, dark=1.0)
    dark = render(tmp_path / "dark.png")
    assert np.abs(dark[box][..., :3] - plain[box][..., :3]).mean() < 0.02 and dark[wall][..., :3].mean() < 0.1
    bpy.ops.maquette.stage_clear_fog()
    clear = render(tmp_path / "clear.png")
    assert np.abs(clear - plain).max() < 0.02 and not bpy.data.node_groups


@pytest.mark.parametrize("sky", [True, False])
def test_fog_s_colour_is_the_sky_s_or_that_of_the_far_parts(stage, part, monkeypatch, sky):
    from tests.staged import truth

    fog = part("scene.stage.fog")
    if not sky:
        monkeypatch.setattr(fog, "LEAST_SKY", 2.0)
    bpy.ops.maquette.stage_fog()
    group = stage().collection["maquette_fog"]
    colour, _, what = truth()
    wanted = fog.linear(colour[what == (0 if sky else 1)] / 255).mean(0)
    assert np.allclose(list(group.nodes["Fog Colour"].outputs[0].default_value)[:3], wanted, atol=0.06)


def test_fog_again_changes_the_one_group(stage):
    bpy.ops.maquette.stage_fog(fog=0.5)
    bpy.ops.maquette.stage_fog(fog=0.7, dark=0.2)
    assert len(bpy.data.node_groups) == 1
    for thing in stage().meshes:
        nodes = thing.material_slots[0].material.node_tree.nodes
        assert len([node for node in nodes if node.type == "GROUP"]) == 1
