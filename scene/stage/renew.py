"""A stage that is in the scene already, after another run: new shapes and pictures; materials, modifiers and what hangs on it stay."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
from bpy.types import Collection, Image, Material, Object
from mathutils import Matrix

from .camera import distance_of, fit_camera, set_distance, set_focal
from .find import FIRST_FOCAL, FOCAL, PLACE, SKY, UNIT, StageInScene, stages_in
from .layers import are_layers_shown, house_layers, show_layers
from .layers_for_light import follow_relief
from .material import PHOTO
from .result import PreparedStage

SAME = 1e-6  # of two lenses


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What was made, not linked yet."""

    photo: Image
    relief: Object
    sky: Object | None
    layers: list[Object]
    camera: Object


def renew(stage: StageInScene, prepared: PreparedStage, parts: Parts) -> Collection:
    """What the new run has no use for goes."""
    shown, old_photo, was = are_layers_shown(stage), stage.photo, stage.relief.data
    said = {name: was.get(name, 1.0) for name in (FOCAL, FIRST_FOCAL, UNIT)}
    _take_over(stage.relief, parts.relief)
    old = {layer[PLACE]: layer for layer in stage.layers} | ({SKY: stage.sky} if stage.sky else {})
    new = {layer[PLACE]: layer for layer in parts.layers} | ({SKY: parts.sky} if parts.sky else {})
    for place in old.keys() & new.keys():
        old[place].name = new[place].name
        _take_over(old[place], new.pop(place))
        _settle(old.pop(place))
    gone = [thing.data for thing in old.values()]
    bpy.data.batch_remove([*old.values(), *(data for data in gone if data.users == 1)])
    for thing in new.values():
        thing.parent = stage.relief
    if SKY in new:
        stage.collection.objects.link(new.pop(SKY))
    house_layers(stage.collection, list(new.values()))
    _take_camera(stage, prepared, parts)
    if old_photo is not None and old_photo.users == 0:
        bpy.data.images.remove(old_photo)
    show_layers(replace(stage, layers=()), shown and bool(prepared.layers))
    again = next(one for one in stages_in(bpy.context.scene) if one.collection == stage.collection)
    follow_relief(again)
    if abs(again.relief.data[FIRST_FOCAL] / said[FIRST_FOCAL] - 1) < SAME:  # the artist's drags since then count still
        set_focal(again, said[FOCAL])
        set_distance(again, distance_of(again) * said[UNIT])
    return stage.collection


def _take_over(old: Object, new: Object) -> None:
    """The new mesh into the object that is there. The artist's materials stay, and show the new picture where they showed the old."""
    before, mesh, own = old.data, new.data, new.data.materials[0]
    kept = [material for material in before.materials if material is not None]
    if kept:
        was, now = _picture_in(kept[0]), _picture_in(own)
        mesh.materials.clear()
        for material in kept:
            mesh.materials.append(material)
            _exchange(material, was, now)
        bpy.data.materials.remove(own)
        if was is not None and was.users == 0:
            bpy.data.images.remove(was)
    old.data = mesh
    bpy.data.objects.remove(new)
    if before.users == 0:
        bpy.data.meshes.remove(before)


def _picture_in(material: Material) -> Image | None:
    node = material.node_tree.nodes.get(PHOTO) if material.node_tree else None
    return node.image if node is not None else None


def _exchange(material: Material, was: Image | None, now: Image | None) -> None:
    for node in material.node_tree.nodes if material.node_tree and was is not None else ():
        if node.type == "TEX_IMAGE" and node.image == was:
            node.image = now


def _settle(thing: Object) -> None:
    """Onto the relief's own place, which the artist may have applied."""
    thing.matrix_parent_inverse = thing.matrix_basis = Matrix()


def _take_camera(stage: StageInScene, prepared: PreparedStage, parts: Parts) -> None:
    old, new = stage.camera, parts.camera
    if old is None:
        new.parent = stage.relief
        stage.collection.objects.link(new)
        return
    old.matrix_parent_inverse = Matrix()
    fit_camera(old, prepared)
    for background in old.data.background_images:
        background.image = parts.photo
    data = new.data
    bpy.data.objects.remove(new)
    bpy.data.cameras.remove(data)
