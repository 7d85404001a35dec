"""Two view layers instead of one: the photo as it is, and over it what was added with the shadows it throws.

The artist's own view layer stays to work in, with everything in it, and is no longer rendered.
"""

from __future__ import annotations

import bpy
from bpy.types import Collection, LayerCollection, Scene
from mathutils import Matrix

from ..model import ROLE
from . import compositor
from .find import STAGE, StageInScene
from .objects import OBJECTS

OVER = "Objects over Photo"  # the compositor's node
OBJECT_LAYER = "Objects"
CATCHER = "shadow_catcher"  # of ROLE: the relief's twin
CATCHERS = "maquette_catchers"  # on the collection of what catches shadows
LIGHTS = "maquette_lights"  # on the collection of the sun, which shines in both
WAS = "maquette_film_transparent"  # on the scene: as it was before


def catchers_of(stage: StageInScene) -> Collection | None:
    """What catches the shadows of what was added."""
    return next((inner for inner in stage.collection.children if CATCHERS in inner), None)


def follow_relief(stage: StageInScene) -> None:
    """The twin that catches shadows gets the relief's shape as it is now."""
    for twin in stage.collection.all_objects[:]:  # a copy: changing its data renews the list below our feet
        if twin.get(ROLE) == CATCHER and twin.data != stage.relief.data:
            before = twin.data
            twin.data = stage.relief.data
            if before.users == 0:
                bpy.data.meshes.remove(before)
        if twin.get(ROLE) == CATCHER:
            twin.matrix_parent_inverse = twin.matrix_basis = Matrix()


def is_split(scene: Scene) -> bool:
    """Whether photo and objects are rendered apart."""
    return OBJECT_LAYER in scene.view_layers and compositor.PHOTO_LAYER in scene.view_layers


def split(scene: Scene, stage: StageInScene, catchers: Collection) -> None:
    """Makes the two view layers and lays one over the other."""
    work = scene.view_layers[0]
    before = compositor.photo_layer(scene).name
    photo, objects = (
        scene.view_layers.get(name) or scene.view_layers.new(name) for name in (compositor.PHOTO_LAYER, OBJECT_LAYER)
    )
    work.use = False
    for aov in work.aovs:
        if aov.name not in photo.aovs:
            made = photo.aovs.add()
            made.name, made.type = aov.name, aov.type
    for inner in _below(work.layer_collection):
        if CATCHERS in inner.collection:
            inner.exclude = True
    _show(photo.layer_collection, lambda held, inside: inside and OBJECTS not in held and CATCHERS not in held)
    _show(
        objects.layer_collection,
        lambda held, inside: not inside or any(name in held for name in (OBJECTS, CATCHERS, LIGHTS)),
    )
    if WAS not in scene:
        scene[WAS] = scene.render.film_transparent
    scene.render.film_transparent = True
    tree = compositor.tree_of(scene)
    for node in tree.nodes:
        if node.type == "R_LAYERS" and node.scene == scene and node.layer == before:
            node.layer = photo.name
    if compositor.ours(tree, OVER) is None:
        end = compositor.end_of(tree)
        below, above = end.links[0].from_socket, compositor.layer_node(tree, scene, OBJECT_LAYER).outputs["Image"]
        node = compositor.alpha_over(tree, OVER, below, above)
        tree.links.new(node.outputs[0], end)
        node.location = end.node.location.x - 240, end.node.location.y


def unsplit(scene: Scene) -> None:
    """One view layer renders all again."""
    tree = compositor.has_tree(scene)
    if tree is not None:
        compositor.remove(tree, OVER)
        for node in [node for node in tree.nodes if node.type == "R_LAYERS" and node.scene == scene]:
            if node.layer == OBJECT_LAYER:
                tree.nodes.remove(node)
            elif node.layer == compositor.PHOTO_LAYER:
                node.layer = scene.view_layers[0].name
    for name in (compositor.PHOTO_LAYER, OBJECT_LAYER):
        if name in scene.view_layers and len(scene.view_layers) > 1:
            scene.view_layers.remove(scene.view_layers[name])
    scene.view_layers[0].use = True
    if WAS in scene:
        scene.render.film_transparent = scene[WAS]
        del scene[WAS]


def _show(top: LayerCollection, wanted, inside: bool = False) -> None:
    """Excludes what is not wanted, from the outside in: excluding a collection takes those in it along."""
    for child in top.children:
        within = inside or STAGE in child.collection
        child.exclude = not wanted(child.collection, within)
        _show(child, wanted, within)


def _below(top: LayerCollection) -> list[LayerCollection]:
    return [found for child in top.children for found in (child, *_below(child))]
