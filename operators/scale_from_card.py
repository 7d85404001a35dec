"""Pick two opposite corners of a card or a sheet in one photo: its known diagonal gives the model its size."""

from __future__ import annotations

import math

from bpy.props import EnumProperty, FloatProperty, FloatVectorProperty, StringProperty
from bpy.types import Context, Event, Operator
from mathutils import Vector

from ..scene import photo_rays, surface
from ..scene.cameras import is_photo
from ..scene.errors import ModelError
from ..scene.model import Model, active_model, photo_of
from ..scene.scale import REFERENCES, set_length, source_of, text_of, to_scene_units
from .following import follow
from .gesture import Gesture
from .gesture_drawing import Drawing
from .photo_view import PhotoView
from .replacing import AsksBeforeReplacing

NAMES = {"CARD": "a card", "A4": "an A4 sheet", "LETTER": "a Letter sheet", "CUSTOM": "a rectangle"}


class MAQUETTE_OT_scale_from_card(AsksBeforeReplacing, Gesture, Operator):
    """Look through a photo's camera and click two opposite corners of a bank card or a sheet of paper: the model takes its real size"""

    bl_idname = "maquette.scale_from_card"
    bl_label = "Card in Photo"

    camera: StringProperty(name="Camera", description="The camera whose photo shows it; empty: the one looked through")
    first: FloatVectorProperty(
        name="First Corner", description="In the camera's picture: pixels from the left and from the top", size=2
    )
    second: FloatVectorProperty(name="Second Corner", description="The opposite corner", size=2)
    reference: EnumProperty(
        name="What",
        items=[(name, name.title(), "") for name in NAMES],
        default="CARD",
    )
    diagonal: FloatProperty(
        name="Diagonal", description="Of anything else", subtype="DISTANCE", unit="LENGTH", default=0.1, min=0.0
    )

    def execute(self, context: Context) -> set[str]:
        try:
            model = active_model(context)
            camera = photo_rays.camera_named(model, self.camera)
            known, pivot = source_of(model), model.mesh.matrix_world.translation.copy()
            a, b = (photo_rays.place_at(model, camera, Vector(pixel)) for pixel in (self.first, self.second))
            factor = set_length(model, a, b, self._length(context), f"{NAMES[self.reference]} in {photo_of(camera)}")
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        follow(context, pivot, factor)
        self.report({"INFO"}, self.said(f"The model is {factor:.4g} times as large", known))
        return {"FINISHED"}

    def _length(self, context: Context) -> float:
        if self.reference == "CUSTOM":
            return self.diagonal
        return to_scene_units(context.scene, math.hypot(*REFERENCES[self.reference]) / 1000)

    def invoke(self, context: Context, event: Event) -> set[str]:
        settings = context.scene.maquette.scale
        self.reference = settings.reference
        self.diagonal = math.hypot(settings.width, settings.height)
        return super().invoke(context, event)

    def begin(self, context: Context, model: Model) -> None:
        looked_through = context.space_data.region_3d.view_perspective == "CAMERA" and is_photo(context.scene.camera)
        named = self.camera or next(
            (
                thing.name
                for thing in (context.scene.camera if looked_through else None, context.object)
                if is_photo(thing)
            ),
            "",
        )
        camera = photo_rays.camera_named(model, named)
        self.camera = camera.name
        self._view = PhotoView(context, camera)
        self._known = source_of(model)

    def end(self, context: Context) -> None:
        self._view.restore()

    def hint(self, context: Context) -> str:
        what = NAMES[self.reference].split(" ", 1)[1]
        which = ("Click a corner of the", "Click the opposite corner of the")[min(len(self.hits), 1)]
        return f"{which} {what} in {self.camera}"

    def enough(self) -> bool:
        return len(self.hits) == 2

    def under(self, context: Context, model: Model, origin: Vector, direction: Vector) -> surface.Hit | None:
        camera = photo_rays.camera_named(model, self.camera)
        try:
            place = photo_rays.place_at(model, camera, photo_rays.pixel_of(camera, origin + direction))
        except ModelError:
            return None
        return surface.Hit(point=place, normal=-direction, face=-1)

    def finish(self, context: Context) -> set[str]:
        camera = photo_rays.camera_named(active_model(context), self.camera)
        self.first, self.second = (photo_rays.pixel_of(camera, hit.point) for hit in self.hits)
        return self.execute(context)

    def show(self, context: Context, drawing: Drawing) -> None:
        ends = [*drawing.points, *([drawing.hover] if drawing.hover is not None else [])][:2]
        if len(ends) == 2:
            drawing.lines = [(ends[0], ends[1])]
            drawing.label = f"{text_of(context.scene, self._length(context))} from corner to corner"
        if self._known:
            drawing.warning = f"This replaces the size from {self._known}"
