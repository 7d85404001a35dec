"""Ask the engine what the photos cover: per face how many saw it, per camera how it fits, and where the next photos should be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty
from bpy.types import Context, Operator

from .. import preferences
from ..engine.errors import EngineError
from ..engine.protocol import ResultEvent
from ..scene import coverage, overlay
from ..scene.model import ModelError, active_model, models_in
from . import progress
from .engine_operator import EngineOperator
from .steps import Steps


class MAQUETTE_OT_show_coverage(EngineOperator, Operator):
    """Colour the model by how many photos saw each face, and put ghost cameras where the next photos should be taken"""

    bl_idname = "maquette.show_coverage"
    bl_label = "Check Capture"

    ghosts: IntProperty(
        name="Ghost Cameras",
        description="Propose at most so many photos",
        default=6,
        min=0,
        max=20,
        options={"SKIP_SAVE"},
    )
    show: BoolProperty(
        name="Show Coverage", description="Switch the coverage colours on at once", default=True, options={"SKIP_SAVE"}
    )

    @classmethod
    def is_ready(cls, context: Context) -> bool:
        if not models_in(context.scene):
            cls.poll_message_set("There is no model in this scene yet")
            return False
        return True

    def words(self, context: Context) -> Sequence[str]:
        try:
            model = active_model(context)
            self._collection, path = model.collection.name, Path(bpy.app.tempdir) / "maquette-coverage.npz"
            self._handed = coverage.hand_over(model, path)
        except ModelError as error:
            raise EngineError("no_model", str(error)) from error
        device = preferences.of(context).device
        return ["coverage", str(model.folder), "--mesh", str(path), "--ghosts", str(self.ghosts), "--device", device]

    def begin(self, context: Context) -> None:
        progress.begin_again(context)

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files = dict(outcome.files)
        return lambda: coverage.read(files)

    def place(self, context: Context, fetched: Any) -> Steps:
        model = next((one for one in models_in(context.scene) if one.collection.name == self._collection), None)
        if model is None:
            raise EngineError("no_model", "The model that was checked is no longer in the scene.")
        try:
            yield from coverage.apply(model, self._handed, fetched)
            if self.show:
                overlay.show(model.mesh, "COVERAGE")
        except ModelError as error:
            raise EngineError("no_model", str(error)) from error
        return fetched.told["verdict"]
