"""Colour the mesh as it is now from the photos again: sculpted, remeshed, retopologised, with other UVs, wherever it was moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bpy.types import Context, Operator

from ..engine.errors import EngineError
from ..engine.protocol import ResultEvent
from ..scene import overlay, retexture
from ..scene.errors import ModelError
from . import progress
from .engine_operator import EngineOperator
from .request import texture_folder
from .retexture_request import RetextureRequest, remarks, retexture_request
from .steps import Steps


class MAQUETTE_OT_retexture(EngineOperator, Operator):
    """Project all photos onto the active mesh as it is now, on its own UVs. The texture before stays, for comparing"""

    bl_idname = "maquette.retexture"
    bl_label = "Retexture from Photos"

    _request: RetextureRequest | None = None

    def words(self, context: Context) -> Sequence[str]:
        texture_folder(context)  # before the work, not after
        self._request = retexture_request(context)
        return self._request.words

    def begin(self, context: Context) -> None:
        progress.begin_again(context)
        for sentence in remarks(self._request.gathered.cameras) if self._request else ():
            progress.tell(context, "INFO", sentence)

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files, summary = outcome.files, outcome.summary
        return lambda: retexture.fetch(files, summary)

    def place(self, context: Context, fetched: retexture.Fetched) -> Steps:
        yield
        name = self._request.target
        thing = context.scene.objects.get(name)
        if thing is None:
            raise EngineError("object_gone", f"{name} is no longer in the scene.")
        try:
            overlay.hide(thing)  # else the new texture would not be seen
            retexture.put_on(thing, self._request.gathered, fetched, beside=texture_folder(context))
        except ModelError as error:
            raise EngineError("model", str(error)) from error
        return f"{name} is textured: photos show {fetched.facts.get('seen', 0):.0%} of it"
