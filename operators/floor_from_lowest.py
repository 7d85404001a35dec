"""Stand the model on what it would rest on, without picking anything."""

from __future__ import annotations

from bpy.props import BoolProperty
from bpy.types import Context, Operator

from ..scene import ground
from ..scene.errors import ModelError
from ..scene.model import active_model, move


class MAQUETTE_OT_floor_from_lowest(Operator):
    """Stand the model on its lowest points, as it would rest on a table, at z = 0"""

    bl_idname = "maquette.floor_from_lowest"
    bl_label = "Floor from Lowest Points"
    bl_options = {"REGISTER", "UNDO"}

    centre: BoolProperty(name="Centre", description="Also put the model's middle above the world's origin")

    @classmethod
    def poll(cls, context: Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        try:
            model = active_model(context)
            change = ground.floor_from_lowest(model)
            move(model, ground.centred(model, change) if self.centre else change)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
