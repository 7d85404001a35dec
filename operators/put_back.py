"""An object that was moved away from its cameras goes back to where the photos show it."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..scene.errors import ModelError
from ..scene.gather import put_back, target_of


class MAQUETTE_OT_put_back(Operator):
    """Move the object back onto the model that it was copied from, where the photos show it"""

    bl_idname = "maquette.put_back"
    bl_label = "Put Back onto the Model"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        try:
            put_back(*target_of(context))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
