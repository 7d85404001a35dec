"""Build a stage from one photo: the engine works in a process of its own, the window stays usable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bpy.props import BoolProperty
from bpy.types import Context, Operator

from ..engine.protocol import ResultEvent
from ..scene.stage.result import PreparedStage, prepare_stage
from . import progress
from .engine_operator import EngineOperator
from .stage_operator import place_stage
from .stage_request import StageRequest, listed_photo, stage_request
from .steps import Steps


class MAQUETTE_OT_build_stage(EngineOperator, Operator):
    """Turn the photo into a relief with its camera, and into layers to film. Built again, the stage in the scene is renewed"""

    bl_idname = "maquette.build_stage"
    bl_label = "Build Stage"

    listed: BoolProperty(description="Take the photo of the list", options={"HIDDEN", "SKIP_SAVE"})

    _request: StageRequest | None = None

    def words(self, context: Context) -> Sequence[str]:
        photo = listed_photo(context) if self.listed else None
        if photo is not None:
            context.scene.maquette.stage.photo = str(photo)
        self._request = stage_request(context)
        return self._request.words

    def begin(self, context: Context) -> None:
        super().begin(context)
        progress.show_in_stage(context)

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files, name = outcome.files, self._request.name
        return lambda: prepare_stage(files, name)

    def place(self, context: Context, fetched: PreparedStage) -> Steps:
        yield from place_stage(context, fetched)
        return f"{fetched.name} is a stage"
