"""Choose the folder of photos."""

from __future__ import annotations

from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator


class MAQUETTE_OT_pick_folder(Operator):
    """Choose a folder of photos"""

    bl_idname = "maquette.pick_folder"
    bl_label = "Choose Folder"
    bl_options = {"UNDO", "INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        settings = context.scene.maquette
        settings.source, settings.folder = "FOLDER", self.directory
        return {"FINISHED"}
