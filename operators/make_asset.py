"""Scan to asset: one click; a Blender of its own does the work, so that the window stays free and Escape always ends it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy
from bpy.props import BoolProperty
from bpy.types import Context, Operator

from ..engine.errors import EngineError
from ..engine.protocol import ResultEvent
from ..properties.asset import settings_of
from ..scene.asset import place
from ..scene.asset.job import FILES, AssetJob
from ..scene.asset.settings import AssetSettings, Colour
from ..scene.errors import ModelError
from ..scene.model import Model, active_model, models_in
from . import progress
from .asset_photos import NONE, photos_for_asset
from .engine_operator import EngineOperator

WORKER = Path(place.__file__).with_name("worker.py")


class MAQUETTE_OT_make_asset(EngineOperator, Operator):
    """Turn the scan into a finished asset: light mesh, UVs, textures, levels, collider, files. Again replaces the last one; the scan stays"""

    bl_idname = "maquette.make_asset"
    bl_label = "Make Asset"

    def command(self, context: Context) -> Sequence[str]:
        try:
            model = active_model(context)
            self._model: str = model.collection.name
            self._settings: AssetSettings = settings_of(context.scene.maquette.asset, model.collection.name)
            self._scratch = Path(tempfile.mkdtemp(prefix="maquette-asset-"))
            job = self._job(context, model)
            place.write_copy(model.mesh, job.source)
        except (ModelError, RuntimeError) as error:
            raise EngineError("model", str(error).strip()) from error
        job.write(self._scratch / "job.json")
        blender = [bpy.app.binary_path, "--background", "--factory-startup", "-noaudio", "--python"]
        start = [*blender, str(WORKER), "--"] if bpy.app.binary_path else [sys.executable, str(WORKER)]
        return [*start, str(self._scratch / "job.json")]

    def surroundings(self, context: Context) -> Mapping[str, str]:
        """A user folder of its own: a Blender with factory settings removes the wheels of all extensions that are not enabled there."""
        folder = self._scratch / "user"
        (folder / "config").mkdir(parents=True)  # else Blender takes the artist's own all the same
        return {"BLENDER_USER_RESOURCES": str(folder)}

    def begin(self, context: Context) -> None:
        progress.begin_again(context)
        for sentence in getattr(self, "_remarks", ()):
            progress.tell(context, "WARNING", sentence)

    def take(self, context: Context, outcome: ResultEvent) -> str:
        model = next((one for one in models_in(context.scene) if one.collection.name == self._model), None)
        if model is None:  # references went stale meanwhile, so it is looked up
            raise EngineError("model", f"{self._model} is no longer in the scene; its files are written all the same.")
        for sentence in place.bring_in(context, model, outcome.files, outcome.summary, self._settings):
            progress.tell(context, "INFO", sentence)
        return f"{self._settings.name} is an asset now; its files are in {outcome.files['folder']}"

    def place(self, context: Context, fetched: ResultEvent):
        yield
        sentence = self.take(context, fetched)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return sentence

    def _job(self, context: Context, model: Model) -> AssetJob:
        group = context.scene.maquette.asset
        chosen = bpy.path.abspath(group.folder) if group.folder else str(model.folder / FILES)
        photos = photos_for_asset(context, model, self._scratch) if self._settings.colour is Colour.PHOTOS else NONE
        self._remarks = photos.remarks
        return AssetJob(
            source=self._scratch / "scan.blend",
            scan=model.mesh.name,
            folder=Path(chosen).resolve(),
            made=self._scratch / "asset.blend",
            settings=self._settings,
            retexture=photos.words,
            mesh=photos.mesh,
            cameras=photos.cameras,
            solved_from_world=photos.solved_from_world,
        )


class MAQUETTE_OT_show_asset(Operator):
    """Show the asset or the scan that it was made of: they lie in one place"""

    bl_idname = "maquette.show_asset"
    bl_label = "Show Asset"
    bl_options = {"UNDO"}

    asset: BoolProperty(name="Asset", default=True, options={"SKIP_SAVE"})

    def execute(self, context: Context) -> set[str]:
        try:
            place.show(context, active_model(context), asset=self.asset)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
