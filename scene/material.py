"""The base colour as a picture in Blender, packed or beside the .blend, and the material that shows it."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image, Material

from ..engine.datatypes import U8

ROUGHNESS = 0.8  # photos hold their light already: little gloss on top


def make_image(base_colour: U8, name: str, beside: Path | None) -> Image:
    """The picture, packed into the .blend or, with `beside`, saved as a PNG in that folder."""
    height, width = base_colour.shape[:2]
    pixels = np.ones((height, width, 4), np.float32)
    np.multiply(base_colour[::-1], np.float32(1 / 255), out=pixels[..., :3])  # Blender's first row is the lowest
    image = bpy.data.images.new(name, width, height, alpha=False)
    image.pixels.foreach_set(pixels.ravel())
    image.file_format = "PNG"
    if beside is None:
        image.pack()
    else:
        beside.mkdir(parents=True, exist_ok=True)
        image.filepath_raw = str(_unused(beside / f"{bpy.path.clean_name(name)}.png"))
        image.save()
        image.filepath_raw = bpy.path.relpath(image.filepath_raw) if bpy.data.filepath else image.filepath_raw
    return image


def _unused(path: Path) -> Path:
    """A name that no earlier model's texture has."""
    tried, number = path, 1
    while tried.exists():
        tried, number = path.with_stem(f"{path.stem}_{number:03d}"), number + 1
    return tried


def make_material(image: Image, name: str) -> Material:
    """A Principled material with the picture as its base colour."""
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0):  # from then on every material has nodes
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = ROUGHNESS
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = image
    texture.location = shader.location.x - 320, shader.location.y
    links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    nodes.active = texture  # what Workbench shows and a bake writes to
    return material
