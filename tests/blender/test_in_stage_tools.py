"""The tools of a stage, on the made-up stage: moves, focus, fog, subject, new objects with shadows, and what leaves Blender."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector


@pytest.fixture
def folder(maquette, tmp_path) -> Path:
    """A finished run's OUT."""
    from engine.single_storage import write_stage
    from tests.staged import make_stage

    out = tmp_path / "Made Üp"
    (out / ".maquette").mkdir(parents=True)
    write_stage(out / ".maquette" / "stage.npz", make_stage(out / "photo"))
    (out / "report.json").write_text("{}")
    return out


@pytest.fixture
def stage(folder, part):
    """The made-up stage in the scene; call it again for fresh references."""
    result, build, find = part("scene.stage.result"), part("scene.stage.build"), part("scene.stage.find")
    build.build_stage(bpy.context, result.prepare_stage(result.stage_files(folder)))
    return lambda: find.active_stage(bpy.context)


@pytest.fixture
def tools(stage):
    """The settings."""
    return bpy.context.scene.maquette.stage_tools


def engine_path(folder: Path, **settings):
    """(N, 4, 4) world_from_cam in the engine's world, and the zooms, straight from the engine."""
    from engine.relief.moves import path
    from engine.settings import Move, MoveSettings
    from engine.single_storage import read_stage

    settings["move"] = Move(settings["move"])
    frames = path(read_stage(folder / ".maquette" / "stage.npz"), MoveSettings(**settings))
    return [np.linalg.inv(np.vstack([cam, [0, 0, 0, 1]])) for cam, _ in frames], [zoom for _, zoom in frames]


def centre(frame: int, camera: bpy.types.Object) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    return np.array(camera.matrix_world.translation)


