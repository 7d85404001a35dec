"""Another place for the results: where there is space, and where one may write."""

from __future__ import annotations

from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator


class MAQUETTE_OT_choose_output(Operator):
    """Choose the folder for the next results: on a disk with space, where you may write"""

    bl_idname = "maquette.choose_output"
    bl_label = "Choose Output Folder"
    bl_options = {"UNDO"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        context.scene.maquette.output = self.directory
        return {"FINISHED"}
