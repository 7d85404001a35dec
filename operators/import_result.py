"""Bring a model that was built earlier, or from a shell, into the scene."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from ..engine.errors import EngineError
from ..scene import build, result
from . import progress
from .framing import frame_selected
from .request import texture_folder


class MAQUETTE_OT_import_result(Operator):
    """Bring a finished model into the scene: choose the folder that its run wrote"""

    bl_idname = "maquette.import_result"
    bl_label = "Import Finished Model"
    bl_options = {"UNDO"}

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        self.directory = context.window_manager.maquette.folder
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        try:
            model = result.read(result.files_in(Path(bpy.path.abspath(self.directory)).resolve()))
            build.build(context, model, beside=texture_folder(context))
        except (EngineError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        frame_selected(context)
        progress.show_facts(context, str(model.folder), model.report)
        return {"FINISHED"}
