"""How photos and model are compared; kept on the scene as `scene.maquette.trust`."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty, IntProperty
from bpy.types import Context, PropertyGroup

from ..scene import viewing


# Not in the class: a property group with a method of its own crashes Blender 4.2 at exit.
def _show_row(trust: PropertyGroup, context: Context) -> None:
    viewing.look_through_row(context, trust.row)


class MAQUETTE_PG_trust(PropertyGroup):
    """What the Cameras panel holds."""

    row: IntProperty(
        name="Camera",
        description="Click to look through this photo's camera",
        min=0,
        options={"HIDDEN"},
        update=_show_row,
    )
    worst_first: BoolProperty(name="Worst First", description="Sort the cameras by how badly they fit")
    wipe: FloatProperty(
        name="Photo",
        description="How much of the frame shows the photo instead of the model, from the left",
        min=0.0,
        max=1.0,
        default=0.0,
        subtype="FACTOR",
    )
    show_masks: BoolProperty(
        name="Masks",
        description="Veil in red what the photo's mask leaves out, while you look through its camera",
        default=True,
    )


_register_classes, _unregister_classes = bpy.utils.register_classes_factory((MAQUETTE_PG_trust,))


def register() -> None:
    _register_classes()


def unregister() -> None:
    _unregister_classes()
