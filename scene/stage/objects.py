"""Objects that an artist adds to a stage: a collection of their own below the stage's."""

from __future__ import annotations

import bpy
from bpy.types import Collection, Object

from .find import StageInScene

OBJECTS = "maquette_stage_objects"  # on the collection of what was added


def objects_of(stage: StageInScene) -> list[Object]:
    """What was added."""
    home = next((inner for inner in stage.collection.children if OBJECTS in inner), None)
    return list(home.all_objects) if home is not None else []


def home_of(stage: StageInScene) -> Collection:
    """Their collection, made where there is none."""
    home = next((inner for inner in stage.collection.children if OBJECTS in inner), None)
    if home is None:
        home = bpy.data.collections.new(f"{stage.name} Objects")
        home[OBJECTS] = True
        stage.collection.children.link(home)
    return home
