"""What every operator that runs the engine shares: started by a click it stays modal and Blender usable, from a script it blocks."""

from __future__ import annotations

from collections.abc import Sequence

from bpy.types import Context, Event

from ..engine.errors import EngineError
from ..engine.protocol import Event as EngineEvent
from ..engine.protocol import ResultEvent
from . import progress
from .runner import EngineRun, engine_command, is_busy

TICK = 0.1  # seconds between looks at the engine


class EngineOperator:
    """Mixed into an Operator that says what to ask (`words`) and what to do with the answer (`take`)."""

    bl_options = {"UNDO"}  # not REGISTER: redoing it from a panel would run the engine again

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work already")
            return False
        return cls.is_ready(context)

    @classmethod
    def is_ready(cls, context: Context) -> bool:
        """Whether what the operator needs is there; says by `poll_message_set` what is missing."""
        return True

    def words(self, context: Context) -> Sequence[str]:
        """The engine's command line; EngineError where the scene's settings don't make sense."""
        raise NotImplementedError

    def take(self, context: Context, outcome: ResultEvent) -> str:
        """The result into the scene; gives the sentence that tells the artist."""
        raise NotImplementedError

    def begin(self, context: Context) -> None:
        """The engine has started: what the last run told is cleared."""
        progress.begin(context)

    def hear(self, context: Context, event: EngineEvent) -> None:
        """One event while the engine works."""
        progress.show(context, event)

    def release(self, context: Context) -> None:
        """The run is over, whatever became of it: what was only shown meanwhile goes."""

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
        """From a script or without a window: blocks until the result is there."""
        if not self._start(context):
            return {"CANCELLED"}
        self._run.wait(lambda event: self.hear(context, event))
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
            self.hear(context, told)
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
        self.release(context)

    def _start(self, context: Context) -> bool:
        try:
            self._run = EngineRun(engine_command(self.words(context)))
        except (EngineError, OSError) as error:
            self.report({"ERROR"}, str(error))
            return False
        self.begin(context)
        return True

    def _finish(self, context: Context) -> set[str]:
        """The engine has ended: its result into the scene, or its reason to the artist."""
        self.release(context)
        outcome = self._run.outcome
        if not isinstance(outcome, ResultEvent):
            cancelled = outcome.code == "cancelled"
            self.report({"INFO" if cancelled else "ERROR"}, progress.sentence_of(outcome))
            return {"CANCELLED"}
        try:
            sentence = self.take(context, outcome)
        except (EngineError, OSError) as error:
            progress.tell(context, "ERROR", str(error))
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, sentence)
        return {"FINISHED"}

    def _remove_timer(self, context: Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        progress.redraw(context)
