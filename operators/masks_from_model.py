"""What the artist deleted, selected or hid on the model becomes masks for all its photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.types import Context, Operator

from .. import preferences
from ..engine.errors import EngineError
from ..engine.meshfile import write_mesh
from ..engine.protocol import ResultEvent
from ..scene import wanted
from ..scene.errors import ModelError
from ..scene.model import active_model, models_in
from . import progress
from .engine_operator import EngineOperator


class MAQUETTE_OT_masks_from_model(EngineOperator, Operator):
    """Mask in all photos what you deleted from the model, or selected on it. The next Build Model uses the masks"""

    bl_idname = "maquette.masks_from_model"
    bl_label = "Masks from Model"

    @classmethod
    def is_ready(cls, context: Context) -> bool:
        if not models_in(context.scene):
            cls.poll_message_set("Build a model first, a draft will do")
            return False
        return True

    def begin(self, context: Context) -> None:
        progress.begin_again(context)

    def words(self, context: Context) -> Sequence[str]:
        settings = context.scene.maquette.region_masks
        try:
            model = active_model(context)
            kept, unwanted = wanted.split(context, model, settings.unwanted)
        except ModelError as error:
            raise EngineError("model", str(error)) from error
        folder = Path(bpy.app.tempdir)
        write_mesh(folder / "maquette-kept.npz", kept)
        words = ["masks", str(model.folder), "--mesh", str(folder / "maquette-kept.npz")]
        if unwanted is not None:
            write_mesh(folder / "maquette-unwanted.npz", unwanted)
            words += ["--unwanted", str(folder / "maquette-unwanted.npz")]
        words += [f"--grow={settings.grow / 100:.5f}", "--device", preferences.of(context).device]
        words += [] if settings.background else ["--keep-background"]
        return words + (["--overwrite"] if settings.overwrite else [])

    def take(self, context: Context, outcome: ResultEvent) -> str:
        settings = context.scene.maquette
        settings.masks = outcome.files["masks"]
        settings.region_masks.overwrite = False  # asked for once, not for ever
        share = outcome.summary["kept"].values()
        told = (
            f"{outcome.summary['masks']} masks are made; they keep {sum(share) / max(len(share), 1):.0%} of the photos"
        )
        progress.tell(context, "INFO", told + ". Build Model uses them. Look through a camera to see its mask.")
        return told
