"""Pick two places on the model and type how far apart they are."""

from __future__ import annotations

from bpy.props import FloatProperty, FloatVectorProperty
from bpy.types import Context, Event, Operator

from ..scene.errors import ModelError
from ..scene.model import Model, active_model
from ..scene.scale import length_of, set_length, source_of, text_of
from .following import follow
from .gesture import Gesture
from .gesture_drawing import Drawing
from .replacing import AsksBeforeReplacing


class MAQUETTE_OT_set_scale(AsksBeforeReplacing, Gesture, Operator):
    """Click two places on the model, type the distance between them: model, cameras and points take their real size"""

    bl_idname = "maquette.set_scale"
    bl_label = "Set Scale"

    first: FloatVectorProperty(name="First Point", subtype="TRANSLATION", unit="LENGTH")
    second: FloatVectorProperty(name="Second Point", subtype="TRANSLATION", unit="LENGTH")
    distance: FloatProperty(
        name="Distance", description="How far apart they really are", subtype="DISTANCE", unit="LENGTH", min=0.0
    )

    def execute(self, context: Context) -> set[str]:
        try:
            model = active_model(context)
            known, pivot = source_of(model), model.mesh.matrix_world.translation.copy()
            length = text_of(context.scene, self.distance)
            a, b = (type(pivot)(point) for point in (self.first, self.second))
            factor = set_length(model, a, b, self.distance, f"two points {length} apart")
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        follow(context, pivot, factor)
        self.report({"INFO"}, self.said(f"The model is {factor:.4g} times as large", known))
        return {"FINISHED"}

    def begin(self, context: Context, model: Model) -> None:
        self._typed = ""
        self._known = source_of(model)

    def hint(self, context: Context) -> str:
        if len(self.hits) < 2:
            return ("Click a place on the model", "Click a second place, whose distance you know")[len(self.hits)]
        if self._typed and length_of(context.scene, self._typed) is None:
            return f"Distance: {self._typed}|    is no length yet: 12 cm, 5in, 1.2 m"
        return f"Distance: {self._typed}|    type it (12 cm, 5in), then Enter"

    def enough(self) -> bool:
        return len(self.hits) == 2

    def finish(self, context: Context) -> set[str]:
        return {"RUNNING_MODAL"}  # the distance is still to be typed

    def key(self, context: Context, event: Event) -> set[str] | None:
        if not self.enough() or event.value != "PRESS":
            return None
        if event.type in {"RET", "NUMPAD_ENTER"}:
            return self._accept(context)
        if event.type == "BACK_SPACE" and self._typed:
            self._typed = self._typed[:-1]
        elif event.unicode and event.unicode.isprintable() and not event.ctrl and event.type != "BACK_SPACE":
            self._typed += event.unicode
        else:
            return None
        return {"RUNNING_MODAL"}

    def _accept(self, context: Context) -> set[str]:
        length = length_of(context.scene, self._typed)
        if length is None:
            return {"RUNNING_MODAL"}
        self.first, self.second = (hit.point for hit in self.hits)
        self.distance = length
        return self.execute(context)

    def show(self, context: Context, drawing: Drawing) -> None:
        ends = [*drawing.points, *([drawing.hover] if drawing.hover is not None else [])][:2]
        if len(ends) == 2:
            drawing.lines = [(ends[0], ends[1])]
            now = text_of(context.scene, (ends[1] - ends[0]).length)
            drawing.label = f"now {now}" + (f"  →  {self._typed}" if self._typed else "")
        if self.enough():
            drawing.hover = None
        if self._known:
            drawing.warning = f"This replaces the size from {self._known}"
