"""Choose several photos."""

from __future__ import annotations

from pathlib import Path

from bpy.props import BoolProperty, CollectionProperty, StringProperty
from bpy.types import Context, Event, Operator, OperatorFileListElement


class MAQUETTE_OT_pick_files(Operator):
    """Choose photos: hold Shift or Ctrl to select several"""

    bl_idname = "maquette.pick_files"
    bl_label = "Choose Photos"
    bl_options = {"UNDO", "INTERNAL"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: CollectionProperty(type=OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        names = [item.name for item in self.files if item.name]
        if not names:
            self.report({"WARNING"}, "No photos were selected. Hold Shift or Ctrl to select several.")
            return {"CANCELLED"}
        settings = context.scene.maquette
        settings.source = "FILES"
        settings.files.clear()
        for name in names:
            settings.files.add().path = str(Path(self.directory) / name)
        return {"FINISHED"}
