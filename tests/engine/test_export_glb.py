"""model.glb and preview.png: axes, UVs, attributes, and that others can read them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from engine.datatypes import TexturedMesh, TriMesh
from engine.export.glb import gltf_from_world, smooth_normals, write_glb
from engine.export.preview import render, write_preview


@pytest.fixture()
def textured() -> TexturedMesh:
    """A box of 2 x 1 x 3 with a seam: two vertices at one place; the picture's four quarters have four colours."""
    box = trimesh.creation.box(extents=[2, 1, 3])
    vertices = np.concatenate([box.vertices, box.vertices[:1]]).astype(np.float32)
    faces = box.faces.astype(np.int32)
    own = np.nonzero((faces == 0).any(1))[0][0]
    faces[own][faces[own] == 0] = 8
    faces[own] = np.where(faces[own] == 0, 8, faces[own])
    uvs = np.stack([vertices[:, 0] / 4 + 0.5, vertices[:, 2] / 6 + 0.5], 1).astype(np.float32)
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:128, :128], picture[:128, 128:] = (220, 30, 30), (30, 200, 30)
    picture[128:, :128], picture[128:, 128:] = (40, 40, 220), (220, 200, 40)
    filled = np.zeros(len(faces), bool)
    filled[(faces == 7).any(1)] = True
    return TexturedMesh(
        mesh=TriMesh(vertices=vertices, faces=faces, filled=filled),
        source_vertex=np.array([*range(8), 0], np.int32),
        uvs=uvs,
        base_colour=picture,
        guessed=np.zeros((256, 256), bool),
    )


def read_chunks(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert magic == b"glTF" and version == 2 and length == len(data)
    json_length, kind = struct.unpack("<I4s", data[12:20])
    assert kind == b"JSON" and json_length % 4 == 0
    rest = data[20 + json_length :]
    binary_length, kind = struct.unpack("<I4s", rest[:8])
    assert kind == b"BIN\0" and binary_length == len(rest) - 8 and binary_length % 4 == 0
    return json.loads(data[20 : 20 + json_length]), rest[8:]


def test_up_is_up() -> None:
    axes = gltf_from_world(np.eye(3, dtype=np.float32))
    assert axes.tolist() == [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    assert np.isclose(np.linalg.det(axes), 1)  # no mirror


def test_the_file_holds_what_it_should(textured: TexturedMesh, tmp_path: Path) -> None:
    write_glb(tmp_path / "m.tmp", textured, 'tösti "m"')
    document, binary = read_chunks(tmp_path / "m.tmp")
    assert document["asset"] == {"version": "2.0", "generator": "Maquette"}
    assert document["nodes"][0]["name"] == 'tösti "m"'
    primitive = document["meshes"][0]["primitives"][0]
    assert set(primitive["attributes"]) == {"POSITION", "NORMAL", "TEXCOORD_0", "_FILLED"}
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= len(binary)

    def read(index: int, width: int, kind: str) -> np.ndarray:
        view = document["bufferViews"][document["accessors"][index]["bufferView"]]
        raw = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
        return np.frombuffer(raw, kind).reshape(-1, width)

    places = read(primitive["attributes"]["POSITION"], 3, "<f4")
    assert np.array_equal(np.stack([places[:, 0], -places[:, 2], places[:, 1]], 1), textured.mesh.vertices)
    accessor = document["accessors"][primitive["attributes"]["POSITION"]]
    assert accessor["min"] == places.min(0).tolist() and accessor["max"] == places.max(0).tolist()
    uv = read(primitive["attributes"]["TEXCOORD_0"], 2, "<f4")
    assert np.allclose(uv, np.stack([textured.uvs[:, 0], 1 - textured.uvs[:, 1]], 1))
    assert np.array_equal(read(primitive["indices"], 3, "<u4"), textured.mesh.faces)
    filled = read(primitive["attributes"]["_FILLED"], 1, "<f4")[:, 0]
    assert filled[7] == 1 and set(filled.tolist()) == {0.0, 1.0}
    pbr = document["materials"][0]["pbrMetallicRoughness"]
    assert pbr["metallicFactor"] == 0 and 0.5 < pbr["roughnessFactor"] <= 1


def test_others_read_it_back(textured: TexturedMesh, tmp_path: Path) -> None:
    write_glb(tmp_path / "model.glb", textured, "box")
    scene = trimesh.load(tmp_path / "model.glb", process=False)
    mesh = scene.to_mesh()
    assert np.allclose(mesh.extents, [2, 3, 1])  # 3 high, along glTF's y
    assert mesh.volume > 5.9  # right way out
    image = mesh.visual.material.baseColorTexture.convert("RGB")
    assert image.size == (256, 256)
    # trimesh's UVs have their origin at the lower left again: the top of the box shows the picture's top.
    top_left = np.argmin(np.abs(mesh.vertices - [-1, 1.5, 0.5]).sum(1))
    u, v = mesh.visual.uv[top_left]
    pixel = np.asarray(image)[int((1 - v) * 255), int(u * 255)]
    assert np.abs(pixel.astype(int) - [220, 30, 30]).max() < 8


def test_normals_hold_across_the_seam(textured: TexturedMesh) -> None:
    normals = smooth_normals(textured)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert np.array_equal(normals[0], normals[8])
    outward = (normals * textured.mesh.vertices).sum(1)
    assert (outward > 0).all()


def test_preview_shows_the_model(textured: TexturedMesh, tmp_path: Path) -> None:
    write_preview(tmp_path / "preview.tmp", textured, 320)
    with Image.open(tmp_path / "preview.tmp") as image:
        assert image.format == "PNG" and image.size == (320, 240)
    picture = render(textured, 320, 240).astype(int)
    colourful = (picture.max(2) - picture.min(2)) > 40
    assert 0.15 < colourful.mean() < 0.8
    rows, columns = np.nonzero(colourful)
    assert rows.min() > 3 and rows.max() < 236 and columns.min() > 3 and columns.max() < 316  # all of it, within
    upper, lower = picture[: 240 // 3][colourful[: 240 // 3]], picture[160:][colourful[160:]]
    assert upper[:, :2].mean() > upper[:, 2].mean()  # red and green on top, blue and yellow below: upright
    assert lower[:, 2].mean() > upper[:, 2].mean() + 20
