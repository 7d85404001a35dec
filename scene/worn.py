"""What texture an object wears: finding the image nodes that show it, giving it another, looking at the one before.

A material of ours gets its picture replaced; a material that others share is copied first. In an artist's own material nothing is
touched: an image node is added and made active (for painting, and for Workbench), which links to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
from bpy.types import ID, Image, Material, Node, Object

from .material import OURS, make_material

NODE = "Maquette Retexture"  # the node that is added to an artist's material
NOW, BEFORE, GUESSED = "maquette_now", "maquette_before", "maquette_guessed"  # on the object: images
UV = "_uv"  # appended: the UV map that the image is for


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image and the UV map that it is for."""

    image: Image
    uv_map: str


def worn(thing: Object) -> Image | None:
    """The image that a material of ours shows on the object now; None where there is none."""
    return next((node.image for node in _nodes(thing) if node.image is not None), None)


def wear(thing: Object, picture: Picture, guessed: Image) -> None:
    """Puts the picture on; what was there before is kept for comparing, with its UV map."""
    before = worn(thing)
    before_uv = str(thing.get(NOW + UV, "")) or _render_map(thing)
    _forget(thing, (BEFORE, GUESSED), keep=(before,))
    if before is not None:
        settle(before)
        before.use_fake_user = True
        thing[BEFORE], thing[BEFORE + UV] = before, before_uv
    thing[NOW], thing[NOW + UV] = picture.image, picture.uv_map
    thing[GUESSED], thing[GUESSED + UV] = guessed, picture.uv_map
    _dress(thing, picture.image)
    _use_map(thing, picture.uv_map)


def has(thing: Object, which: str) -> bool:
    """Whether there is such an image."""
    return isinstance(thing.get(which), Image)


def settle(image: Image) -> None:
    """What was painted and not saved yet goes where the image is kept: into the .blend, or into its own file."""
    if image.is_dirty:
        if image.packed_files or not image.filepath:
            image.pack()
        else:
            image.save()


def show(thing: Object, which: str) -> None:
    """NOW, BEFORE or GUESSED, if there is one."""
    image = thing.get(which)
    if isinstance(image, Image):
        for node in _nodes(thing):
            node.image = image
        _use_map(thing, str(thing.get(which + UV, "")))


def shown(thing: Object) -> str:
    """Which of the three is on; empty where the object was never retextured, or wears something else by now."""
    image = worn(thing)
    return next((which for which in (NOW, BEFORE, GUESSED) if image is not None and thing.get(which) == image), "")


def _dress(thing: Object, image: Image) -> None:
    if not len(thing.material_slots):
        thing.data.materials.append(None)
    made: Material | None = None
    for slot in thing.material_slots:
        if slot.material is None:
            made = made or make_material(image, thing.name)
            slot.material = made
        elif OURS in slot.material:
            if _others_use(slot.material, thing):
                slot.material = slot.material.copy()
            node = _base_node(slot.material) or slot.material.node_tree.nodes.get(NODE) or _new_node(slot.material)
            node.image = image
        else:
            _add_node(slot.material, image)


def _nodes(thing: Object) -> Iterator[Node]:
    """The nodes that show our pictures, of all the object's materials."""
    for slot in thing.material_slots:
        material = slot.material
        if material is None or material.node_tree is None:
            continue
        node = (_base_node(material) if OURS in material else None) or material.node_tree.nodes.get(NODE)
        if node is not None:
            yield node


def _base_node(material: Material) -> Node | None:
    """The image node of a material of ours; None where the artist took it out."""
    for shader in material.node_tree.nodes:
        if shader.type == "BSDF_PRINCIPLED" and shader.inputs["Base Color"].is_linked:
            node = shader.inputs["Base Color"].links[0].from_node
            if node.type == "TEX_IMAGE":
                return node
    return None


def _add_node(material: Material, image: Image) -> None:
    if bpy.app.version < (5, 0):  # from then on every material has nodes
        material.use_nodes = True
    nodes = material.node_tree.nodes
    node = nodes.get(NODE) or _new_node(material)
    node.image = image
    for other in nodes:
        other.select = other == node
    nodes.active = node


def _new_node(material: Material) -> Node:
    nodes = material.node_tree.nodes
    node = nodes.new("ShaderNodeTexImage")
    node.name = node.label = NODE
    left = min((other.location.x for other in nodes if other != node), default=0.0)
    node.location = left - 320, 0
    return node


def _others_use(material: Material, thing: Object) -> bool:
    """Whether another object than this one, and those that share its mesh, wears it."""
    return any(
        other.data != thing.data and any(slot.material == material for slot in other.material_slots)
        for other in bpy.data.objects
        if other.type == "MESH" and other != thing
    )


def _render_map(thing: Object) -> str:
    layer = next((layer for layer in thing.data.uv_layers if layer.active_render), None)
    return layer.name if layer is not None else ""


def _use_map(thing: Object, name: str) -> None:
    layer = thing.data.uv_layers.get(name)
    if layer is not None:
        layer.active = layer.active_render = True


def _forget(thing: Object, names: tuple[str, ...], keep: tuple[ID | None, ...]) -> None:
    """What was kept for comparing goes; images of ours that nobody else uses go with it."""
    for name in names:
        image = thing.get(name)
        for key in (name, name + UV):
            if key in thing:
                del thing[key]
        if isinstance(image, Image) and image not in keep and OURS in image:
            image.use_fake_user = False
            if not image.users:
                bpy.data.images.remove(image)
