"""Which part of the scene the next model is made of: a region box, a turntable's background, masks from a model."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, PointerProperty
from bpy.types import Context, Object, PropertyGroup

from ..engine.settings import MaskSettings, Turntable
from ..scene import region
from ..scene.wanted import DELETED, HIDDEN, SELECTED


# Not in the class: a property group with a method of its own crashes Blender 4.2 at exit.
def _show_box(own: PropertyGroup, context: Context) -> None:
    region.show_box(context, own.use_box)


class MAQUETTE_PG_region_masks(PropertyGroup):
    """Region and masks."""

    use_box: BoolProperty(
        name="Region Box",
        description="Build only what lies in the box, cut clean at its sides. Move, turn and scale it like any object",
        update=_show_box,
    )
    box: PointerProperty(name="Box", description="The box around what to keep", type=Object)
    turntable: EnumProperty(
        name="Turntable",
        description="The subject turned before a camera that stood still: the background, which would hold the cameras, is masked",
        items=[
            (Turntable.AUTO.value, "Automatic", "Only where the photos leave no doubt: a patterned background stands still"),
            (Turntable.ON.value, "Yes", "A subject on a turntable, a camera on a tripod; also before a plain backdrop"),
            (Turntable.OFF.value, "No", "The camera went around the subject"),
        ],
    )  # fmt: skip
    unwanted: EnumProperty(
        name="Unwanted",
        description="How you have marked on the model what is not wanted",
        items=[
            (DELETED, "Deleted", "What you have deleted from the model"),
            (SELECTED, "Selected", "The selected faces, and what is deleted"),
            (HIDDEN, "Hidden", "The hidden faces (a hidden face set, for example), and what is deleted"),
        ],
    )
    background: BoolProperty(
        name="Background Too",
        description="Also mask what is behind the model and was never built: the room, the sky",
        default=True,
    )
    grow: FloatProperty(
        name="Widen",
        description="How much wider than the model the masks are, in per cent of the photo's side. Negative: narrower",
        default=100 * MaskSettings().grow,
        min=-5.0,
        max=5.0,
        precision=1,
        subtype="PERCENTAGE",
    )
    overwrite: BoolProperty(
        name="Replace My Own",
        description="Make also those masks anew that you have painted or changed yourself",
    )


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_region_masks,))
