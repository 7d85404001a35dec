"""The photo on a relief or a layer: it shines as it is, and takes the scene's lights as far as the artist wants.

Nodes have names, so that the tools of a stage find them: "Photo" (the texture), "Shine" (emission), "Surface" (what lights act
on), "Lit" (how much of the second) and, on a layer, "Alpha".
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import bpy
from bpy.types import Image, Material, Object

from ..draft import mark
from ..material import OURS, ROUGHNESS, make_image

PHOTO, SHINE, SURFACE, LIT, ALPHA = "Photo", "Shine", "Surface", "Lit", "Alpha"


def load_photo(path: Path, *, packed: bool) -> Image:
    """The very file, never resampled. Blender decodes it when it first shows it."""
    image = mark(bpy.data.images.load(str(path)))
    image.alpha_mode = "NONE"
    if packed:
        image.pack()
    return image


def load_layer(picture: bytes | Path, name: str, *, packed: bool) -> Image:
    """A layer's picture, with straight alpha."""
    if isinstance(picture, bytes):
        image = mark(make_image(picture, name, None))
    else:
        image = mark(bpy.data.images.load(str(picture)))
        if packed:
            image.pack()
    image.alpha_mode = "STRAIGHT"
    return image


def make_shining(image: Image, name: str, *, cut_out: bool) -> Material:
    """Shows the picture whatever the scene's lights are. With `cut_out` its alpha is a hole."""
    material = mark(bpy.data.materials.new(name))
    material[OURS] = True
    if bpy.app.version < (5, 0):  # from then on every material has nodes
        material.use_nodes = True
    nodes, link = material.node_tree.nodes, material.node_tree.links.new
    surface = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    output = next(node for node in nodes if node.type == "OUTPUT_MATERIAL")
    surface.name = SURFACE
    surface.inputs["Roughness"].default_value = ROUGHNESS
    photo, shine, lit = (nodes.new(f"ShaderNode{kind}") for kind in ("TexImage", "Emission", "MixShader"))
    photo.name, shine.name, lit.name = PHOTO, SHINE, LIT
    photo.image, photo.extension = image, "EXTEND"
    lit.label, lit.inputs[0].default_value = LIT, 0.0
    link(photo.outputs["Color"], shine.inputs["Color"])
    link(photo.outputs["Color"], surface.inputs["Base Color"])
    link(shine.outputs["Emission"], lit.inputs[1])
    link(surface.outputs["BSDF"], lit.inputs[2])
    last = lit
    if cut_out:
        hole, last = nodes.new("ShaderNodeBsdfTransparent"), nodes.new("ShaderNodeMixShader")
        last.name = last.label = ALPHA
        link(photo.outputs["Alpha"], last.inputs[0])
        link(hole.outputs["BSDF"], last.inputs[1])
        link(lit.outputs["Shader"], last.inputs[2])
        hole.location = output.location.x - 440, output.location.y + 160
        material.surface_render_method = "DITHERED"  # keeps depth, for focus and fog
    link(last.outputs["Shader"], output.inputs["Surface"])
    x, y = output.location
    last.location, lit.location = (x - 220, y), (x - 440, y)
    shine.location, surface.location, photo.location = (x - 720, y + 60), (x - 720, y - 90), (x - 1060, y)
    nodes.active = photo  # what Workbench shows and a bake writes to
    return material


def relight(things: Iterable[Object], share: float) -> None:
    """How far the scene's lights act: 0 is the photo alone, 1 is its colours under these lights alone."""
    for material in _ours(things):
        material.node_tree.nodes[LIT].inputs[0].default_value = share


def lit_share(thing: Object) -> float:
    """What `relight` set."""
    return next((float(found.node_tree.nodes[LIT].inputs[0].default_value) for found in _ours([thing])), 0.0)


def _ours(things: Iterable[Object]) -> list[Material]:
    slots = (slot.material for thing in things for slot in thing.material_slots)
    return [found for found in slots if found is not None and found.node_tree and LIT in found.node_tree.nodes]
