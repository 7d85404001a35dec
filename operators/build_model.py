"""Build a model from the chosen photos: the engine works in a process of its own, the window stays usable."""

from __future__ import annotations

from bpy.types import Context, Event, Operator

from ..engine.errors import EngineError
from ..engine.protocol import ResultEvent
from ..scene import build, result
from . import progress
from .framing import frame_selected
from .request import Request, request_of, texture_folder
from .runner import EngineRun, engine_command, is_busy

TICK = 0.1  # seconds between looks at the engine


class MAQUETTE_OT_build_model(Operator):
    """Turn the photos into a textured mesh with its cameras"""

    bl_idname = "maquette.build_model"
    bl_label = "Build Model"
    bl_options = {"UNDO"}  # not REGISTER: redoing it from a panel would run the engine again

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("A model is being built already")
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        """From the panel: starts the engine and listens on a timer."""
        if not self._start(context):
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        progress.redraw(context)
        return {"RUNNING_MODAL"}

    def execute(self, context: Context) -> set[str]:
        """From a script or without a window: blocks until the model is there."""
        if not self._start(context):
            return {"CANCELLED"}
        self._run.wait(lambda event: progress.show(context, event))
        return self._finish(context)

    def modal(self, context: Context, event: Event) -> set[str]:
        """Other events pass through; Escape and the Cancel button ask the engine to stop."""
        state = context.window_manager.maquette
        if (event.type == "ESC" and event.value == "PRESS") or state.cancel:
            state.cancel, state.stage, state.step = False, "Stopping", ""
            self._run.cancel()
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        for told in self._run.events():
            progress.show(context, told)
        progress.redraw(context)
        context.workspace.status_text_set(f"Maquette: {state.stage} {state.progress:.0%}   Esc: Cancel")
        if self._run.outcome is None:
            return {"PASS_THROUGH"}
        self._remove_timer(context)
        return self._finish(context)

    def cancel(self, context: Context) -> None:
        """Blender ends the operator: another file is loaded, the window closes."""
        self._run.close()
        self._remove_timer(context)

    def _start(self, context: Context) -> bool:
        try:
            texture_folder(context)  # before hours of work, not after
            self._request: Request = request_of(context)
            self._run = EngineRun(engine_command(self._request.words))
        except (EngineError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return False
        progress.begin(context)
        return True

    def _finish(self, context: Context) -> set[str]:
        """The engine has ended: its result into the scene, or its reason to the artist."""
        outcome = self._run.outcome
        if not isinstance(outcome, ResultEvent):
            cancelled = outcome.code == "cancelled"
            self.report({"INFO" if cancelled else "ERROR"}, progress.sentence_of(outcome))
            return {"CANCELLED"}
        try:
            model = result.read(outcome.files, self._request.name)
            build.build(context, model, beside=texture_folder(context))
        except (EngineError, OSError) as error:
            progress.tell(context, "ERROR", str(error))
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        frame_selected(context)
        progress.show_facts(context, str(model.folder), model.report)
        self.report({"INFO"}, f"{model.name} is built")
        return {"FINISHED"}

    def _remove_timer(self, context: Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        progress.redraw(context)
