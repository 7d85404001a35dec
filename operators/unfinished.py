"""Go on with a model whose run was stopped: by the artist, by a crash, or by closing Blender."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..scene import unfinished
from .model_operator import ModelOperator
from .request import Request, all_there


class MAQUETTE_OT_resume(ModelOperator, Operator):
    """Go on where the last run stopped, with the settings that it had. What is finished is not made again"""

    bl_idname = "maquette.resume"
    bl_label = "Resume"

    @classmethod
    def is_ready(cls, context: Context) -> bool:
        if not context.scene.maquette.unfinished.folder:
            cls.poll_message_set("There is no unfinished model")
            return False
        return True

    def request(self, context: Context) -> Request:
        found = Request(**vars(unfinished.recall(context.scene)))
        all_there(context, found.photos)
        return found


class MAQUETTE_OT_forget(Operator):
    """Don't ask about the unfinished model any more. Its files stay where they are"""

    bl_idname = "maquette.forget"
    bl_label = "Forget"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return bool(context.scene.maquette.unfinished.folder)

    def execute(self, context: Context) -> set[str]:
        unfinished.forget(context.scene)
        return {"FINISHED"}
