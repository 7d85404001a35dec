"""The photos of a finished model were moved: show where they are now, so that the mesh can be coloured from them."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator


class MAQUETTE_OT_find_retexture_photos(Operator):
    """The model's photos have moved: choose the folder where they lie now"""

    bl_idname = "maquette.find_retexture_photos"
    bl_label = "Find the Model's Photos"
    bl_options = {"UNDO", "INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        context.scene.maquette.retexture.photos = bpy.path.abspath(self.directory)
        messages = context.window_manager.maquette.messages
        for index in reversed(range(len(messages))):
            if messages[index].code == "photos_gone":
                messages.remove(index)
        return {"FINISHED"}
