"""What is known about each face, shown in colours over the artist's own material: a modifier that goes when the overlay goes.

The colours are materials that a Geometry Nodes modifier sets in the viewport only. So they show in Solid, in Material Preview and
while sculpting, nothing of the artist's is overwritten, renders don't change, and undo, save and the modifier's own eye all work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
from bpy.types import GeometryNodeTree, Material, Mesh, NodesModifier, NodeSocket, Object

from .errors import ModelError
from .mesh import FILLED

PHOTOS, ANGLE, PIXEL = "photos_seen", "view_angle", "pixel_size"  # face attributes
NAME = "Maquette Overlay"
SHOWN = "maquette_overlay"  # on the node group: which overlay it shows
# From red over pale yellow to blue: apart also for eyes that can't tell red from green.
RED, ORANGE, YELLOW, SKY, BLUE = "#D73027", "#FC8D59", "#FEE090", "#91BFDB", "#4575B4"


@dataclass(frozen=True, kw_only=True)
class Band:
    """One colour: what lies below `below` and in no earlier band."""

    below: float
    label: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """One way to look at the faces."""

    attribute: str
    kind: str  # the attribute's type
    bands: tuple[Band, ...]
    missing: str  # what to say where the mesh has no such attribute


_ASK = "The capture of this mesh has not been checked yet: press Check Capture."
OVERLAYS = {
    "COVERAGE": Overlay(
        attribute=PHOTOS,
        kind="INT",
        missing=_ASK,
        bands=(
            Band(below=1, label="Not seen", colour=RED),
            Band(below=2, label="1 photo", colour=ORANGE),
            Band(below=3, label="2 photos", colour=YELLOW),
            Band(below=5, label="3 or 4 photos", colour=SKY),
            Band(below=float("inf"), label="5 photos or more", colour=BLUE),
        ),
    ),
    "ANGLE": Overlay(
        attribute=ANGLE,
        kind="FLOAT",
        missing=_ASK,
        bands=(
            Band(below=3, label="Below 3°: no depth", colour=RED),
            Band(below=12, label="3° to 12°: poor", colour=ORANGE),
            Band(below=25, label="12° to 25°: fair", colour=YELLOW),
            Band(below=50, label="25° to 50°: good", colour=SKY),
            Band(below=float("inf"), label="50° or wider", colour=BLUE),
        ),
    ),
    "FILLED": Overlay(
        attribute=FILLED,
        kind="BOOLEAN",
        missing="This mesh no longer says what was measured: its faces were made anew.",
        bands=(
            Band(below=0.5, label="Measured by photos", colour=SKY),
            Band(below=float("inf"), label="Filled: a guess", colour=ORANGE),
        ),
    ),
}


def show(model_mesh: Object, name: str | None) -> None:
    """One of OVERLAYS, or None for the artist's own material."""
    if name is None:
        hide(model_mesh)
        return
    overlay = OVERLAYS[name]
    if not has(model_mesh.data, name):
        raise ModelError(overlay.missing)
    hide(model_mesh)
    modifier = model_mesh.modifiers.new(NAME, "NODES")
    modifier.node_group = _group(name, overlay)
    modifier.show_render = False
    modifier.show_expanded = False


def hide(model_mesh: Object) -> None:
    """Takes the overlay away, and what it was made of with it."""
    for modifier in [one for one in model_mesh.modifiers if _is_overlay(one)]:
        group = modifier.node_group
        model_mesh.modifiers.remove(modifier)
        if group.users == 0:
            bpy.data.node_groups.remove(group)
    for material in [one for one in bpy.data.materials if one.name.startswith(NAME) and one.users == 0]:
        bpy.data.materials.remove(material)


@contextmanager
def without(model_mesh: Object) -> Iterator[None]:
    """The artist's own material for a moment, for what is made of the object as it is seen."""
    ours = [one for one in model_mesh.modifiers if _is_overlay(one) and one.show_viewport]
    for modifier in ours:
        modifier.show_viewport = False
    bpy.context.view_layer.update()
    try:
        yield
    finally:
        for modifier in ours:
            modifier.show_viewport = True


def shown(model_mesh: Object) -> str | None:
    """The name of the overlay that is on."""
    found = next((one for one in model_mesh.modifiers if _is_overlay(one) and one.show_viewport), None)
    return found.node_group[SHOWN] if found else None


def has(mesh: Mesh, name: str) -> bool:
    """Whether the mesh knows what the overlay shows."""
    attribute = mesh.attributes.get(OVERLAYS[name].attribute)
    return attribute is not None and attribute.domain == "FACE"


def _is_overlay(modifier: NodesModifier) -> bool:
    return modifier.type == "NODES" and modifier.node_group is not None and SHOWN in modifier.node_group


def _group(name: str, overlay: Overlay) -> GeometryNodeTree:
    """Geometry in, the same with a material per band out. Faces that don't know the attribute stay as they are."""
    tree = bpy.data.node_groups.new(f"{NAME} {name.capitalize()}", "GeometryNodeTree")
    tree[SHOWN] = name
    tree.is_modifier = True
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    source, sink = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    known = tree.nodes.new("GeometryNodeInputNamedAttribute")
    known.data_type = overlay.kind
    known.inputs["Name"].default_value = overlay.attribute
    value = next(out for out in known.outputs if out.name == "Attribute" and out.enabled)
    geometry = source.outputs["Geometry"]
    # Painted from the last band to the first: each takes over all that lies below its limit.
    for index, band in reversed(list(enumerate(overlay.bands))):
        paint = tree.nodes.new("GeometryNodeSetMaterial")
        paint.inputs["Material"].default_value = _material(band)
        chosen = known.outputs["Exists"]
        if index < len(overlay.bands) - 1:
            chosen = _both(tree, chosen, _below(tree, value, band.below))
        tree.links.new(geometry, paint.inputs["Geometry"])
        tree.links.new(chosen, paint.inputs["Selection"])
        geometry = paint.outputs["Geometry"]
    tree.links.new(geometry, sink.inputs["Geometry"])
    return tree


def _below(tree: GeometryNodeTree, value: NodeSocket, limit: float) -> NodeSocket:
    node = tree.nodes.new("FunctionNodeCompare")
    node.data_type, node.operation = "FLOAT", "LESS_THAN"
    a, b = (socket for socket in node.inputs if socket.name in ("A", "B") and socket.enabled)
    tree.links.new(value, a)
    b.default_value = limit
    return node.outputs["Result"]


def _both(tree: GeometryNodeTree, one: NodeSocket, other: NodeSocket) -> NodeSocket:
    node = tree.nodes.new("FunctionNodeBooleanMath")
    node.operation = "AND"
    tree.links.new(one, node.inputs[0])
    tree.links.new(other, node.inputs[1])
    return node.outputs[0]


def _material(band: Band) -> Material:
    """The same colour in Solid and in Material Preview."""
    name = f"{NAME} {band.colour}"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0):  # from then on every material has nodes
        material.use_nodes = True
    colour = linear(band.colour)
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = 1.0
    material.diffuse_color, material.roughness = colour, 1.0
    return material


def linear(colour: str) -> tuple[float, float, float, float]:
    """#RRGGBB in the numbers that Blender reckons with."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue, 1.0


def legend(name: str) -> list[tuple[Band, Material | None]]:
    """The overlay's colours, each with the material that holds it."""
    return [(band, bpy.data.materials.get(f"{NAME} {band.colour}")) for band in OVERLAYS[name].bands]
