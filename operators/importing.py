"""What importing a finished result shares: asks for its folder, then brings it in while the window stays alive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event

from ..engine.errors import EngineError
from . import progress
from .replacing import python_name
from .request import texture_folder
from .runner import is_busy
from .stepped_operator import SteppedOperator
from .steps import Steps


class ImportOperator(SteppedOperator):
    """Mixed into an Operator that says how to read a folder (`fetching`) and how to place what was read (`placing`)."""

    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    browsed: BoolProperty(description="The folder was chosen in the file browser", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work already")
            return False
        return True

    @staticmethod
    def fetching(folder: Path) -> Callable[[], Any]:
        """What a thread does: it must hold neither bpy nor the operator."""
        raise NotImplementedError

    @staticmethod
    def placing(context: Context, fetched: Any) -> Steps:
        """What was read into the scene, in slices; returns the sentence for the artist."""
        raise NotImplementedError

    def begin(self, context: Context) -> None:
        """What the last run told is cleared."""
        progress.begin(context)

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Asks for the folder; where it is named already, brings it in while the window stays alive."""
        if self.directory:
            return self._listen(context) if self._start(context) else {"CANCELLED"}
        self.directory, self.browsed = context.window_manager.maquette.folder, True
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        if self.browsed:  # a file browser can't hand over to `modal`, another call can
            getattr(bpy.ops.maquette, python_name(self.bl_idname).partition(".")[2])(
                "INVOKE_DEFAULT", directory=self.directory
            )
            return {"CANCELLED"}  # it is not this one that brings something to undo
        return self._wait(context) if self._start(context) else {"CANCELLED"}

    def _start(self, context: Context) -> bool:
        self.begin(context)
        folder = Path(bpy.path.abspath(self.directory)).resolve()
        try:
            texture_folder(context)
        except EngineError as error:
            progress.tell_error(context, error)
            self.report({"ERROR"}, str(error))
            return False
        placing = self.placing
        self._begin_work(context, self.fetching(folder), lambda fetched: placing(context, fetched))
        return True
