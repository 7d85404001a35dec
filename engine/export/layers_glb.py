"""Writes a stage's layers as binary glTF 2.0: a mesh each with its own picture, transparent at its edges, and the camera that took the photo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..datatypes import U8
from ..single import Staged
from .glb import Glb
from .relief_glb import SAMPLER, UNLIT, camera, placed, primitive, unlit

PACKING = 3  # of a PNG: a higher one takes seconds for a few percent of the bytes


def write_layers(path: Path, staged: Staged, check: Callable[[], None] = lambda: None) -> None:
    """One file; its nodes are named like the layers, the furthest first, so that a viewer that blends in order shows them rightly."""
    file = Glb()
    meshes, materials, images, textures = [], [], [], []
    for number, layer in enumerate(staged.layers):
        check()
        view = file.view(packed(layer.colour), None)
        images.append({"bufferView": view, "mimeType": "image/png", "name": layer.name})
        textures.append({"source": number, "sampler": 0})
        opaque = bool((layer.colour[..., 3] == 255).all())
        materials.append(unlit(layer.name, texture=number) | ({} if opaque else {"alphaMode": "BLEND"}))
        meshes.append({"name": layer.name, "primitives": [primitive(file, layer.surface, material=number)]})
    count = len(staged.layers)
    nodes: list[dict[str, Any]] = [{"mesh": i, "name": layer.name} for i, layer in enumerate(staged.layers)]
    nodes.append({"camera": 0, "name": "Matched camera"} | placed(staged.cam_from_world))
    file.write(
        path,
        {
            "asset": {"version": "2.0", "generator": "Maquette"},
            "extensionsUsed": [UNLIT],
            "scene": 0,
            "scenes": [{"nodes": list(range(count + 1))}],
            "nodes": nodes,
            "meshes": meshes,
            "cameras": [camera(staged.mono)],
            "materials": materials,
            "textures": textures,
            "images": images,
            "samplers": [SAMPLER],
        },
    )


def packed(picture: U8) -> bytes:
    """(H, W, 4), (H, W, 3) or (H, W) as a PNG; alpha is straight."""
    order = {4: [2, 1, 0, 3], 3: [2, 1, 0]}
    swapped = picture if picture.ndim == 2 else np.ascontiguousarray(picture[..., order[picture.shape[2]]])
    done, data = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, PACKING])
    assert done
    return bytes(data.tobytes())
