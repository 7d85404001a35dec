"""Look at a stage as its photo shows it; Back to My View takes it back."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..scene.errors import ModelError
from ..scene.stage.find import active_stage, has_stage
from ..scene.viewing import show_truly
from .framing import look_through_camera


class MAQUETTE_OT_match_stage(Operator):
    """Look through the photo's camera; renders take the photo's size and its unchanged colours (view transform Standard)"""

    bl_idname = "maquette.match_stage"
    bl_label = "Look Through Photo"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return has_stage(context)

    def execute(self, context: Context) -> set[str]:
        try:
            stage = active_stage(context)
            if stage.camera is None:
                raise ModelError("The stage's camera was deleted: build the stage again.")
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        show_truly(context.scene, stage.camera)
        look_through_camera(context)
        return {"FINISHED"}
