"""Colour the model's faces by what is known about them, or show the artist's own material again."""

from __future__ import annotations

from bpy.props import EnumProperty
from bpy.types import Context, Operator, OperatorProperties

from ..scene import overlay
from ..scene.model import ModelError, active_model

PHOTO = "PHOTO"
KINDS = (
    (PHOTO, "Photo Texture", "The model's own material"),
    ("COVERAGE", "Coverage", "How many photos saw each face: red is too few, blue is plenty"),
    ("ANGLE", "Angle", "From how wide an angle the photos saw each face: red is too narrow to measure depth"),
    ("FILLED", "Measured / Filled", "What photos measured, and what was closed by a guess"),
)


class MAQUETTE_OT_show_overlay(Operator):
    """Colour the model's faces by what is known about them; your material and your renders stay as they are"""

    bl_idname = "maquette.show_overlay"
    bl_label = "Show on the Model"
    bl_options = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Show", items=KINDS)

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        return next(words for name, _, words in KINDS if name == properties.kind)

    def execute(self, context: Context) -> set[str]:
        try:
            overlay.show(active_model(context).mesh, None if self.kind == PHOTO else self.kind)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
