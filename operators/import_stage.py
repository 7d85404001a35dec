"""Bring a stage that was built earlier, or from a shell, into the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bpy.types import Context, Operator

from ..scene.stage.result import PreparedStage, prepare_stage, stage_files
from . import progress
from .importing import ImportOperator
from .stage_operator import place_stage
from .steps import Steps


class MAQUETTE_OT_import_stage(ImportOperator, Operator):
    """Bring a finished stage into the scene: choose the folder that its run wrote"""

    bl_idname = "maquette.import_stage"
    bl_label = "Import Finished Stage"

    def begin(self, context: Context) -> None:
        super().begin(context)
        progress.show_in_stage(context)

    @staticmethod
    def fetching(folder: Path) -> Callable[[], PreparedStage]:
        return lambda: prepare_stage(stage_files(folder))

    @staticmethod
    def placing(context: Context, fetched: PreparedStage) -> Steps:
        yield from place_stage(context, fetched)
        return f"{fetched.name} is in the scene"
