"""Look through a photo's camera, with the render in the photo's size."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..scene.cameras import is_ours, match_render


class MAQUETTE_OT_look_through(Operator):
    """Look through the selected photo's camera; the render takes the photo's size, so that both coincide"""

    bl_idname = "maquette.look_through"
    bl_label = "Look Through Photo"
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not is_ours(context.object):
            cls.poll_message_set("Select one of the model's cameras")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        match_render(context.scene, context.object)
        if context.space_data is not None and context.space_data.type == "VIEW_3D":
            context.space_data.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}
