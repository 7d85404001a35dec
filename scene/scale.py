"""The model's size: what is known about it, how it is written, and how a known length sets it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import bpy
from bpy.types import Collection, Scene
from mathutils import Matrix, Vector

from .errors import ModelError
from .ground import floor_at
from .model import Model, models_in, move, solved_from_world

SOURCE = "maquette_size_from"  # on the model's collection: what its size was taken from; absent while that is unknown
REFERENCES = {  # millimetres
    "CARD": (85.60, 53.98),
    "A4": (297.0, 210.0),
    "LETTER": (279.4, 215.9),
}
_METRES = {
    "mm": 0.001, "cm": 0.01, "dm": 0.1, "m": 1.0, "km": 1000.0, "um": 1e-6, "µm": 1e-6,
    "in": 0.0254, '"': 0.0254, "ft": 0.3048, "'": 0.3048, "yd": 0.9144, "mi": 1609.344, "thou": 2.54e-5,
}  # fmt: skip
_UNIT_OF = {
    "KILOMETERS": "km", "METERS": "m", "CENTIMETERS": "cm", "MILLIMETERS": "mm", "MICROMETERS": "um",
    "MILES": "mi", "FEET": "ft", "INCHES": "in", "THOU": "thou",
}  # fmt: skip
_PART = re.compile(r"\s*(\d+(?:[.,]\d*)?|[.,]\d+)(?:\s*/\s*(\d+))?\s*([a-zµ]+|['\"])?")


def source_of(model: Model) -> str:
    """What the model's size was taken from, in words; empty while it is unknown."""
    return str(model.collection.get(SOURCE, ""))


def adopt(scene: Scene, collection: Collection, report: Mapping[str, Any]) -> None:
    """Takes over what a run's report.json says about its size: it is in metres, the scene may count in other units."""
    scale = report.get("scale")
    if not isinstance(scale, Mapping) or not scale.get("source"):
        return
    collection[SOURCE] = str(scale["source"])
    factor = to_scene_units(scene, float(scale.get("metres_per_unit", 1.0)))
    if abs(factor - 1) > 1e-6:
        model = next(model for model in models_in(scene) if model.collection == collection)
        scale_by(model, factor, str(scale["source"]))


def to_scene_units(scene: Scene, metres: float) -> float:
    """A length as Blender's numbers have it in this scene."""
    return metres / scene.unit_settings.scale_length


def metres_of(scene: Scene, length: float) -> float:
    """The opposite."""
    return length * scene.unit_settings.scale_length


def set_length(model: Model, a: Vector, b: Vector, length: float, source: str) -> float:
    """Scales the model so that two places on it are `length` scene units apart; gives the factor."""
    now = (b - a).length
    if now <= 1e-9 * max(model.mesh.dimensions.length, 1e-9):
        raise ModelError("The two points lie on one another: pick them further apart.")
    if length <= 0:
        raise ModelError("The distance must be more than nothing.")
    scale_by(model, length / now, source)
    return length / now


def scale_by(model: Model, factor: float, source: str) -> None:
    """Scales the model about its origin and notes what its size comes from now."""
    if not (math.isfinite(factor) and factor > 0):
        raise ModelError("No size can be taken from that.")
    pivot = model.mesh.matrix_world.translation.copy()
    move(model, Matrix.Translation(pivot) @ Matrix.Scale(factor, 4) @ Matrix.Translation(-pivot))
    model.collection[SOURCE] = source


def take_markers(scene: Scene, model: Model, facts: Mapping[str, Any], *, on_floor: bool) -> float:
    """Scales the model, wherever the artist has it, to what markers say about its run; gives the factor.

    With `on_floor` the plane that they lie in becomes the ground as well.
    """
    here = solved_from_world(model).median_scale
    factor = to_scene_units(scene, here * float(facts["metres_per_unit"]))
    scale_by(model, factor, str(facts["source"]))
    if on_floor:
        if not facts["floor"]["flat"]:
            raise ModelError("The markers don't lie in one plane: lay the model on the floor by hand.")
        world = solved_from_world(model).inverted()
        up = (world.to_3x3() @ Vector(facts["floor"]["normal"])).normalized()
        move(model, floor_at(world @ Vector(facts["floor"]["point"]), up))
    return factor


def length_of(scene: Scene, text: str) -> float | None:
    """A typed length in scene units: 12, 12,5 cm, 5in, 1' 3"; None where it makes none (yet)."""
    units = scene.unit_settings
    usual = "ft" if units.system == "IMPERIAL" else "m"
    usual = _UNIT_OF.get(units.length_unit, usual) if units.system != "NONE" else ""
    total, place, text = 0.0, 0, text.strip().lower()
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or (part[2] is not None and int(part[2]) == 0):
            return None
        unit = part[3] or usual
        if unit and unit not in _METRES:
            return None
        number = float(part[1].replace(",", ".")) / int(part[2] or 1)
        total += to_scene_units(scene, number * _METRES[unit]) if unit else number
        place = part.end()
    return total if math.isfinite(total) and total > 0 else None


def text_of(scene: Scene, length: float) -> str:
    """A length of the scene as Blender would write it."""
    units = scene.unit_settings
    if units.system == "NONE":
        return f"{length:.4g}"
    return bpy.utils.units.to_string(units.system, "LENGTH", length * units.scale_length, precision=4)


def size_text(scene: Scene, model: Model) -> str:
    """Width × depth × height; without a unit while that would be made up."""
    if not source_of(model):
        return " × ".join(f"{side:.3g}" for side in model.mesh.dimensions) + " units"
    return " × ".join(text_of(scene, side) for side in model.mesh.dimensions)
