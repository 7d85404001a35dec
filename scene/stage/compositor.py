"""The compositor in Blender 4.2 to 5.x: one place that knows how they differ.

Until 4.5 a scene has a node tree that ends in a Composite node; from 5.0 on it points to a node group that ends in a group output.
"""

from __future__ import annotations

import bpy
from bpy.types import Node, NodeSocket, NodeTree, Scene, ViewLayer

PREFIX = "Maquette "  # of the names of nodes that we made: they are replaced, all others are the artist's
PHOTO_LAYER = "Photo"
NEW = bpy.app.version >= (5, 0)


def tree_of(scene: Scene) -> NodeTree:
    """The scene's compositor, switched on; a new one shows what was rendered."""
    scene.render.use_compositing = True
    if NEW:
        tree = scene.compositing_node_group
        if tree is None:
            tree = bpy.data.node_groups.new(f"{scene.name} Compositing", "CompositorNodeTree")
            tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
            scene.compositing_node_group = tree
    else:
        scene.use_nodes = True
        tree = scene.node_tree
    end = end_of(tree)
    if not end.is_linked:
        tree.links.new(layer_node(tree, scene, photo_layer(scene).name).outputs["Image"], end)
    return tree


def has_tree(scene: Scene) -> NodeTree | None:
    """The scene's compositor if it is on; nothing is made."""
    return scene.compositing_node_group if NEW else (scene.node_tree if scene.use_nodes else None)


def photo_layer(scene: Scene) -> ViewLayer:
    """The view layer that the photo is rendered in: the first, or one of its own beside what was added."""
    return scene.view_layers.get(PHOTO_LAYER) or scene.view_layers[0]


def end_of(tree: NodeTree) -> NodeSocket:
    """Where the finished picture goes."""
    kind = "GROUP_OUTPUT" if NEW else "COMPOSITE"
    node = next((node for node in tree.nodes if node.type == kind), None)
    if node is None:
        node = tree.nodes.new("NodeGroupOutput" if NEW else "CompositorNodeComposite")
        node.location = 900, 0
    if NEW and not len(node.inputs[:-1]):  # the last one is Blender's empty socket
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    return node.inputs[0]


def layer_node(tree: NodeTree, scene: Scene, view_layer: str) -> Node:
    """The node that gives what a view layer rendered."""
    for node in tree.nodes:
        if node.type == "R_LAYERS" and node.scene == scene and node.layer == view_layer:
            return node
    node = tree.nodes.new("CompositorNodeRLayers")
    node.scene, node.layer = scene, view_layer
    node.location = 0, -420 * sum(other.type == "R_LAYERS" for other in tree.nodes[:-1])
    return node


def alpha_over(tree: NodeTree, name: str, below: NodeSocket, above: NodeSocket) -> Node:
    """One picture over another."""
    node = tree.nodes.new("CompositorNodeAlphaOver")
    node.name = node.label = PREFIX + name
    under, over = [socket for socket in node.inputs if socket.type == "RGBA"][:2]
    tree.links.new(below, under)
    tree.links.new(above, over)
    return node


def insert_last(tree: NodeTree, node: Node, source: NodeSocket, outcome: NodeSocket) -> None:
    """A node between what the end was linked to and the end."""
    end = end_of(tree)
    if end.is_linked:
        tree.links.new(end.links[0].from_socket, source)
    tree.links.new(outcome, end)
    node.location = end.node.location.x - 240, end.node.location.y


def ours(tree: NodeTree, name: str) -> Node | None:
    """A node of ours by its name."""
    return tree.nodes.get(PREFIX + name)


def remove(tree: NodeTree, name: str, through: int = 0) -> None:
    """Takes a node of ours away; what went into its input number `through` goes on to where it led."""
    node = ours(tree, name)
    if node is None:
        return
    pictures = [socket for socket in node.inputs if socket.type == "RGBA"]
    source = pictures[through].links[0].from_socket if len(pictures) > through and pictures[through].is_linked else None
    for link in list(node.outputs[0].links):
        if source is not None:
            tree.links.new(source, link.to_socket)
    tree.nodes.remove(node)
