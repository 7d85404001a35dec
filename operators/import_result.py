"""Bring a model that was built earlier, or from a shell, into the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from ..engine.errors import EngineError
from ..scene import build, result
from . import progress
from .model_operator import place_model
from .request import texture_folder
from .runner import is_busy
from .stepped_operator import SteppedOperator
from .steps import Steps


class MAQUETTE_OT_import_result(SteppedOperator, Operator):
    """Bring a finished model into the scene: choose the folder that its run wrote"""

    bl_idname = "maquette.import_result"
    bl_label = "Import Finished Model"

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    browsed: BoolProperty(description="The folder was chosen in the file browser", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work already")
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Asks for the folder; where it is named already, brings it in while the window stays alive."""
        if self.directory:
            return self._listen(context) if self._start(context) else {"CANCELLED"}
        self.directory, self.browsed = context.window_manager.maquette.folder, True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        if self.browsed:  # a file browser can't hand over to `modal`, another call can
            bpy.ops.maquette.import_result("INVOKE_DEFAULT", directory=self.directory)
            return {"CANCELLED"}  # it is not this one that brings something to undo
        return self._wait(context) if self._start(context) else {"CANCELLED"}

    def _start(self, context: Context) -> bool:
        progress.begin(context)
        folder = Path(bpy.path.abspath(self.directory)).resolve()
        try:
            texture_folder(context)
        except EngineError as error:
            progress.tell_error(context, error)
            self.report({"ERROR"}, str(error))
            return False
        self._begin_work(context, _fetching(folder), lambda prepared: _placing(context, prepared))
        return True


def _placing(context: Context, prepared: build.Prepared) -> Steps:
    yield from place_model(context, prepared)
    return f"{prepared.result.name} is in the scene"


def _fetching(folder: Path) -> Callable[[], build.Prepared]:
    return lambda: build.prepare(result.read(result.files_in(folder)))
