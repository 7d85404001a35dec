"""Take the ghost cameras away when the photos are taken."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..scene import ghosts
from ..scene.model import ModelError, active_model


class MAQUETTE_OT_clear_ghosts(Operator):
    """Take the ghost cameras away"""

    bl_idname = "maquette.clear_ghosts"
    bl_label = "Remove Ghost Cameras"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        try:
            ghosts.clear_ghosts(active_model(context))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
