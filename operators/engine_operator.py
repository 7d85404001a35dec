"""What every operator that runs the engine shares: started by a click it stays modal and Blender usable, from a script it blocks.

A subclass says what to ask (`words`) and what to do with the answer: `take`, where that is quick, else `fetching` (what a thread
reads meanwhile, without bpy) and `place` (what makes Blender's data of it, in slices).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bpy.types import Context, Event

from .. import preferences
from ..engine.errors import EngineError
from ..engine.protocol import Event as EngineEvent
from ..engine.protocol import ResultEvent
from . import progress
from .runner import EngineRun, engine_command, is_busy
from .stepped_operator import SteppedOperator
from .steps import Steps
from .watch import Watch


class EngineOperator(SteppedOperator):
    """Mixed into an Operator."""

    _watch: Watch | None = None  # where there is somebody to watch

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

    def command(self, context: Context) -> Sequence[str]:
        """What is started. Not always the engine: whatever tells its events like it, and ends when its input closes."""
        pack = preferences.pack_folder(context)
        return engine_command(self.words(context), [] if pack is None else [pack])

    def words(self, context: Context) -> Sequence[str]:
        """The engine's command line; EngineError where the scene's settings don't make sense."""
        raise NotImplementedError

    def take(self, context: Context, outcome: ResultEvent) -> str:
        """The result into the scene; gives the sentence that tells the artist."""
        raise NotImplementedError

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        """What a thread does with the result before `place`: it must hold neither bpy nor the operator."""
        return lambda: outcome

    def place(self, context: Context, fetched: Any) -> Steps:
        """What was fetched into the scene, in slices; returns the sentence. It may be closed and called again."""
        yield
        return self.take(context, fetched)

    def surroundings(self, context: Context) -> Mapping[str, str]:
        """What the child process finds in its environment, besides ours. Called after `command`."""
        return {}

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
        self._watch = Watch(context)
        return self._listen(context)

    def execute(self, context: Context) -> set[str]:
        """From a script or without a window: blocks until the result is there."""
        if not self._start(context):
            return {"CANCELLED"}
        self._run.wait(lambda event: self.hear(context, event))
        return self._conclude(context) or self._wait(context)

    def cancel(self, context: Context) -> None:
        self._run.close()
        super().cancel(context)
        self.release(context)

    def _start(self, context: Context) -> bool:
        try:
            self._run = EngineRun(self.command(context), self.surroundings(context))
        except (EngineError, OSError) as error:
            self.begin(context)
            progress.tell_error(context, error)
            self.report({"ERROR"}, str(error))
            return False
        self.begin(context)
        return True

    def _tick(self, context: Context) -> set[str]:
        if self._work is not None:
            return super()._tick(context)
        assert self._watch is not None
        for event in self._run.events():
            self._watch.hear(event)
            self.hear(context, event)
        if self._run.outcome is not None:
            return self._conclude(context)
        self._watch.tick(context)
        return set()

    def _hush(self, context: Context) -> None:
        if self._watch is not None:  # the last preview stays until the real thing is in its place
            self._watch.close(context)
            self._watch = None
        super()._hush(context)

    def _conclude(self, context: Context) -> set[str]:
        """The engine has ended: its result is on its way into the scene, or its reason goes to the artist."""
        self.release(context)
        outcome = self._run.outcome
        if isinstance(outcome, ResultEvent):
            self._begin_work(context, self.fetching(outcome), lambda fetched: self.place(context, fetched))
            return set()
        cancelled = outcome.code == "cancelled"
        self.report({"INFO" if cancelled else "ERROR"}, progress.sentence_of(outcome))
        return {"CANCELLED"}

    def _stop(self, context: Context) -> None:
        if self._work is not None:
            super()._stop(context)
        else:
            progress.show_stopping(context)
            self._run.cancel()
