"""Pick the place on the model that becomes the world's origin."""

from __future__ import annotations

from bpy.props import FloatVectorProperty
from bpy.types import Context, Operator
from mathutils import Vector

from ..scene import ground
from ..scene.errors import ModelError
from ..scene.model import active_model
from .gesture import Gesture


class MAQUETTE_OT_move_origin(Gesture, Operator):
    """Click a place on the model: the model moves until it lies at the world's origin, which also becomes its pivot"""

    bl_idname = "maquette.move_origin"
    bl_label = "Move Origin Here"

    point: FloatVectorProperty(name="Point", subtype="TRANSLATION", unit="LENGTH")

    def execute(self, context: Context) -> set[str]:
        try:
            ground.put_at_origin(active_model(context), Vector(self.point))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def hint(self, context: Context) -> str:
        return "Click the place that becomes the origin"

    def enough(self) -> bool:
        return len(self.hits) == 1

    def finish(self, context: Context) -> set[str]:
        self.point = self.hits[0].point
        return self.execute(context)
