"""Compare a retextured object's texture with the one before, or see what of it was guessed."""

from __future__ import annotations

from bpy.props import EnumProperty
from bpy.types import Context, Operator, OperatorProperties

from ..scene import worn
from ..scene.errors import ModelError
from ..scene.gather import target_of

_TIPS = {
    worn.NOW: "Show the new texture",
    worn.BEFORE: "Show the texture as it was before. Nothing is lost: one click brings the new one back",
    worn.GUESSED: "Show in white what no photo saw, and was therefore made up from its surroundings",
}


class MAQUETTE_OT_show_texture(Operator):
    """Which of its textures the object shows"""

    bl_idname = "maquette.show_texture"
    bl_label = "Show Texture"
    bl_options = {"UNDO"}

    which: EnumProperty(
        name="Texture",
        items=[
            (worn.NOW, "New", _TIPS[worn.NOW]),
            (worn.BEFORE, "Before", _TIPS[worn.BEFORE]),
            (worn.GUESSED, "Guessed", _TIPS[worn.GUESSED]),
        ],
    )

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        return _TIPS[properties.which]

    def execute(self, context: Context) -> set[str]:
        try:
            thing = target_of(context)[1]
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if worn.has(thing, self.which):
            worn.show(thing, self.which)
            return {"FINISHED"}
        self.report({"ERROR"}, f"{thing.name} has no such texture: retexture it first.")
        return {"CANCELLED"}
