"""The subject by clicks: mask, vertex group, pass and compositor."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Vector

from .on_stage import render


def test_a_click_gives_mask_group_and_pass(stage, tmp_path, part):
    assert bpy.ops.maquette.stage_subject(x=48, y=36) == {"FINISHED"}
    from tests.staged import truth

    box = truth()[2] == 3
    image = stage().collection["maquette_subject_image"]
    assert tuple(image.size) == (96, 72) and image.packed_file is not None
    assert (stage().folder / "masks" / "subject.png").is_file()
    mask = np.array(image.pixels[:]).reshape(72, 96, -1)[::-1, :, 0] > 0.5
    assert (mask & box).sum() / (mask | box).sum() > 0.95
    inside = vertices_in(stage().relief)
    assert inside and all(abs(place.x) <= 0.5 and abs(place.y - 3) < 0.01 for place in inside)
    back, front = (vertices_in(layer) for layer in stage().layers)
    assert len(front) > 100 and len(back) < 0.05 * len(front)  # what is hidden behind it is no part of it


def vertices_in(thing: bpy.types.Object) -> list[Vector]:
    index = thing.vertex_groups["Subject"].index
    return [
        thing.matrix_world @ vertex.co
        for vertex in thing.data.vertices
        if any(held.group == index and held.weight > 0.5 for held in vertex.groups)
    ]


def test_more_clicks_add_and_others_remove(stage):
    bpy.ops.maquette.stage_subject(x=48, y=36)
    mask = lambda: np.array(stage().collection["maquette_subject_image"].pixels[:]).reshape(72, 96, -1)[::-1, :, 0]  # noqa: E731
    alone = mask()
    bpy.ops.maquette.stage_subject(x=15, y=25, mode="ADD")
    both = mask()
    assert alone[25, 15] < 0.1 and both[25, 15] > 0.9 and both[36, 48] > 0.9
    bpy.ops.maquette.stage_subject(x=15, y=25, mode="REMOVE")
    assert mask()[25, 15] < 0.1
    bpy.ops.maquette.stage_subject(x=10, y=5)
    assert mask()[36, 48] < 0.1  # a new one


def test_the_pass_reaches_the_compositor_and_follows_the_camera(stage, tools, part, tmp_path):
    plain = render(tmp_path / "plain.png")
    bpy.ops.maquette.stage_subject(x=48, y=36)
    same = render(tmp_path / "same.png")
    assert np.abs(same - plain).max() < 0.02  # nothing changes until the artist uses it
    compositor = part("scene.stage.compositor")
    tree = compositor.tree_of(bpy.context.scene)
    node = compositor.ours(tree, "Subject")
    assert node.inputs["Mask"].is_linked
    tree.links.new(node.outputs["Mask"], compositor.end_of(tree))
    mask = render(tmp_path / "mask.png")[..., 0]
    box, rest = (slice(25, 45), slice(40, 56)), (slice(20, 70), slice(2, 30))
    assert mask[box].mean() > 0.95 and mask[rest].mean() < 0.05
    tree.links.new(node.outputs["Subject"], compositor.end_of(tree))
    alpha = render(tmp_path / "cut.png")[..., 3]
    assert alpha[box].mean() > 0.95 and alpha[rest].mean() < 0.05
    tree.links.new(node.outputs["Mask"], compositor.end_of(tree))
    tools.move, tools.loop, tools.seconds, tools.fps = "orbit", False, 1.0, 12
    bpy.ops.maquette.stage_move()  # shows the layers
    stage().moving.location.x, bpy.context.scene.frame_start = 0.0, 1
    bpy.context.scene.frame_set(12)
    moved = render(tmp_path / "moved.png")[..., 0]
    assert moved.max() > 0.95 and 0.5 < moved.sum() / mask.sum() < 1.5


def test_forgetting_the_subject_leaves_nothing(stage, tmp_path):
    plain = render(tmp_path / "plain.png")
    bpy.ops.maquette.stage_subject(x=48, y=36)
    assert bpy.ops.maquette.stage_clear_subject() == {"FINISHED"}
    assert not bpy.data.node_groups or all("Subject" not in group.name for group in bpy.data.node_groups)
    assert not [image for image in bpy.data.images if "Subject" in image.name]
    assert not stage().relief.vertex_groups and len(stage().relief.data.uv_layers) == 1
    assert np.abs(render(tmp_path / "again.png") - plain).max() < 0.02


def test_a_place_away_from_the_subject_needs_a_subject(stage):
    with pytest.raises(RuntimeError, match="first"):
        bpy.ops.maquette.stage_subject(x=48, y=36, mode="REMOVE")
