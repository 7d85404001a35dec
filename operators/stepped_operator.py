"""What every operator shares that brings much into the scene: modal, a slice per tick, after a click; blocking from a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bpy.types import Context, Event, Timer

from ..engine.errors import EngineError
from . import progress
from .steps import Steps, Work

TICK = 0.1  # seconds between looks at the engine
SLICE = 0.04  # seconds of each tick that our own work may hold Blender


class SteppedOperator:
    """Mixed into an Operator: from execute `_begin_work` and `_wait`, from invoke `_begin_work` and `_listen`."""

    bl_options = {"UNDO"}  # not REGISTER: redoing it from a panel would do all the work again

    _work: Work | None = None
    _timer: Timer | None = None

    def modal(self, context: Context, event: Event) -> set[str]:
        """Other events pass through; Escape and the Cancel button stop it."""
        state = context.window_manager.maquette
        if (event.type == "ESC" and event.value == "PRESS") or state.cancel:
            state.cancel = False
            self._stop(context)
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            ended = self._tick(context)
        except BaseException:
            self.cancel(context)
            raise
        progress.redraw(context)
        if ended:
            self._hush(context)
            return ended
        progress.show_status(context)
        return {"PASS_THROUGH"}

    def cancel(self, context: Context) -> None:
        """Blender ends the operator: another file is loaded, the window closes."""
        self._end_work()
        self._hush(context)

    def _listen(self, context: Context) -> set[str]:
        manager = context.window_manager
        self._timer = manager.event_timer_add(TICK, window=context.window)
        manager.modal_handler_add(self)
        progress.redraw(context)
        return {"RUNNING_MODAL"}

    def _hush(self, context: Context) -> None:
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            self._timer = None
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        progress.redraw(context)

    def _begin_work(self, context: Context, fetch: Callable[[], Any], place: Callable[[Any], Steps]) -> None:
        """`fetch` runs in a thread; `place` makes Blender's data of what it gave, and returns the sentence for the artist."""
        progress.begin_placing(context)
        self._work = Work(fetch, place)

    def _tick(self, context: Context) -> set[str]:
        """A look at what goes on; not empty when all is over."""
        return self._go_on(context, lambda work: work.go_on(SLICE))

    def _wait(self, context: Context) -> set[str]:
        return self._go_on(context, Work.wait)

    def _go_on(self, context: Context, go_on: Callable[[Work], bool]) -> set[str]:
        work = self._work
        assert work is not None
        try:
            if not go_on(work):
                return set()
        except (EngineError, OSError) as error:
            progress.tell_error(context, error)
            self.report({"ERROR"}, str(error))
            self._end_work()
            return {"CANCELLED"}
        except BaseException:
            self._end_work()
            raise
        self.report({"INFO"}, work.outcome)
        self._end_work()
        return {"FINISHED"}

    def _stop(self, context: Context) -> None:
        """The artist wants it to end: what is half in the scene goes again."""
        if self._work is not None:
            self._work.abandon()

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.close()
            self._work = None
