"""The asset's material: what Blender shows, and what the exporters of glTF, FBX and USD understand."""

from __future__ import annotations

import bpy
from bpy.types import Image, Material, NodeTree

from ..material import ROUGHNESS

GLTF_OUTPUT = "glTF Material Output"  # the group by whose name Blender's glTF exporter finds the occlusion


def make_material(
    name: str, colour: Image | None, normal: Image | None, occlusion: Image | None, *, packed: bool
) -> Material:
    """`packed`: the occlusion picture holds roughness in green and metal in blue."""
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0):  # from then on every material has nodes
        material.use_nodes = True
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Roughness"].default_value = ROUGHNESS
    shader.inputs["Metallic"].default_value = 0.0
    if occlusion is not None:
        _occlusion(tree, shader, occlusion, packed)
    if normal is not None:
        texture = _texture(tree, normal, shader.location.x - 620, shader.location.y - 560)
        turned = tree.nodes.new("ShaderNodeNormalMap")
        turned.location = shader.location.x - 280, shader.location.y - 560
        tree.links.new(texture.outputs["Color"], turned.inputs["Color"])
        tree.links.new(turned.outputs["Normal"], shader.inputs["Normal"])
    if colour is not None:
        texture = _texture(tree, colour, shader.location.x - 620, shader.location.y)
        tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
        tree.nodes.active = texture  # what Workbench shows
    return material


def _texture(tree: NodeTree, image: Image, x: float, y: float) -> bpy.types.Node:
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image, node.location = image, (x, y)
    return node


def _occlusion(tree: NodeTree, shader: bpy.types.Node, image: Image, packed: bool) -> None:
    texture = _texture(tree, image, shader.location.x - 620, shader.location.y - 280)
    parts = tree.nodes.new("ShaderNodeSeparateColor")
    parts.location = shader.location.x - 280, shader.location.y - 280
    tree.links.new(texture.outputs["Color"], parts.inputs["Color"])
    if packed:
        tree.links.new(parts.outputs["Green"], shader.inputs["Roughness"])
        tree.links.new(parts.outputs["Blue"], shader.inputs["Metallic"])
    group = tree.nodes.new("ShaderNodeGroup")
    group.node_tree = _gltf_group()
    group.location = shader.location.x, shader.location.y + 160
    tree.links.new(parts.outputs["Red"], group.inputs["Occlusion"])


def _gltf_group() -> NodeTree:
    """Blender's renderers don't use it: they see what is occluded by themselves."""
    group = bpy.data.node_groups.get(GLTF_OUTPUT)
    return group if group is not None else _new_gltf_group()


def _new_gltf_group() -> NodeTree:
    """Blender's own, where it lets us make it: an import of any glTF into this file stumbles over one with fewer inputs."""
    try:
        from io_scene_gltf2.blender.com.material_helpers import create_settings_group
    except ImportError:  # switched off, or an older Blender, where it has another place
        group = bpy.data.node_groups.new(GLTF_OUTPUT, "ShaderNodeTree")
        socket = group.interface.new_socket("Occlusion", in_out="INPUT", socket_type="NodeSocketFloat")
        socket.default_value = 1.0
        group.nodes.new("NodeGroupInput")
        return group
    return create_settings_group(GLTF_OUTPUT)
