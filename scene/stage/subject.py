"""A stage's subject in Blender: its mask as an image, a vertex group on what shows it, and a pass that the compositor gets.

The pass follows a moving camera: it is a shader output ("AOV") of the stage's materials, which read the mask through UVs that hold
each vertex's place in the photo. What lies hidden behind the subject is no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Context, Image, Material, NodeTree, Object, Scene

from ..errors import ModelError
from ..moving import world_of
from . import compositor
from .camera import photo_size
from .find import UNIT, StageInScene
from .material import PHOTO
from .outline import outline_of
from .rays import in_photo, matched

NAME = "Subject"  # of the vertex group, the pass, the nodes
UVS = "Photo"  # the UV map that says where in the photo a vertex is
SHOWN = "Shown in Photo"  # an attribute: 1 where a vertex is what the photo shows, 0 where something stands before it
CLICKS = "maquette_subject_clicks"  # on the collection, as JSON: [[x, y, whether it is part of it], …]
IMAGE = "maquette_subject_image"  # on the collection: the mask
GROUP = "Maquette Subject"  # the compositor's node group
SAME = 0.02  # of the photo's longer side: clicks as near as this mean the same place
BEHIND = 1.06  # times the depth that the photo has there: further back, a vertex is hidden
Clicks = list[tuple[float, float, bool]]


def clicks_of(stage: StageInScene) -> Clicks:
    """What was clicked so far, in pixels of the photo."""
    return [(float(x), float(y), bool(part)) for x, y, part in json.loads(stage.collection.get(CLICKS, "[]"))]


def with_click(stage: StageInScene, clicks: Clicks, x: float, y: float, part: bool) -> Clicks:
    """One more; an earlier one at the same place that said the opposite is taken back."""
    near = SAME * max(photo_size(stage))
    kept = [one for one in clicks if one[2] == part or np.hypot(one[0] - x, one[1] - y) > near]
    return [*kept, (x, y, part)]


def mask_of(stage: StageInScene) -> Image | None:
    """The mask, if there is one."""
    return stage.collection.get(IMAGE)


def take_mask_in_steps(context: Context, stage: StageInScene, file: Path, clicks: Clicks) -> Iterator[None]:
    """A mask of the photo's size becomes the stage's subject, in the place of an earlier one. Blender may draw at each step."""
    image = mask_of(stage)
    if image is None:
        image = bpy.data.images.load(str(file))
        image.name = f"{stage.name} Subject"
        stage.collection[IMAGE] = image
    else:
        if image.packed_file is not None:
            image.unpack(method="REMOVE")
        image.filepath = str(file)
        image.reload()
    yield
    image.colorspace_settings.name = "Non-Color"
    values = _values(image)
    yield
    image.pack()
    stage.collection[CLICKS] = json.dumps(clicks)
    for thing in stage.meshes:
        yield
        yield from _mark_in_steps(stage, thing, values)
        for slot in thing.material_slots:
            if slot.material is not None and slot.material.node_tree is not None:
                _give_pass(slot.material, image)
    yield
    _receive(context.scene)


def clear_subject(context: Context, stage: StageInScene) -> None:
    """Nothing of it stays."""
    scene = context.scene
    for thing in stage.meshes:
        group = thing.vertex_groups.get(NAME)
        if group is not None:
            thing.vertex_groups.remove(group)
        for held, name in ((thing.data.attributes, SHOWN), (thing.data.uv_layers, UVS)):
            if name in held:
                held.remove(held[name])
        for slot in thing.material_slots:
            if slot.material is not None and slot.material.node_tree is not None:
                _take_pass(slot.material)
    image = mask_of(stage)
    for key in (IMAGE, CLICKS):
        if key in stage.collection:
            del stage.collection[key]
    if image is not None and image.users == 0:
        bpy.data.images.remove(image)
    tree = compositor.has_tree(scene)
    node = compositor.ours(tree, NAME) if tree is not None else None
    if node is not None:
        group = node.node_tree
        tree.nodes.remove(node)
        if group.users == 0:
            bpy.data.node_groups.remove(group)
    for layer in scene.view_layers:
        aov = next((aov for aov in layer.aovs if aov.name == NAME), None)
        if aov is not None:
            layer.aovs.remove(aov)


def _values(image: Image) -> np.ndarray:
    """(H, W) of the mask, the lowest row first."""
    pixels = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
    if not len(pixels):
        raise ModelError("The mask can't be read: pick the subject again.")
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], image.channels)[..., 0].copy()


def _mark_in_steps(stage: StageInScene, thing: Object, values: np.ndarray) -> Iterator[None]:
    """UVs into the photo, what is shown in it, and the vertex group."""
    places, depth = in_photo(stage, thing)
    yield
    shown = depth <= BEHIND * _seen_depth(stage, places)
    yield
    mesh = thing.data
    loops = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", loops)
    layer = mesh.uv_layers.get(UVS) or mesh.uv_layers.new(name=UVS, do_init=False)
    layer.data.foreach_set("uv", places[loops].astype(np.float32).ravel())
    yield
    attribute = mesh.attributes.get(SHOWN) or mesh.attributes.new(SHOWN, "FLOAT", "POINT")
    attribute.data.foreach_set("value", shown.astype(np.float32))
    yield
    height, width = values.shape
    inside = (places >= 0).all(1) & (places < 1).all(1)
    at = (np.clip(places, 0, 1 - 1e-6) * [width, height]).astype(int)
    weights = np.where(inside & shown, values[at[:, 1], at[:, 0]], 0.0)
    group = thing.vertex_groups.get(NAME) or thing.vertex_groups.new(name=NAME)
    group.remove(range(len(mesh.vertices)))
    steps = np.round(weights * 16).astype(int)  # Blender takes one weight for many vertices at once
    for step in np.unique(steps[steps > 0]):
        group.add(np.flatnonzero(steps == step).tolist(), float(step) / 16, "REPLACE")
        yield
    mesh.update()


def _seen_depth(stage: StageInScene, places: np.ndarray) -> np.ndarray:
    """How far away, in Blender's units, what the photo shows at these places is."""
    inverse = outline_of(stage).mono.inverse_depth
    height, width = inverse.shape
    x = np.clip((places[:, 0] * width).astype(int), 0, width - 1)
    y = np.clip(((1 - places[:, 1]) * height).astype(int), 0, height - 1)
    size = stage.relief.data[UNIT] * world_of(matched(stage)).median_scale
    return size / np.maximum(inverse[y, x], 1e-9)


