"""Printed markers in the photos of a finished model give it its size."""

from __future__ import annotations

from collections.abc import Sequence

from bpy.props import BoolProperty, FloatProperty
from bpy.types import Context, Operator

from ..engine.errors import EngineError
from ..engine.protocol import ResultEvent
from ..scene.errors import ModelError
from ..scene.model import active_model, models_in
from ..scene.scale import metres_of, source_of, take_markers
from . import progress
from .engine_operator import EngineOperator
from .following import follow
from .replacing import AsksBeforeReplacing


class MAQUETTE_OT_scale_from_markers(AsksBeforeReplacing, EngineOperator, Operator):
    """Look for printed ArUco or AprilTag markers in the photos: model, cameras and points take their real size from them"""

    bl_idname = "maquette.scale_from_markers"
    bl_label = "Size from Markers"

    size: FloatProperty(
        name="Marker Size",
        description="The side of a marker's black square. 0: as set in the sidebar",
        subtype="DISTANCE",
        unit="LENGTH",
        min=0.0,
    )
    floor: BoolProperty(name="On the Ground", description="The markers lie on the ground: it becomes z = 0")

    @classmethod
    def is_ready(cls, context: Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def words(self, context: Context) -> Sequence[str]:
        try:
            model = active_model(context)
        except ModelError as error:
            raise EngineError("no_model", str(error)) from error
        self._collection = model.collection.name
        metres = metres_of(context.scene, self.size or context.scene.maquette.scale.marker_size)
        return ["scale", str(model.folder), "--marker-size", f"{metres:.9g}"]

    def begin(self, context: Context) -> None:
        progress.begin_again(context)

    def take(self, context: Context, outcome: ResultEvent) -> str:
        facts = outcome.summary["scale"]
        model = next((one for one in models_in(context.scene) if one.collection.name == self._collection), None)
        if model is None:
            raise EngineError("model_gone", "The model is no longer in the scene.", advice="Import it again.")
        known, pivot = source_of(model), model.mesh.matrix_world.translation.copy()
        floor = self.floor or context.scene.maquette.scale.markers_on_floor
        try:
            factor = take_markers(context.scene, model, facts, on_floor=floor)
        except ModelError as error:
            raise EngineError("not_scaled", str(error)) from error
        follow(context, pivot, factor)
        return self.said(f"{facts['sentence'].rstrip('.')}. The model is {factor:.4g} times as large", known)
