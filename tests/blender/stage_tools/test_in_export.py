"""What leaves Blender: film, GLB, layered EXR."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest


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
