"""Bring a model that was built earlier, or from a shell, into the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bpy.types import Context, Operator

from ..scene import build, result
from .importing import ImportOperator
from .model_operator import place_model
from .steps import Steps


class MAQUETTE_OT_import_result(ImportOperator, Operator):
    """Bring a finished model into the scene: choose the folder that its run wrote"""

    bl_idname = "maquette.import_result"
    bl_label = "Import Finished Model"

    @staticmethod
    def fetching(folder: Path) -> Callable[[], build.Prepared]:
        return lambda: build.prepare(result.read(result.files_in(folder)))

    @staticmethod
    def placing(context: Context, fetched: build.Prepared) -> Steps:
        yield from place_model(context, fetched)
        return f"{fetched.result.name} is in the scene"