def _give_pass(material: Material, image: Image) -> None:
    """Nodes that read the mask and hand it to the pass."""
    nodes, link = material.node_tree.nodes, material.node_tree.links.new
    if NAME in nodes:
        return
    names = ("UVMap", "TexImage", "Attribute", "Math", "OutputAOV")
    uvs, mask, shown, times, out = (nodes.new(f"ShaderNode{name}") for name in names)
    for node, name in ((uvs, "UVs"), (mask, "Mask"), (shown, "Shown"), (times, "Both"), (out, "")):
        node.name = f"{NAME} {name}".strip()
    uvs.uv_map, shown.attribute_name = UVS, SHOWN
    mask.image, mask.extension = image, "CLIP"
    times.operation = "MULTIPLY"
    if hasattr(out, "aov_name"):
        out.aov_name = NAME
    else:
        out.name = NAME
    link(uvs.outputs["UV"], mask.inputs["Vector"])
    link(mask.outputs["Color"], times.inputs[0])
    link(shown.outputs["Fac"] if "Fac" in shown.outputs else shown.outputs["Factor"], times.inputs[1])
    link(times.outputs[0], out.inputs["Value"])
    left = nodes[PHOTO].location.x if PHOTO in nodes else -1000
    for index, node in enumerate((uvs, mask, times, out)):
        node.location = left + 300 * index, -500
    shown.location = left + 300, -800
    photo = nodes.get(PHOTO)
    if photo is not None:
        nodes.active = photo


def _take_pass(material: Material) -> None:
    for node in [node for node in material.node_tree.nodes if node.name == NAME or node.name.startswith(f"{NAME} ")]:
        material.node_tree.nodes.remove(node)


def _receive(scene: Scene) -> None:
    """The pass, and a node group in the compositor that cuts the subject out with it; the picture stays as it was."""
    layer = compositor.photo_layer(scene)
    for one in {layer, scene.view_layers[0]}:
        if NAME not in [aov.name for aov in one.aovs]:
            aov = one.aovs.add()
            aov.name, aov.type = NAME, "VALUE"
        one.update()
    tree = compositor.tree_of(scene)
    node = compositor.ours(tree, NAME)
    if node is None:
        node = tree.nodes.new("CompositorNodeGroup")
        node.name = node.label = compositor.PREFIX + NAME
        node.node_tree = _cutter()
    source = compositor.layer_node(tree, scene, layer.name)
    node.location = source.location.x + 320, source.location.y - 260
    tree.links.new(source.outputs["Image"], node.inputs["Image"])
    if NAME in source.outputs:
        tree.links.new(source.outputs[NAME], node.inputs["Mask"])


def _cutter() -> NodeTree:
    """Image and mask in; the subject on transparency, all else on transparency, and the mask out."""
    group = bpy.data.node_groups.new(GROUP, "CompositorNodeTree")
    face = group.interface
    face.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
    face.new_socket("Mask", in_out="INPUT", socket_type="NodeSocketFloat")
    for name in (NAME, "Rest"):
        face.new_socket(name, in_out="OUTPUT", socket_type="NodeSocketColor")
    face.new_socket("Mask", in_out="OUTPUT", socket_type="NodeSocketFloat")
    nodes, link = group.nodes, group.links.new
    start, end = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
    inverse = nodes.new("ShaderNodeMath" if compositor.NEW else "CompositorNodeMath")
    inverse.operation = "SUBTRACT"
    inverse.inputs[0].default_value = 1.0
    link(start.outputs["Mask"], inverse.inputs[1])
    for index, (name, mask) in enumerate(((NAME, start.outputs["Mask"]), ("Rest", inverse.outputs[0]))):
        cut = nodes.new("CompositorNodeSetAlpha")
        cut.location = 420, 160 - 220 * index
        link(start.outputs["Image"], cut.inputs["Image"])
        link(mask, cut.inputs["Alpha"])
        link(cut.outputs[0], end.inputs[name])
    link(start.outputs["Mask"], end.inputs["Mask"])
    inverse.location, end.location = (200, -80), (680, 0)
    return group
