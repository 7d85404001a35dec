"""Pick three places, or one side: it becomes the ground."""

from __future__ import annotations

from bpy.props import BoolProperty, EnumProperty, FloatVectorProperty, IntProperty
from bpy.types import Context, Event, Operator
from mathutils import Vector

from ..scene import ground, surface
from ..scene.errors import ModelError
from ..scene.model import Model, active_model, move
from .gesture import Gesture
from .gesture_drawing import Drawing


class MAQUETTE_OT_lay_on_floor(Gesture, Operator):
    """Click three places on the model's underside, or one side that it stands on: it is laid on the ground at z = 0"""

    bl_idname = "maquette.lay_on_floor"
    bl_label = "Lay on Floor"

    by: EnumProperty(
        name="By",
        items=[
            ("POINTS", "Three Points", "The plane through three points becomes the ground"),
            ("SIDE", "One Side", "The side around the first point becomes the ground"),
            ("FACE", "Face", "One face, by its number, becomes the ground"),
        ],
    )
    first: FloatVectorProperty(name="First Point", subtype="TRANSLATION", unit="LENGTH")
    second: FloatVectorProperty(name="Second Point", subtype="TRANSLATION", unit="LENGTH")
    third: FloatVectorProperty(name="Third Point", subtype="TRANSLATION", unit="LENGTH")
    face: IntProperty(name="Face", description="A face's number in the mesh", min=0)
    centre: BoolProperty(name="Centre", description="Also put the model's middle above the world's origin")

    def execute(self, context: Context) -> set[str]:
        try:
            model = active_model(context)
            change = self._change(model)
            move(model, ground.centred(model, change) if self.centre else change)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _change(self, model: Model):
        if self.by == "FACE":
            return ground.floor_of_face(model, self.face)
        points = [Vector(point) for point in (self.first, self.second, self.third)]
        if self.by == "POINTS":
            return ground.floor_through(model, points)
        hit = surface.nearest(model.mesh, points[0])
        if hit is None:
            raise ModelError("The model has no faces.")
        return ground.floor_under(model, hit)

    def hint(self, context: Context) -> str:
        left = 3 - len(self.hits)
        if left == 3:
            return "Click three places that touch the ground, or F: use the side under the pointer"
        return f"Click {left} more place{'s' if left > 1 else ''} that touch{'' if left > 1 else 'es'} the ground"

    def enough(self) -> bool:
        return len(self.hits) == 3

    def finish(self, context: Context) -> set[str]:
        self.by = "POINTS"
        self.first, self.second, self.third = (hit.point for hit in self.hits)
        return self.execute(context)

    def key(self, context: Context, event: Event) -> set[str] | None:
        if event.type != "F" or event.value != "PRESS" or self.hover is None:
            return None
        self.by, self.first = "SIDE", self.hover.point
        return self.execute(context)

    def show(self, context: Context, drawing: Drawing) -> None:
        ends = [*drawing.points, *([drawing.hover] if drawing.hover is not None else [])][:3]
        if len(ends) > 1:
            drawing.lines = list(zip(ends, [*ends[1:], *ends[:1]][: len(ends) if len(ends) > 2 else 1], strict=False))
