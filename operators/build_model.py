"""Build a model from the chosen photos: the engine works in a process of its own, the window stays usable."""

from __future__ import annotations

from collections.abc import Sequence

from bpy.types import Context, Operator

from ..engine.protocol import ResultEvent
from ..scene import build, result
from . import progress
from .engine_operator import EngineOperator
from .framing import frame_selected
from .request import Request, request_of, texture_folder


class MAQUETTE_OT_build_model(EngineOperator, Operator):
    """Turn the photos into a textured mesh with its cameras"""

    bl_idname = "maquette.build_model"
    bl_label = "Build Model"

    def words(self, context: Context) -> Sequence[str]:
        texture_folder(context)  # before hours of work, not after
        self._request: Request = request_of(context)
        return self._request.words

    def take(self, context: Context, outcome: ResultEvent) -> str:
        model = result.read(outcome.files, self._request.name)
        build.build(context, model, beside=texture_folder(context))
        frame_selected(context)
        progress.show_facts(context, str(model.folder), model.report)
        return f"{model.name} is built"
