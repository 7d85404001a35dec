"""Writes a textured mesh as binary glTF 2.0: one mesh, one material, the picture inside. The one place that turns world axes into glTF's.

glTF (x, y, z) = world (x, z, −y); its UV origin is the upper left corner.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..datatypes import F32, U8, TexturedMesh

JPEG_QUALITY = 92
ROUGHNESS = 0.8
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
FLOAT, UNSIGNED_INT = 5126, 5125
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071


def gltf_from_world(vectors: F32) -> F32:
    """World's +Z up becomes glTF's +Y up."""
    return np.ascontiguousarray(np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], 1), np.float32)


def write_glb(path: Path, textured: TexturedMesh, name: str) -> None:
    """The model as one file. `filled` faces leave a 1 in the attribute _FILLED of the vertices that only they use."""
    mesh = textured.mesh
    uvs = np.stack([textured.uvs[:, 0], 1 - textured.uvs[:, 1]], 1)
    file = Glb()
    attributes = {
        "POSITION": file.accessor(gltf_from_world(mesh.vertices), "VEC3", ARRAY_BUFFER, bounds=True),
        "NORMAL": file.accessor(gltf_from_world(smooth_normals(textured)), "VEC3", ARRAY_BUFFER),
        "TEXCOORD_0": file.accessor(uvs.astype(np.float32), "VEC2", ARRAY_BUFFER),
        "_FILLED": file.accessor(_filled_vertices(textured), "SCALAR", ARRAY_BUFFER),
    }
    indices = file.accessor(mesh.faces.astype(np.uint32).ravel(), "SCALAR", ELEMENT_ARRAY_BUFFER)
    image = file.view(_jpeg(textured.base_colour), None)
    file.write(
        path,
        {
            "asset": {"version": "2.0", "generator": "Maquette"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": name}],
            "meshes": [{"name": name, "primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}],
            "materials": [
                {
                    "name": name,
                    "pbrMetallicRoughness": {
                        "baseColorTexture": {"index": 0},
                        "metallicFactor": 0.0,
                        "roughnessFactor": ROUGHNESS,
                    },
                    "doubleSided": True,  # a scan has open borders, and seen from behind it should not vanish
                }
            ],
            "textures": [{"source": 0, "sampler": 0}],
            "images": [{"bufferView": image, "mimeType": "image/jpeg", "name": f"{name} base colour"}],
            "samplers": [
                {
                    "magFilter": LINEAR,
                    "minFilter": LINEAR_MIPMAP_LINEAR,
                    "wrapS": CLAMP_TO_EDGE,
                    "wrapT": CLAMP_TO_EDGE,
                }
            ],
        },
    )


def smooth_normals(textured: TexturedMesh) -> F32:
    """(V, 3) in world, weighted by area; the same on both sides of a UV seam, so that the seam catches no light."""
    mesh, source = textured.mesh, textured.source_vertex
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros((int(source.max(initial=0)) + 1, 3))
    for corner in range(3):
        at = source[mesh.faces[:, corner]]
        for axis in range(3):
            total[:, axis] += np.bincount(at, normal[:, axis], len(total))
    length = np.linalg.norm(total, axis=1)
    unit = np.where((length > 1e-30)[:, None], total / np.maximum(length, 1e-30)[:, None], [0.0, 0.0, 1.0])
    return unit[source].astype(np.float32)


def _filled_vertices(textured: TexturedMesh) -> F32:
    """(V,) 1 where all faces around are filled: a measured face is never shown as guessed."""
    measured = np.zeros(len(textured.mesh.vertices), bool)
    measured[textured.mesh.faces[~textured.mesh.filled]] = True
    return (~measured).astype(np.float32)


def _jpeg(picture: U8) -> bytes:
    """Colour at full resolution (4:4:4): halved colour would bleed across charts."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()


class Glb:
    """Gathers the binary chunk and the views into it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def view(self, data: bytes, target: int | None) -> int:
        entry: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            entry["target"] = target
        padded = data + b"\0" * (-len(data) % 4)
        self._parts.append(padded)
        self._length += len(padded)
        self._views.append(entry)
        return len(self._views) - 1

    def accessor(self, values: np.ndarray, kind: str, target: int, *, bounds: bool = False) -> int:
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        entry: dict[str, Any] = {
            "bufferView": self.view(little.tobytes(), target),
            "componentType": UNSIGNED_INT if values.dtype == np.uint32 else FLOAT,
            "count": len(values),
            "type": kind,
        }
        if bounds:
            entry["min"] = [float(v) for v in values.min(0)]
            entry["max"] = [float(v) for v in values.max(0)]
        self._accessors.append(entry)
        return len(self._accessors) - 1

    def write(self, path: Path, document: dict[str, Any]) -> None:
        document = document | {
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": self._length}],
        }
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode()
        text += b" " * (-len(text) % 4)
        with open(path, "wb") as handle:
            handle.write(struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + self._length))
            handle.write(struct.pack("<I4s", len(text), b"JSON"))
            handle.write(text)
            handle.write(struct.pack("<I4s", self._length, b"BIN\0"))
            for part in self._parts:
                handle.write(part)
