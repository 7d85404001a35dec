"""Writes a relief as binary glTF 2.0: the mesh, unlit, in the photo's own bytes, and the camera that took it.

glTF (x, y, z) = world (x, z, −y). A glTF camera looks along its −z with +y up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..datatypes import F32, F64
from ..single import MonoDepth, Staged, UvMesh
from .glb import (
    ARRAY_BUFFER,
    CLAMP_TO_EDGE,
    ELEMENT_ARRAY_BUFFER,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    Glb,
    gltf_from_world,
)
from .picture import Embedded

UNLIT = "KHR_materials_unlit"
NEAR_PLANE = 0.01
_GLTF_FROM_WORLD = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
_GLTF_CAMERA_FROM_CAMERA = np.diag([1.0, -1, -1])


def write_relief(path: Path, staged: Staged, picture: Embedded, name: str) -> None:
    """One file with the mesh and its matched camera. The _FILLED attribute is 1 where the vertex is invented."""
    file = Glb()
    image = file.view(picture.data, None)
    document = {
        "asset": {"version": "2.0", "generator": "Maquette"},
        "extensionsUsed": [UNLIT],
        "scene": 0,
        "scenes": [{"nodes": [0, 1]}],
        "nodes": [{"mesh": 0, "name": name}, {"camera": 0, "name": "Matched camera"} | placed(staged.cam_from_world)],
        "meshes": [{"name": name, "primitives": [primitive(file, staged.relief, material=0)]}],
        "cameras": [camera(staged.mono)],
        "materials": [unlit(name, texture=0)],
        "textures": [{"source": 0, "sampler": 0}],
        "images": [{"bufferView": image, "mimeType": picture.mime, "name": staged.mono.photo.name}],
        "samplers": [SAMPLER],
    }
    file.write(path, document)


SAMPLER = {"magFilter": LINEAR, "minFilter": LINEAR_MIPMAP_LINEAR, "wrapS": CLAMP_TO_EDGE, "wrapT": CLAMP_TO_EDGE}


def primitive(file: Glb, surface: UvMesh, material: int) -> dict[str, Any]:
    """A mesh's arrays, entered into the file."""
    mesh = surface.mesh
    uvs = np.stack([surface.uvs[:, 0], 1 - surface.uvs[:, 1]], 1)
    attributes = {
        "POSITION": file.accessor(gltf_from_world(mesh.vertices), "VEC3", ARRAY_BUFFER, bounds=True),
        "NORMAL": file.accessor(gltf_from_world(_normals(surface)), "VEC3", ARRAY_BUFFER),
        "TEXCOORD_0": file.accessor(uvs.astype(np.float32), "VEC2", ARRAY_BUFFER),
        "_FILLED": file.accessor(_filled(surface), "SCALAR", ARRAY_BUFFER),
    }
    indices = file.accessor(mesh.faces.astype(np.uint32).ravel(), "SCALAR", ELEMENT_ARRAY_BUFFER)
    return {"attributes": attributes, "indices": indices, "material": material}


def unlit(name: str, texture: int) -> dict[str, Any]:
    """The photo holds its own light: it is shown as it is."""
    return {
        "name": name,
        "pbrMetallicRoughness": {
            "baseColorTexture": {"index": texture},
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        },
        "extensions": {UNLIT: {}},
        "doubleSided": True,
    }


def camera(mono: MonoDepth) -> dict[str, Any]:
    """The lens, its picture's ratio that of the photo."""
    height = mono.inverse_depth.shape[0]
    across = mono.photo.width / mono.photo.height
    yfov = 2 * np.arctan(height / 2 / mono.K[1, 1])
    return {
        "type": "perspective",
        "name": "Matched camera",
        "perspective": {"yfov": float(yfov), "aspectRatio": float(across), "znear": NEAR_PLANE},
    }


def placed(cam_from_world: F64) -> dict[str, Any]:
    """A node's rotation (x, y, z, w) and translation for a camera."""
    world_from_cam = cam_from_world[:, :3].T
    centre = -world_from_cam @ cam_from_world[:, 3]
    turn = _GLTF_FROM_WORLD @ world_from_cam @ _GLTF_CAMERA_FROM_CAMERA
    return {
        "rotation": [float(v) for v in quaternion(turn)],
        "translation": [float(v) for v in _GLTF_FROM_WORLD @ centre],
    }


def quaternion(turn: F64) -> F64:
    """(x, y, z, w): the eigenvector that a rotation matrix's symmetric 4x4 form holds."""
    (a, b, c), (d, e, f), (g, h, i) = turn
    form = np.array(
        [
            [a - e - i, b + d, c + g, h - f],
            [b + d, e - a - i, f + h, c - g],
            [c + g, f + h, i - a - e, d - b],
            [h - f, c - g, d - b, a + e + i],
        ]
    )
    q = np.linalg.eigh(form)[1][:, 3]
    return np.asarray(q if q[3] >= 0 else -q)


def _normals(surface: UvMesh) -> F32:
    """(V, 3) in world, weighted by area."""
    mesh = surface.mesh
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros((len(mesh.vertices), 3))
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(mesh.faces[:, corner], normal[:, axis], len(total))
    length = np.linalg.norm(total, axis=1)
    unit = np.where((length > 1e-30)[:, None], total / np.maximum(length, 1e-30)[:, None], [0.0, 0.0, 1.0])
    return unit.astype(np.float32)


def _filled(surface: UvMesh) -> F32:
    """(V,) 1 where all faces around are invented: what the photo shows is never called invented."""
    mesh = surface.mesh
    shown = np.zeros(len(mesh.vertices), bool)
    shown[mesh.faces[~mesh.filled]] = True
    return (~shown).astype(np.float32)
