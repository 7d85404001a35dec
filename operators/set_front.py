"""Turn the model until a side of it looks to Blender's front view."""

from __future__ import annotations

from bpy.props import BoolProperty, EnumProperty, FloatVectorProperty
from bpy.types import Context, Event, Operator
from mathutils import Vector

from ..scene import ground, surface
from ..scene.errors import ModelError
from ..scene.model import Model, active_model, move
from .gesture import Gesture


class MAQUETTE_OT_set_front(Gesture, Operator):
    """Click the side that is the front, or take the present view: it looks to -Y, as Blender's front view wants it"""

    bl_idname = "maquette.set_front"
    bl_label = "Set Front"

    by: EnumProperty(
        name="By",
        items=[
            ("DIRECTION", "Direction", "The side that looks along a direction becomes the front"),
            ("POINT", "Point", "The side around a place on the model becomes the front"),
            ("VIEW", "Present View", "The side that the 3D view shows becomes the front"),
        ],
    )
    direction: FloatVectorProperty(name="Direction", default=(0, -1, 0), subtype="DIRECTION")
    point: FloatVectorProperty(name="Point", subtype="TRANSLATION", unit="LENGTH")
    centre: BoolProperty(name="Centre", description="Also put the model's middle above the world's origin")

    def execute(self, context: Context) -> set[str]:
        try:
            model = active_model(context)
            change = ground.front_towards(model, self._direction(context, model))
            move(model, ground.centred(model, change) if self.centre else change)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _direction(self, context: Context, model: Model) -> Vector:
        if self.by == "VIEW":
            self.by, self.direction = "DIRECTION", _towards_viewer(context)  # so that redoing it gives the same
        if self.by == "DIRECTION":
            return Vector(self.direction)
        hit = surface.nearest(model.mesh, Vector(self.point))
        if hit is None:
            raise ModelError("The model has no faces.")
        return ground.side_towards(model, hit)

    def hint(self, context: Context) -> str:
        return "Click the side that is the front, or Enter: what the view shows is the front"

    def enough(self) -> bool:
        return len(self.hits) == 1

    def finish(self, context: Context) -> set[str]:
        self.by, self.point = "POINT", self.hits[0].point
        return self.execute(context)

    def key(self, context: Context, event: Event) -> set[str] | None:
        if event.type not in {"RET", "NUMPAD_ENTER"} or event.value != "PRESS":
            return None
        self.by = "VIEW"
        return self.execute(context)


def _towards_viewer(context: Context) -> Vector:
    space = context.space_data
    if space is None or space.type != "VIEW_3D":
        raise ModelError("There is no 3D view to take the front from.")
    return space.region_3d.view_rotation @ Vector((0, 0, 1))
