"""Build a stage from one photo: the engine works in a process of its own, the window stays usable.

The relief comes into the scene as soon as it is there; its layers, which take longer, join it at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import bpy
from bpy.props import BoolProperty
from bpy.types import Context, Operator

from ..engine.errors import EngineError
from ..engine.protocol import Event as EngineEvent
from ..engine.protocol import PreviewEvent, ResultEvent
from ..scene.stage.result import PreparedStage, prepare_stage
from . import progress
from .engine_operator import EngineOperator
from .stage_operator import place_stage
from .stage_request import StageRequest, listed_photo, stage_request
from .stepped_operator import SLICE
from .steps import Steps, Work


class MAQUETTE_OT_build_stage(EngineOperator, Operator):
    """Turn the photo into a relief with its camera, and into layers to film. Built again, the stage in the scene is renewed"""

    bl_idname = "maquette.build_stage"
    bl_label = "Build Stage"

    listed: BoolProperty(description="Take the photo of the list", options={"HIDDEN", "SKIP_SAVE"})

    _request: StageRequest | None = None
    _early: Work | None = None  # brings the relief into the scene while its layers are being made
    _seen = False  # it is there

    def words(self, context: Context) -> Sequence[str]:
        photo = listed_photo(context) if self.listed else None
        if photo is not None:
            context.scene.maquette.stage.photo = str(photo)
        self._request = stage_request(context)
        return self._request.words

    def begin(self, context: Context) -> None:
        super().begin(context)
        progress.show_in_stage(context)

    def hear(self, context: Context, event: EngineEvent) -> None:
        super().hear(context, event)
        if isinstance(event, PreviewEvent) and event.what == "stage" and self._watch is not None:
            name, files = self._request.name, {"stage": event.path, "report": str(self._request.out / "report.json")}
            self._early = Work(lambda: prepare_stage(files, name), lambda fetched: place_stage(context, fetched))

    def release(self, context: Context) -> None:
        self._end_early()

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files, name = outcome.files, self._request.name
        return lambda: prepare_stage(files, name)

    def place(self, context: Context, fetched: PreparedStage) -> Steps:
        yield from place_stage(context, fetched)
        return f"{fetched.name} is a stage"

    def _tick(self, context: Context) -> set[str]:
        if self._early is not None:
            try:
                done = self._early.go_on(SLICE)
            except (EngineError, OSError):  # the run's end will tell
                self._end_early()
            else:
                if done:
                    self._seen = True
                    self._end_early()
        ended = super()._tick(context)
        if ended == {"CANCELLED"} and self._seen:
            bpy.ops.ed.undo_push(message="Relief")  # it stays, and can be taken back
        return ended

    def _end_early(self) -> None:
        if self._early is not None:
            self._early.close()
            self._early = None
