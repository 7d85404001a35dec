"""What operators that ask for a folder share: from the panel Blender's file browser opens, from a script the folder is named."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event


class PicksFolder:
    """Mixed into an Operator: `execute` finds the folder in `picked`."""

    bl_options = {"UNDO"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @property
    def picked(self) -> Path:
        """Absolute; Blender may have said it as seen from the .blend."""
        return Path(bpy.path.abspath(self.directory)).absolute()

    def invoke(self, context: Context, event: Event) -> set[str]:
        """From the panel."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}
