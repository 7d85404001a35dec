"""Put a region box around the subject: only what is inside is built."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..scene import region
from ..scene.errors import ModelError


class MAQUETTE_OT_fit_box(Operator):
    """Put a box around the subject: the next model is built only of what is inside. Move and scale the box as you like"""

    bl_idname = "maquette.fit_box"
    bl_label = "Fit Region Box"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not region.can_fit(context):
            cls.poll_message_set("Find the cameras first, or build a draft")
            return False
        return context.mode == "OBJECT"

    def execute(self, context: Context) -> set[str]:
        try:
            region.fit_box(context)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
