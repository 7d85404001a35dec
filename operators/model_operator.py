"""What building a model and going on with one share: the scene remembers the run until its result is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bpy.types import Context

from ..engine.errors import Exit
from ..engine.protocol import ErrorEvent, ResultEvent, StageEvent
from ..engine.protocol import Event as EngineEvent
from ..scene import build, model, photos, result, unfinished
from . import progress
from .engine_operator import EngineOperator
from .framing import frame_selected, show_texture
from .hide_around import notice
from .request import Request, texture_folder
from .steps import Steps

QUICK_TEXTURE = (
    4096  # pixels: Blender decodes a larger one for seconds, and is not asked to in the middle of other work
)


class ModelOperator(EngineOperator):
    """Mixed into an Operator that says what to build (`request`)."""

    def request(self, context: Context) -> Request:
        """EngineError where it makes no sense."""
        raise NotImplementedError

    def words(self, context: Context) -> Sequence[str]:
        texture_folder(context)  # before hours of work, not after
        self._request = self.request(context)
        return self._request.words

    def hear(self, context: Context, event: EngineEvent) -> None:
        if isinstance(event, StageEvent):  # each time: an undo may have taken the scene back to before
            unfinished.remember(context.scene, self._request)
        elif isinstance(event, ErrorEvent) and event.exit_code == Exit.INPUT:
            unfinished.forget(context.scene)  # going on would meet the same photos
        super().hear(context, event)

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files, name = outcome.files, self._request.name
        return lambda: build.prepare(result.read(files, name))

    def place(self, context: Context, fetched: build.Prepared) -> Steps:
        yield from place_model(context, fetched)
        unfinished.forget(context.scene)
        return f"{fetched.result.name} is built"


def place_model(context: Context, prepared: build.Prepared) -> Steps:
    """A model into the scene and into view, its facts into the panel."""
    yield from build.build_in_steps(context, prepared, beside=texture_folder(context))
    yield
    frame_selected(context)
    notice(context, model.active_model(context))
    yield
    if len(prepared.result.textured.base_colour) <= QUICK_TEXTURE:
        show_texture(context)
    progress.show_facts(context, str(prepared.result.folder), prepared.result.report)
    photos.take_run(context.scene, prepared.result.report)
