"""Ask the engine what the ticked photos are worth before hours of work: in seconds, and nothing is built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.types import Context, Operator

from ..engine.protocol import ResultEvent
from ..scene import photos
from . import progress
from .engine_operator import EngineOperator
from .request import chosen_photos, photo_words


class MAQUETTE_OT_check_photos(EngineOperator, Operator):
    """Look at the ticked photos, in seconds: which are blurred, too dark or alone, whether they hang together, what to shoot"""

    bl_idname = "maquette.check_photos"
    bl_label = "Check Photos"

    def words(self, context: Context) -> Sequence[str]:
        words = ["check", *photo_words(chosen_photos(context)), "-o", str(Path(bpy.app.tempdir) / "maquette-check")]
        masks = bpy.path.abspath(context.scene.maquette.masks)
        return [*words, "--masks", masks] if masks else words

    def begin(self, context: Context) -> None:
        progress.begin_again(context)

    def take(self, context: Context, outcome: ResultEvent) -> str:
        return photos.take_check(context.scene, Path(outcome.files["check"]))
