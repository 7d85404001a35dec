"""Fog, and light that falls off with depth: one node group in all materials of a stage.

It stands in the materials and not in the compositor: so it shows while one works, is the same in Cycles and EEVEE and in every
Blender, keeps soft edges soft, and costs nothing, unlike a volume. Its numbers are nodes in the group, shared by all materials.
"""

from __future__ import annotations

import bpy
import numpy as np
from bpy.types import Material, Node, NodeTree, Object

from ..errors import ModelError
from ..moving import world_of
from .find import UNIT, StageInScene
from .material import LIT
from .objects import objects_of
from .outline import outline_of
from .rays import matched

GROUP = "maquette_fog"  # on the group
NODE = "Fog"  # the group's name in each material
NUMBERS = ("Fog Starts", "Fog Is Thick", "Fog Most", "Light Near", "Light Far", "Dark Most")
COLOUR = "Fog Colour"
SKY_SHARE = 0.5  # of the fog lies on the sky: all of it would leave nothing of the sky
FAR = 75.0  # percent of what the photo shows is nearer than what gives the fog its colour
LEAST_SKY, HORIZON = 0.02, 0.25  # of the photo is sky, or it does not count; so much of the sky is near the horizon


def set_fog(
    stage: StageInScene, *, fog: float | None = None, dark: float | None = None, colour: tuple[float, ...] | None = None
) -> NodeTree:
    """Fog of at most `fog`, darkness of at most `dark` (0 to 1). What is not given stays, or is read off the photo at first."""
    group = fog_of(stage)
    if group is None:
        depth = _depths(stage)
        group = _make(f"{stage.name} Fog")
        near, thick, far = np.percentile(depth, (15, 92, 98))
        for name, value in zip(NUMBERS, (near, thick, 0.0, near, far, 0.0), strict=True):
            number(group, name).default_value = float(value)
        group.nodes[COLOUR].outputs[0].default_value = (*far_colour(stage), 1.0)
        stage.collection[GROUP] = group
    if fog is not None:
        number(group, "Fog Most").default_value = fog
    if dark is not None:
        number(group, "Dark Most").default_value = dark
    if colour is not None:
        group.nodes[COLOUR].outputs[0].default_value = (*colour[:3], 1.0)
    for thing in (*stage.meshes, *objects_of(stage)):
        wear(thing, group, SKY_SHARE if is_sky(stage, thing) else 1.0)
    return group


def clear_fog(stage: StageInScene) -> None:
    """Takes it out of all materials."""
    group = fog_of(stage)
    if group is None:
        return
    for material in bpy.data.materials:
        node = _node(material, group)
        if node is not None:
            _take_out(material, node)
    del stage.collection[GROUP]
    bpy.data.node_groups.remove(group)


def fog_of(stage: StageInScene) -> NodeTree | None:
    """The stage's group, if it has one."""
    return stage.collection.get(GROUP)


def number(group: NodeTree, name: str):
    """The socket that holds one of NUMBERS: a panel can show it, an artist can key it."""
    return group.nodes[name].outputs[0]


def wear(thing: Object, group: NodeTree, share: float = 1.0) -> None:
    """Puts the group behind all that shines in an object's materials."""
    if thing.type == "MESH" and not thing.material_slots:
        thing.data.materials.append(_plain(f"{thing.name} Material"))
    for slot in thing.material_slots:
        material = slot.material
        if material is None or material.node_tree is None or _node(material, group) is not None:
            continue
        nodes, links = material.node_tree.nodes, material.node_tree.links
        shader = _shining(material)
        if shader is None:
            continue
        node = nodes.new("ShaderNodeGroup")
        node.name = node.label = NODE
        node.node_tree = group
        node.inputs["Share"].default_value = share
        node.location = shader.node.location.x + 20, shader.node.location.y - 160
        ends = [link.to_socket for link in shader.links]
        links.new(shader, node.inputs["Shader"])
        for end in ends:
            links.new(node.outputs["Shader"], end)


