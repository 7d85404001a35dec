"""Build a model from the chosen photos: the engine works in a process of its own, the window stays usable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bpy.types import Context, Operator

from ..engine.protocol import ResultEvent
from ..scene import build, result
from . import progress
from .engine_operator import EngineOperator
from .framing import frame_selected
from .request import Request, request_of, texture_folder
from .steps import Steps


class MAQUETTE_OT_build_model(EngineOperator, Operator):
    """Turn the photos into a textured mesh with its cameras"""

    bl_idname = "maquette.build_model"
    bl_label = "Build Model"

    def words(self, context: Context) -> Sequence[str]:
        texture_folder(context)  # before hours of work, not after
        self._request: Request = request_of(context)
        return self._request.words

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files, name = outcome.files, self._request.name
        return lambda: build.prepare(result.read(files, name))

    def place(self, context: Context, fetched: build.Prepared) -> Steps:
        yield from place_model(context, fetched)
        return f"{fetched.result.name} is built"


def place_model(context: Context, prepared: build.Prepared) -> Steps:
    """A model into the scene and into view, its facts into the panel."""
    yield from build.build_in_steps(context, prepared, beside=texture_folder(context))
    frame_selected(context)
    progress.show_facts(context, str(prepared.result.folder), prepared.result.report)
