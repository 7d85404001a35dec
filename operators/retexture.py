"""Colour the mesh as it is now from the photos again: sculpted, remeshed, retopologised, with other UVs, wherever it was moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Context, Operator

from .. import preferences
from ..engine.errors import EngineError
from ..engine.meshfile import write_mesh
from ..engine.protocol import ResultEvent
from ..scene import retexture
from ..scene.errors import ModelError
from ..scene.gather import Gathered, gather, target_of
from . import progress
from .engine_operator import EngineOperator
from .request import texture_folder
from .steps import Steps


class MAQUETTE_OT_retexture(EngineOperator, Operator):
    """Project all photos onto the active mesh as it is now, on its own UVs. The texture before stays, for comparing"""

    bl_idname = "maquette.retexture"
    bl_label = "Retexture from Photos"

    def words(self, context: Context) -> Sequence[str]:
        texture_folder(context)  # before the work, not after
        settings = context.scene.maquette.retexture
        try:
            model, thing = target_of(context)
            self._gathered: Gathered = gather(context, model, thing, modifiers=settings.modifiers)
        except ModelError as error:
            raise EngineError("model", str(error)) from error
        self._target = thing.name
        new = settings.new_uvs or not self._gathered.uv_map
        if new and not self._gathered.own_corners:
            raise EngineError(
                "modified_uvs",
                f"{thing.name} needs UVs of its own, and its modifiers change its faces.",
                advice="Apply them, or turn Modifiers off here.",
            )
        path = Path(bpy.app.tempdir) / "maquette-retexture.npz"
        write_mesh(path, self._gathered.mesh)
        words = ["retexture", str(model.folder), "--mesh", str(path), "--name", thing.name, "--texture", settings.size]
        words += ["--tiles", settings.tiles, "--device", preferences.of(context).device]
        if new:
            words += ["--new-uvs"]
        if settings.photos:
            words += ["--photos", bpy.path.abspath(settings.photos)]
        return words

    def begin(self, context: Context) -> None:
        progress.begin(context)
        gathered = getattr(self, "_gathered", None)
        for names, said in (
            (gathered.moved if gathered else (), "stand where you moved their cameras"),
            (gathered.left_out if gathered else (), "are left out: their cameras are deleted or hidden from renders"),
        ):
            if names:
                progress.tell(context, "INFO", f"Photos that {said}: {_some(names)}.")

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files, summary = outcome.files, outcome.summary
        return lambda: retexture.fetch(files, summary)

    def place(self, context: Context, fetched: retexture.Fetched) -> Steps:
        yield
        thing = context.scene.objects.get(self._target)  # by name: an undo meanwhile makes references stale
        if thing is None:
            raise EngineError("object_gone", f"{self._target} is no longer in the scene.")
        try:
            retexture.put_on(thing, self._gathered, fetched, beside=texture_folder(context))
        except ModelError as error:
            raise EngineError("model", str(error)) from error
        return f"{thing.name} is textured: photos show {fetched.facts.get('seen', 0):.0%} of it"


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