def is_sky(stage: StageInScene, thing: Object) -> bool:
    """Whether this is the sky, as a dome or as the furthest layer."""
    return thing == stage.sky or (thing in stage.layers[:1] and thing.name.split(".")[0].lower().endswith("sky"))


def far_colour(stage: StageInScene) -> tuple[float, float, float]:
    """The sky's above the horizon; without a sky what the photo's far parts look like, their brighter half: air is lit. Linear."""
    if stage.photo is None or not stage.photo.size[0]:
        return 0.7, 0.75, 0.8
    colours, inverse, sky = looked_at(stage)
    if sky.mean() > LEAST_SKY:
        rows = np.flatnonzero(sky.any(1))
        lowest = np.quantile(np.repeat(rows, sky.sum(1)[rows]), HORIZON)
        far = sky & (np.arange(len(sky))[:, None] <= lowest)
    else:
        there = ~sky if not sky.all() else sky
        far = there & (inverse <= np.percentile(inverse[there], 100 - FAR))
    found = colours[far]
    bright = found[found.sum(1) >= np.median(found.sum(1))]
    return tuple(float(value) for value in linear(bright.mean(0)))


def looked_at(stage: StageInScene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A small copy of the photo (H, W, 3) as it is displayed, its inverse depth in the engine's units and its sky; the lowest row first."""
    colours, mono = small_pixels(stage.photo), outline_of(stage).mono
    rows, columns = (
        ((np.arange(count) + 0.5) / count * whole).astype(int)
        for count, whole in zip(colours.shape[:2], mono.inverse_depth.shape, strict=True)
    )
    at = np.ix_(rows[::-1], columns)
    return colours, mono.inverse_depth[at], mono.sky[at] | (mono.inverse_depth[at] <= 0)


def small_pixels(image, side: int = 256) -> np.ndarray:
    """(H, W, 3) of a small copy of a picture, as it is displayed, 0 to 1, the LOWEST row first."""
    small = image.copy()
    try:
        ratio = side / max(image.size)
        if ratio < 1:
            small.scale(max(int(image.size[0] * ratio), 1), max(int(image.size[1] * ratio), 1))
        pixels = np.empty(small.size[0] * small.size[1] * small.channels, np.float32)
        small.pixels.foreach_get(pixels)
        shaped = pixels.reshape(small.size[1], small.size[0], small.channels)
    finally:
        bpy.data.images.remove(small)
    return np.repeat(shaped[..., :1], 3, 2) if shaped.shape[2] < 3 else shaped[..., :3]


def linear(srgb: np.ndarray) -> np.ndarray:
    """Light from displayed values."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _depths(stage: StageInScene) -> np.ndarray:
    """How far away what the photo shows is, without its sky; Blender's units."""
    mono = outline_of(stage).mono
    inverse = mono.inverse_depth[::4, ::4][~mono.sky[::4, ::4]]
    inverse = inverse[inverse > 0]
    if not len(inverse):
        raise ModelError("The photo shows nothing but sky: there is no depth for fog.")
    return stage.relief.data[UNIT] * world_of(matched(stage)).median_scale / inverse


def _make(name: str) -> NodeTree:
    """Shader in, shader out: darker with depth, then hidden by fog that thickens with depth."""
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    face = group.interface
    face.new_socket("Shader", in_out="INPUT", socket_type="NodeSocketShader")
    share = face.new_socket("Share", in_out="INPUT", socket_type="NodeSocketFloat")
    share.default_value, share.min_value, share.max_value = 1.0, 0.0, 1.0
    share.description = "How much of the fog and the darkness this material takes"
    face.new_socket("Shader", in_out="OUTPUT", socket_type="NodeSocketShader")
    build = _Build(group)
    start, end = build.new("NodeGroupInput", 0, 0), build.new("NodeGroupOutput", 1400, 0)
    depth = build.new("ShaderNodeCameraData", 0, -300).outputs["View Z Depth"]
    starts, thick, most, near, far, dark = (
        build.value(name, 200, -200 - 90 * index) for index, name in enumerate(NUMBERS)
    )
    colour = build.new("ShaderNodeRGB", 800, -420)
    colour.name = colour.label = COLOUR
    falling = build.new("ShaderNodeMapRange", 420, -60)
    falling.interpolation_type, falling.label = "SMOOTHSTEP", "Darker with depth"
    for socket, source in zip(falling.inputs[:3], (depth, near, far), strict=True):
        build.link(source, socket)
    darker = build.math(
        "MULTIPLY", build.math("MULTIPLY", falling.outputs[0], dark, 620, -60), start.outputs[1], 800, -60
    )
    # 1 - exp(-3 t): what lies behind more and more air; 95 % where it is thick
    length = build.math("MAXIMUM", build.math("SUBTRACT", thick, starts, 420, -360), 1e-4, 580, -360)
    through = build.math(
        "MAXIMUM",
        build.math("DIVIDE", build.math("SUBTRACT", depth, starts, 420, -520), length, 740, -520),
        0.0,
        900,
        -520,
    )
    clear = build.math("POWER", 0.0498, through, 1060, -520)
    hidden = build.math("MULTIPLY", build.math("SUBTRACT", 1.0, clear, 1220, -520), most, 1380, -520)
    hidden = build.math("MULTIPLY", hidden, start.outputs[1], 1540, -520)
    black, air = build.new("ShaderNodeEmission", 800, -200), build.new("ShaderNodeEmission", 1000, -420)
    black.inputs["Color"].default_value = (0, 0, 0, 1)
    build.link(colour.outputs[0], air.inputs["Color"])
    end.location.x = 2000
    build.link(
        build.mix(hidden, build.mix(darker, start.outputs[0], black.outputs[0], 1000, 0), air.outputs[0], 1760, 0),
        end.inputs[0],
    )
    return group


class _Build:
    """Short words for making nodes."""

    def __init__(self, tree: NodeTree) -> None:
        self.tree = tree

    def new(self, kind: str, x: float, y: float) -> Node:
        node = self.tree.nodes.new(kind)
        node.location = x, y
        return node

    def link(self, source, target) -> None:
        self.tree.links.new(source, target)

    def value(self, name: str, x: float, y: float):
        node = self.new("ShaderNodeValue", x, y)
        node.name = node.label = name
        return node.outputs[0]

    def math(self, operation: str, first, second, x: float, y: float):
        node = self.new("ShaderNodeMath", x, y)
        node.operation, node.hide = operation, True
        for socket, given in zip(node.inputs, (first, second), strict=False):
            if isinstance(given, float):
                socket.default_value = given
            else:
                self.link(given, socket)
        return node.outputs[0]

    def mix(self, share, first, second, x: float, y: float):
        node = self.new("ShaderNodeMixShader", x, y)
        for socket, source in zip(node.inputs, (share, first, second), strict=True):
            self.link(source, socket)
        return node.outputs[0]


def _shining(material: Material):
    """The socket of all that an opaque part of the material shows."""
    lit = material.node_tree.nodes.get(LIT)
    if lit is not None:
        return lit.outputs[0]
    output = material.node_tree.get_output_node("ALL")
    if output is None or not output.inputs["Surface"].is_linked:
        return None
    return output.inputs["Surface"].links[0].from_socket


def _node(material: Material, group: NodeTree) -> Node | None:
    if material.node_tree is None:
        return None
    return next((node for node in material.node_tree.nodes if getattr(node, "node_tree", None) == group), None)


def _take_out(material: Material, node: Node) -> None:
    before = node.inputs["Shader"].links[0].from_socket if node.inputs["Shader"].is_linked else None
    for link in list(node.outputs["Shader"].links):
        if before is not None:
            material.node_tree.links.new(before, link.to_socket)
    material.node_tree.nodes.remove(node)


def _plain(name: str) -> Material:
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0):
        material.use_nodes = True
    return material
