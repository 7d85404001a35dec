"""Stop the engine that runs."""

from __future__ import annotations

from bpy.types import Context, Operator

from .runner import is_busy


class MAQUETTE_OT_cancel(Operator):
    """Stop building. What is finished is kept, and the next run goes on from there"""

    bl_idname = "maquette.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return is_busy()

    def execute(self, context: Context) -> set[str]:
        context.window_manager.maquette.cancel = True  # the running operator sees it within a tick
        return {"FINISHED"}
