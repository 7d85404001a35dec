"""Photos into the list: dropped into the 3D view, chosen one by one or by the folder, or pasted as paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty
from bpy.types import Context, Event, FileHandler, Operator, OperatorFileListElement

from ..engine.errors import EngineError
from ..scene import photos
from .framing import show_sidebar
from .pasted import paths_in
from .picks_folder import PicksFolder

_PRIVATE = {"HIDDEN", "SKIP_SAVE"}


class _Adds:
    """Mixed into an operator that names paths: they go into the list."""

    bl_options = {"UNDO"}

    def add(self, context: Context, paths: Sequence[Path]) -> set[str]:
        """Says what came of it."""
        try:
            new = photos.add(context.scene, paths)
        except EngineError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not new:
            self.report({"WARNING"}, "No new photos there" if photos.ticked(context.scene) else "No photos there")
            return {"CANCELLED"}
        self.report({"INFO"}, f"{new} photo{'s' if new > 1 else ''} added")
        return {"FINISHED"}


class MAQUETTE_OT_add_photos(_Adds, Operator):
    """Choose photos of your subject: hold Shift or Ctrl to select several. You can also drop them into the 3D view"""

    bl_idname = "maquette.add_photos"
    bl_label = "Add Photos to Maquette"  # dropping pictures brings a menu, where this stands beside Blender's own words

    directory: StringProperty(subtype="DIR_PATH", options=_PRIVATE)
    files: CollectionProperty(type=OperatorFileListElement, options=_PRIVATE)
    filter_folder: BoolProperty(default=True, options=_PRIVATE)
    filter_image: BoolProperty(default=True, options=_PRIVATE)

    def invoke(self, context: Context, event: Event) -> set[str]:
        if any(item.name for item in self.files):  # dropped
            show_sidebar(context)
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        names = [item.name for item in self.files if item.name]
        if not names:
            self.report({"WARNING"}, "No photos were selected. Hold Shift or Ctrl to select several.")
            return {"CANCELLED"}
        return self.add(context, [Path(bpy.path.abspath(self.directory)) / name for name in names])


class MAQUETTE_OT_add_photo_folder(_Adds, PicksFolder, Operator):
    """Choose a folder: all photos in it and in the folders below it come into the list"""

    bl_idname = "maquette.add_photo_folder"
    bl_label = "Add a Folder of Photos"

    def execute(self, context: Context) -> set[str]:
        return self.add(context, [self.picked])


class MAQUETTE_OT_paste_photos(_Adds, Operator):
    """Add the photos whose path you copied: a file, a folder, or several lines of them"""

    bl_idname = "maquette.paste_photos"
    bl_label = "Paste Path"

    text: StringProperty(name="Paths", description="Empty: what the clipboard holds", options={"SKIP_SAVE"})

    def execute(self, context: Context) -> set[str]:
        paths = paths_in(self.text or context.window_manager.clipboard)
        if not paths:
            self.report({"WARNING"}, "The clipboard holds no path. Copy a file, a folder or a path first.")
            return {"CANCELLED"}
        return self.add(context, paths)


class MAQUETTE_FH_photos(FileHandler):
    """Photos dropped into the 3D view"""

    bl_idname = "MAQUETTE_FH_photos"
    bl_label = "Photos for Maquette"
    bl_import_operator = "maquette.add_photos"
    bl_file_extensions = ".jpg;.jpeg;.jpe;.jfif;.png;.tif;.tiff;.webp;.heic;.heif"  # the last two: to say what to do

    @classmethod
    def poll_drop(cls, context: Context) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"
