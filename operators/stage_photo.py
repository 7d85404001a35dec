"""The photo of a stage: chosen, or dropped into the 3D view, which starts at once."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty
from bpy.types import Context, Event, FileHandler, Operator, OperatorFileListElement

from .framing import show_sidebar
from .runner import is_busy

_PRIVATE = {"HIDDEN", "SKIP_SAVE"}


class MAQUETTE_OT_stage_photo(Operator):
    """Choose the one photo that becomes a stage. You can also drop it into the 3D view"""

    bl_idname = "maquette.stage_photo"
    bl_label = "Stage from This Photo"  # stands in the menu that dropping a picture brings
    bl_options = {"UNDO"}

    directory: StringProperty(subtype="DIR_PATH", options=_PRIVATE)
    files: CollectionProperty(type=OperatorFileListElement, options=_PRIVATE)
    filepath: StringProperty(subtype="FILE_PATH", options=_PRIVATE)
    filter_folder: BoolProperty(default=True, options=_PRIVATE)
    filter_image: BoolProperty(default=True, options=_PRIVATE)

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work already")
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        if any(item.name for item in self.files):  # dropped
            show_sidebar(context)
            done = self.execute(context)
            if "FINISHED" in done:
                bpy.ops.maquette.build_stage("INVOKE_DEFAULT")
            return done
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        folder = Path(bpy.path.abspath(self.directory))
        chosen = [folder / item.name for item in self.files if item.name]
        if not chosen and self.filepath:
            chosen = [Path(bpy.path.abspath(self.filepath))]
        if len(chosen) != 1:
            said = "A stage is made of one photo: choose a single one." if chosen else "No photo was selected."
            self.report({"WARNING"}, said)
            return {"CANCELLED"}
        context.scene.maquette.stage.photo = str(chosen[0])
        return {"FINISHED"}


class MAQUETTE_OT_clear_stage_photo(Operator):
    """Another photo, or none: what stands in the scene stays"""

    bl_idname = "maquette.clear_stage_photo"
    bl_label = "Without This Photo"
    bl_options = {"UNDO"}

    def execute(self, context: Context) -> set[str]:
        context.scene.maquette.stage.photo = ""
        return {"FINISHED"}


class MAQUETTE_FH_stage(FileHandler):
    """One photo dropped into the 3D view"""

    bl_idname = "MAQUETTE_FH_stage"
    bl_label = "One Photo for a Maquette Stage"
    bl_import_operator = "maquette.stage_photo"
    bl_file_extensions = ".jpg;.jpeg;.jpe;.jfif;.png;.tif;.tiff;.webp;.heic;.heif"

    @classmethod
    def poll_drop(cls, context: Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"
