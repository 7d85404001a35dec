"""The artist's side: the scan goes out as a copy, the asset comes back into a collection of its own beside it, in place of the last one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Collection, Context, Object

from ..model import ASSET_OF, Model
from . import shelf
from .settings import AssetSettings

FACTS = "maquette_asset_facts"  # on the asset's collection: sentences, as JSON
FOLDER = "maquette_asset_folder"


def write_copy(scan: Object, path: Path) -> None:
    """The scan alone, with its material and pictures, as it is now."""
    scan.update_from_editmode()
    bpy.data.libraries.write(str(path), {scan}, path_remap="ABSOLUTE", compress=False)


def asset_of(model: Model) -> Collection | None:
    """The asset that was made of a model."""
    return next((one for one in bpy.data.collections if one.get(ASSET_OF) == model.collection), None)


def bring_in(
    context: Context, model: Model, files: Mapping[str, str], summary: Mapping[str, Any], settings: AssetSettings
) -> list[str]:
    """The asset into the scene; the earlier one goes. Gives sentences about what could not be done."""
    _remove(asset_of(model))
    with bpy.data.libraries.load(files["made"], link=False) as (there, wanted):
        wanted.collections = list(there.collections)[:1]
    collection = wanted.collections[0]
    collection.name = f"{model.collection.name} Asset"
    collection[ASSET_OF], collection[FOLDER] = model.collection, files["folder"]
    collection[FACTS] = json.dumps(summary["facts"])
    _parent_of(context, model.collection).children.link(collection)
    context.view_layer.update()
    first = _first(collection, summary["levels"][0])
    for thing in collection.objects:
        extra = thing != first and thing.type == "MESH"
        if extra:  # they lie in one another
            thing.hide_render = True
            thing.hide_set(True, view_layer=context.view_layer)
    said = []
    if settings.shelf:
        picture = Path(files["picture"])
        sentence = shelf.put_on_shelf(first, picture, settings.catalogue, settings.tags, "Made of photos with Maquette")
        said = [sentence] if sentence else []
    show(context, model, asset=True)
    _select(context, first)
    return said


def _first(collection: Collection, name: str) -> Object:
    """The level that is shown. Without an engine's prefix its name may be the scan's own, which keeps it."""
    if name in collection.objects:
        return collection.objects[name]
    first = next((thing for thing in collection.objects if thing.name.startswith(f"{name}.")), collection.objects[0])
    first.name = first.data.name = f"{name} Asset"
    return first


def show(context: Context, model: Model, *, asset: bool) -> None:
    """The asset or the scan: they lie in one place."""
    collection = asset_of(model)
    model.mesh.hide_set(asset, view_layer=context.view_layer)
    model.mesh.hide_render = asset
    if collection is not None:
        layer = _layer(context.view_layer.layer_collection, collection)
        if layer is not None:
            layer.hide_viewport = not asset
        collection.hide_render = not asset


def is_shown(model: Model) -> bool:
    """Whether the asset is seen, and not the scan."""
    collection = asset_of(model)
    return collection is not None and not collection.hide_render


def facts_of(collection: Collection) -> list[str]:
    """What the asset is, in words."""
    try:
        return [str(line) for line in json.loads(collection.get(FACTS, "[]"))]
    except ValueError:
        return []


def _remove(collection: Collection | None) -> None:
    """The earlier asset with its meshes, materials and pictures, where nobody else uses them."""
    if collection is None:
        return
    things = list(collection.objects)
    meshes = {thing.data for thing in things if thing.type == "MESH"}
    materials = {one for mesh in meshes for one in mesh.materials if one}
    images = {
        node.image for one in materials for node in one.node_tree.nodes if node.type == "TEX_IMAGE" and node.image
    }
    for thing in things:
        bpy.data.objects.remove(thing)
    for block, kind in ((meshes, bpy.data.meshes), (materials, bpy.data.materials), (images, bpy.data.images)):
        for one in block:
            if one.users == 0 or (one.users == 1 and one.use_fake_user):
                kind.remove(one)
    bpy.data.collections.remove(collection)


def _parent_of(context: Context, collection: Collection) -> Collection:
    """The collection in which this one hangs."""
    whole = context.scene.collection
    above = [one for one in (whole, *whole.children_recursive) if collection.name in one.children]
    return next((one for one in above if one.children[collection.name] == collection), whole)


def _layer(layer: bpy.types.LayerCollection, collection: Collection) -> bpy.types.LayerCollection | None:
    if layer.collection == collection:
        return layer
    return next((found for child in layer.children if (found := _layer(child, collection))), None)


def _select(context: Context, thing: Object) -> None:
    for other in context.view_layer.objects:
        other.select_set(False)
    thing.select_set(True)
    context.view_layer.objects.active = thing
