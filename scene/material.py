"""The base colour as a picture in Blender, packed or beside the .blend, and the material that shows it."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.types import Image, Material

OURS = "maquette"  # marks materials and images that we made: they may be changed again
ROUGHNESS = 0.8  # photos hold their light already: little gloss on top


def make_image(png: bytes, name: str, beside: Path | None) -> Image:
    """The picture, packed into the .blend or, with `beside`, a file in that folder. Blender decodes it when it first shows it."""
    if beside is not None:
        beside.mkdir(parents=True, exist_ok=True)
        path = _unused(beside / f"{bpy.path.clean_name(name)}.png")
        path.write_bytes(png)
        image = bpy.data.images.load(str(path))
        image.name = name
        image.filepath_raw = bpy.path.relpath(str(path)) if bpy.data.filepath else str(path)
        return image
    image = bpy.data.images.new(name, 1, 1, alpha=False)
    image.source = "FILE"
    image.pack(data=png, data_len=len(png))
    image.filepath_raw = f"//textures/{bpy.path.clean_name(name)}.png"  # where it goes when an artist unpacks it
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
    material[OURS] = True
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
