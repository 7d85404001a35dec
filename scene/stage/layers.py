"""The layers of a stage: sheets one behind the other with what was hidden painted in, shown in the relief's place."""

from __future__ import annotations

from collections.abc import Generator

import bpy
from bpy.types import Collection, Object

from ..draft import mark
from ..mesh import make_mesh
from ..model import ROLE
from .find import LAYER, PLACE, StageInScene
from .material import load_layer, make_shining
from .result import PreparedStage

LAYERS = "maquette_layers"  # on the collection that holds them


def make_layers(prepared: PreparedStage, *, packed: bool) -> Generator[None, None, list[Object]]:
    """Their objects, unlinked, the furthest first."""
    made = []
    for index, layer in enumerate(prepared.layers):
        name = f"{prepared.name} {index + 1} {layer.name.capitalize()}"
        mesh = yield from make_mesh(layer.arrays, name)
        image = load_layer(layer.picture, name, packed=packed)
        yield
        mesh.materials.append(make_shining(image, name, cut_out=True))
        thing = mark(bpy.data.objects.new(name, mesh))
        thing[ROLE], thing[PLACE] = LAYER, index
        made.append(thing)
        yield
    return made


def house_layers(collection: Collection, layers: list[Object]) -> None:
    """Into a collection of their own, out of sight until they are wanted."""
    if not layers:
        return
    home = home_of_layers(collection)
    if home is None:
        home = bpy.data.collections.new(f"{collection.name} Layers")
        home[LAYERS] = True
        home.hide_viewport = home.hide_render = True
        collection.children.link(home)
    for layer in layers:
        home.objects.link(layer)


def home_of_layers(collection: Collection) -> Collection | None:
    """The collection in a stage's that holds its layers."""
    return next((child for child in collection.children_recursive if LAYERS in child), None)


def show_layers(stage: StageInScene, shown: bool) -> None:
    """The layers instead of the relief, or the relief again; in renders too."""
    home = home_of_layers(stage.collection)
    if home is None:
        shown = False
    else:
        home.hide_viewport = home.hide_render = not shown
    stage.relief.hide_viewport = stage.relief.hide_render = shown


def are_layers_shown(stage: StageInScene) -> bool:
    home = home_of_layers(stage.collection)
    return home is not None and not home.hide_viewport