def render(path: Path, *, samples: int = 4, percentage: int = 100) -> np.ndarray:
    """(H, W, 4) as displayed, the first row on top."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", samples, False
    scene.cycles.pixel_filter_type = "BOX"
    scene.render.resolution_percentage = percentage
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    pixels = np.array(image.pixels[:], np.float32).reshape(image.size[1], image.size[0], 4)[::-1]
    bpy.data.images.remove(image)
    return pixels


def photo() -> np.ndarray:
    from tests.staged import truth

    return truth()[0].astype(np.float32) / 255


# The move


@pytest.mark.parametrize("move", ["orbit", "dolly", "ken-burns", "handheld"])
@pytest.mark.parametrize("loop", [True, False])
def test_the_camera_goes_where_the_engine_says(stage, tools, folder, move, loop):
    tools.move, tools.loop, tools.seconds, tools.fps = move, loop, 2.0, 12
    assert bpy.ops.maquette.stage_move() == {"FINISHED"}
    scene, camera = bpy.context.scene, stage().moving
    assert scene.camera == camera and (scene.frame_start, scene.frame_end) == (1, 24) and scene.render.fps == 12
    places, zooms = engine_path(folder, move=move, loop=loop, seconds=2.0, fps=12)
    reach = 0.3  # of the made-up stage
    turn = np.diag([1.0, -1.0, -1.0])
    for frame, (place, zoom) in enumerate(zip(places, zooms, strict=True), 1):
        assert np.abs(centre(frame, camera) - place[:3, 3]).max() < 0.02 * reach
        assert np.abs(np.array(camera.matrix_world.to_3x3()) - place[:3, :3] @ turn).max() < 0.01
        assert camera.data.lens == pytest.approx(stage().camera.data.lens * zoom, rel=2e-3)
    moved = max(np.linalg.norm(place[:3, 3]) for place in places)
    assert moved > 0.15  # it is a move
    assert np.abs(np.array(stage().camera.matrix_world.translation)).max() < 1e-6  # the photo's camera stays


def test_a_loop_comes_back_and_goes_on(stage, tools):
    tools.move, tools.loop, tools.seconds, tools.fps = "orbit", True, 2.0, 12
    bpy.ops.maquette.stage_move()
    camera = stage().moving
    assert np.allclose(centre(25, camera), centre(1, camera), atol=1e-5)
    assert np.allclose(centre(24 + 7, camera), centre(7, camera), atol=1e-4)  # the curves repeat
    tools.loop = False
    bpy.ops.maquette.stage_move()
    assert not np.allclose(centre(24, stage().moving), centre(1, stage().moving), atol=0.1)


def test_the_keys_are_few_enough_to_edit(stage, tools, part):
    tools.move, tools.seconds, tools.fps = "orbit", 4.0, 24
    bpy.ops.maquette.stage_move()
    curves = part("scene.stage.keys").curves_of(stage().moving)
    assert len(curves) == 6 and all(len(curve.keyframe_points) <= 33 for curve in curves)


def test_more_is_said_to_be_too_much(stage, tools):
    tools.move, tools.seconds, tools.amplitude = "orbit", 1.0, 2.0
    bpy.ops.maquette.stage_move()
    far = max(np.linalg.norm(centre(frame, stage().moving)) for frame in range(1, 25))
    assert far == pytest.approx(0.6, rel=0.05)  # twice the sway


def test_again_replaces_and_rest_puts_back(stage, tools):
    scene = bpy.context.scene
    before = scene.frame_start, scene.frame_end
    tools.seconds = 1.0
    bpy.ops.maquette.stage_move()
    tools.move = "dolly"
    bpy.ops.maquette.stage_move()
    assert len([thing for thing in bpy.data.objects if thing.type == "CAMERA"]) == 2
    assert len(bpy.data.actions) == 1
    assert not stage().camera.animation_data
    assert bpy.ops.maquette.stage_rest() == {"FINISHED"}
    assert stage().moving is None and scene.camera == stage().camera
    assert (scene.frame_start, scene.frame_end) == before and not bpy.data.actions
    assert len(bpy.data.cameras) == 1


def test_the_move_follows_a_stage_that_is_moved_and_scaled(stage, tools):
    tools.move, tools.seconds = "orbit", 1.0
    bpy.ops.maquette.stage_move()
    one = centre(7, stage().moving)
    stage().relief.matrix_world = Matrix.Translation((5, 1, 2)) @ Matrix.Scale(3, 4)
    bpy.context.view_layer.update()
    assert np.allclose(centre(7, stage().moving), 3 * one + [5, 1, 2], atol=1e-3)
    bpy.ops.maquette.stage_move()
    assert np.allclose(centre(7, stage().moving), 3 * one + [5, 1, 2], atol=5e-3)


def test_another_distance_makes_the_move_as_much_larger(stage, tools, part):
    tools.move, tools.seconds = "orbit", 1.0
    bpy.ops.maquette.stage_move()
    one = centre(7, stage().moving)
    camera = part("scene.stage.camera")
    camera.set_distance(stage(), 2 * camera.distance_of(stage()))
    assert np.allclose(centre(7, stage().moving), 2 * one, atol=1e-3)
    bpy.ops.maquette.stage_move()
    assert np.allclose(centre(7, stage().moving), 2 * one, atol=1e-3)


def test_a_move_without_the_run_s_folder(stage, tools, folder):
    tools.seconds = 1.0
    bpy.ops.maquette.stage_move()
    one = centre(7, stage().moving)
    (folder / ".maquette" / "stage.npz").unlink()
    assert bpy.ops.maquette.stage_move() == {"FINISHED"}
    assert np.allclose(centre(7, stage().moving), one, atol=1e-4)


# Focus


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


# Fog


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


# New objects


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


# The subject


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


# What leaves Blender


def test_the_film_has_all_its_frames(stage, tools, tmp_path):
    tools.move, tools.seconds, tools.fps, tools.height = "orbit", 0.5, 12, 48
    with pytest.raises(RuntimeError, match="Animate the camera first"):
        bpy.ops.maquette.stage_film()
    bpy.ops.maquette.stage_move()
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    tools.output = str(tmp_path / "öut")
    assert bpy.ops.maquette.stage_film() == {"FINISHED"}
    film = tmp_path / "öut" / "film.mp4"
    assert film.is_file() and film.read_bytes()[4:8] == b"ftyp"
    clip = bpy.data.movieclips.load(str(film))
    assert clip.frame_duration == 6 and tuple(clip.size) == (64, 48)
    bpy.data.movieclips.remove(clip)  # else 4.2 crashes when it ends
    tools.form = "PNG"
    assert bpy.ops.maquette.stage_film() == {"FINISHED"}
    frames = sorted(path.name for path in (tmp_path / "öut" / "film").iterdir())
    assert frames == [f"frame_{number:04d}.png" for number in range(1, 7)]
    pictures = [(tmp_path / "öut" / "film" / name).read_bytes() for name in frames]
    assert len(set(pictures)) == 6  # it moves


def glb_json(path: Path) -> dict:
    import json
    import struct

    data = path.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + length])


@pytest.mark.parametrize("fog", [False, True])
def test_the_glb_shines_and_moves(stage, tools, tmp_path, fog):
    if fog:
        bpy.ops.maquette.stage_fog()
    tools.move, tools.seconds = "orbit", 0.5
    bpy.ops.maquette.stage_move()
    tools.what = "CUBE"
    bpy.ops.maquette.stage_add(x=80, y=62)
    materials = {slot.material.name for thing in stage().meshes for slot in thing.material_slots}
    chosen = {thing.name for thing in bpy.context.selected_objects}
    path = tmp_path / "stage.glb"
    assert bpy.ops.maquette.stage_glb(filepath=str(path)) == {"FINISHED"}
    held = glb_json(path)
    assert "KHR_materials_unlit" in held["extensionsUsed"] and len(held["images"]) == 2  # one for each layer
    assert len(held["cameras"]) == 2 and len(held["animations"]) >= 1
    names = {node["name"] for node in held["nodes"]}
    assert {thing.name for thing in stage().layers} | {"Cube"} <= names
    after = {slot.material.name for thing in stage().meshes for slot in thing.material_slots}
    assert after == materials and {thing.name for thing in bpy.context.selected_objects} == chosen


def exr(path: Path) -> dict[str, np.ndarray]:
    """Channels by name, of scanlines with 32-bit floats in ZIP blocks; in one part or several."""
    import struct
    import zlib

    data, at, heads = path.read_bytes(), 8, []
    several = bool(data[5] & 0x10)
    while True:
        head = {}
        while data[at]:
            words = []
            for _ in range(2):
                end = data.index(0, at)
                words.append(data[at:end].decode())
                at = end + 1
            size = struct.unpack("<i", data[at : at + 4])[0]
            head[words[0]] = data[at + 4 : at + 4 + size]
            at += 4 + size
        at += 1
        heads.append(head)
        if not several or not data[at]:
            at += several
            break
    found = {}
    for head in heads:
        names, spot = [], 0
        while head["channels"][spot]:
            end = head["channels"].index(0, spot)
            names.append(head["channels"][spot:end].decode())
            assert struct.unpack("<i", head["channels"][end + 1 : end + 5])[0] == 2  # float
            spot = end + 17
        left, top, right, bottom = struct.unpack("<4i", head["dataWindow"])
        width, height = right - left + 1, bottom - top + 1
        assert head["compression"][0] == 3
        planes = {name: np.zeros((height, width), np.float32) for name in names}
        blocks = -(-height // 16)
        for offset in struct.unpack(f"<{blocks}Q", data[at : at + 8 * blocks]):
            offset += 4 * several
            first, size = struct.unpack("<ii", data[offset : offset + 8])
            rows = min(16, bottom - first + 1)
            raw = data[offset + 8 : offset + 8 + size]
            whole = rows * width * 4 * len(names)
            if size < whole:
                steps = np.frombuffer(zlib.decompress(raw), np.uint8).astype(np.int64)
                steps[1:] -= 128
                flat = (np.cumsum(steps) & 255).astype(np.uint8)
                raw = np.stack([flat[: (whole + 1) // 2], flat[(whole + 1) // 2 :]], 1).ravel().tobytes()
            lines = np.frombuffer(raw, "<f4").reshape(rows, len(names), width)
            for index, name in enumerate(names):
                planes[name][first - top : first - top + rows] = lines[:, index]
        at += 8 * blocks
        part = head.get("name", b"").decode()
        found |= {(name if name.startswith(part) else f"{part}.{name}"): plane for name, plane in planes.items()}
    return found


def test_the_layered_exr_holds_each_layer_with_its_depth(stage, tmp_path):
    from tests.staged import truth

    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 4, False
    before = len(bpy.data.scenes), len(bpy.data.collections), [layer.name for layer in scene.view_layers]
    path = tmp_path / "layered.exr"
    assert bpy.ops.maquette.stage_exr(filepath=str(path)) == {"FINISHED"}
    assert (len(bpy.data.scenes), len(bpy.data.collections), [layer.name for layer in scene.view_layers]) == before
    planes = exr(path)
    one = lambda layer, channel: next(  # noqa: E731
        plane for name, plane in planes.items() if name.startswith(layer) and name.endswith(f".{channel}")
    )
    _, depth, what = truth()
    box, wall = what == 3, (slice(20, 32), slice(8, 28))
    inner = (slice(25, 45), slice(40, 56))
    assert one("2-front", "A")[inner].mean() > 0.99 and one("2-front", "A")[wall].max() < 0.01
    assert np.allclose(one("2-front", "Z")[inner], 3, atol=0.05)
    assert one("1-back", "A")[inner].mean() > 0.99  # what is hidden is there, too
    assert np.allclose(one("1-back", "Z")[wall], 8, atol=0.1)
    assert box[inner].all() and depth[inner].max() == 3


def test_a_layered_exr_for_each_frame(stage, tools, tmp_path):
    tools.move, tools.seconds, tools.fps = "orbit", 0.2, 10
    bpy.ops.maquette.stage_move()
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    tools.output = str(tmp_path)
    assert bpy.ops.maquette.stage_exr(animation=True) == {"FINISHED"}
    frames = sorted(path.name for path in (tmp_path / "layered").iterdir())
    assert frames == ["frame_0001.exr", "frame_0002.exr"]
    assert (exr(tmp_path / "layered" / frames[0])).keys()


# All of them


def test_undo_takes_each_tool_back(stage, tools):
    tools.what, tools.seconds = "CUBE", 1.0
    steps = (
        lambda: bpy.ops.maquette.stage_move("EXEC_DEFAULT", True),
        lambda: bpy.ops.maquette.stage_focus("EXEC_DEFAULT", True, x=48, y=36),
        lambda: bpy.ops.maquette.stage_fog("EXEC_DEFAULT", True),
        lambda: bpy.ops.maquette.stage_light("EXEC_DEFAULT", True),
        lambda: bpy.ops.maquette.stage_add("EXEC_DEFAULT", True, x=80, y=62),
        lambda: bpy.ops.maquette.stage_subject("EXEC_DEFAULT", True, x=48, y=36),
    )
    for step in steps:
        before = everything()
        bpy.ops.ed.undo_push(message="before")
        step()
        assert everything() != before
        bpy.ops.ed.undo()
        assert everything() == before


def everything() -> list[list[str]]:
    """The names of what the file holds."""
    scene = bpy.context.scene
    kinds = (
        bpy.data.objects,
        bpy.data.cameras,
        bpy.data.lights,
        bpy.data.actions,
        bpy.data.worlds,
        bpy.data.collections,
    )
    held = [sorted(one.name for one in kind) for kind in kinds]
    held += [sorted(group.name for group in bpy.data.node_groups if group.bl_idname == "ShaderNodeTree")]
    held += [[layer.name for layer in scene.view_layers], [scene.camera.name, str(scene.camera.data.dof.use_dof)]]
    return [*held, [str(len(thing.vertex_groups)) for thing in bpy.data.objects]]


class Sheet:
    """A layout that notes what is drawn, and checks that each property and operator is there."""

    def __init__(self, drawn: list[str]) -> None:
        object.__setattr__(self, "drawn", drawn)

    def __setattr__(self, name, value) -> None: ...

    def column(self, **_):
        return self

    row = box = separator = column

    def prop(self, data, name, **_):
        assert name in data.bl_rna.properties, name
        self.drawn.append(name)

    def operator(self, name, **_):
        kind = getattr(bpy.ops.maquette, name.partition(".")[2]).get_rna_type()  # KeyError where there is none
        self.drawn.append(name)
        return type("Values", (), {"__setattr__": lambda _, prop, value: kind.properties[prop]})()

    def label(self, text="", **_):
        self.drawn.append(text)


def test_the_panels_offer_what_comes_next(stage, tools, part):
    from types import SimpleNamespace

    context = SimpleNamespace(
        scene=bpy.context.scene,
        view_layer=bpy.context.view_layer,
        region=SimpleNamespace(width=280),
        preferences=bpy.context.preferences,
    )

    def drawn() -> set[str]:
        found: list[str] = []
        for panel in part("panels.stage_tools").TOOLS:
            stand_in = type("Panel", (), {"draw": panel.draw, "draw_tool": panel.draw_tool})()
            stand_in.layout = Sheet(found)
            stand_in.draw(context)
        return set(found)

    first = drawn()
    buttons = ("move", "focus", "fog", "pick_subject", "light", "add", "film", "glb", "exr")
    assert {f"maquette.stage_{name}" for name in buttons} <= first
    taken_back = {f"maquette.stage_{name}" for name in ("rest", "unfocus", "clear_fog", "clear_light")}
    assert not taken_back & first
    tools.amplitude, tools.move = 1.2, "handheld"
    bpy.ops.maquette.stage_move()
    bpy.ops.maquette.stage_focus(x=48, y=36)
    bpy.ops.maquette.stage_fog()
    bpy.ops.maquette.stage_light()
    later = drawn()
    assert taken_back | {"seed", "aperture_fstop", "energy"} <= later
    assert any("More than is safe" in text for text in later)


def test_without_a_stage_the_tools_are_greyed_out(maquette):
    for name in dir(bpy.ops.maquette):
        if name.startswith("stage_") and name != "stage_photo":
            assert not getattr(bpy.ops.maquette, name).poll(), name
