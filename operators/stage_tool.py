"""What the tools of a stage share: they need one, they tell what is wrong in a sentence, and some take a click on it."""

from __future__ import annotations

from bpy.props import FloatProperty
from bpy.types import Context
from mathutils import Vector

from ..scene import surface
from ..scene.errors import ModelError
from ..scene.stage import rays
from ..scene.stage.find import StageInScene, active_stage, has_stage
from .gesture import Gesture


class StageTool:
    """Mixed into an Operator that does one thing to the active stage (`act`)."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not has_stage(context):
            cls.poll_message_set("Build a stage from a photo first")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def act(self, context: Context, stage: StageInScene) -> None:
        """ModelError where it can't be done."""
        raise NotImplementedError

    def execute(self, context: Context) -> set[str]:
        try:
            self.act(context, active_stage(context))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class StageClick(Gesture):
    """Mixed into an Operator that wants one place on the stage: a click in the view, or x and y in the photo from a script.

    `act` gets the ray that meets that place.
    """

    x: FloatProperty(name="X", description="In pixels of the photo, from its left side", options={"SKIP_SAVE"})
    y: FloatProperty(name="Y", description="In pixels of the photo, from its top", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: Context) -> bool:
        return StageTool.poll.__func__(cls, context)

    def act(self, context: Context, stage: StageInScene, origin: Vector, direction: Vector) -> None:
        """ModelError where it can't be done."""
        raise NotImplementedError

    def execute(self, context: Context) -> set[str]:
        try:
            stage = active_stage(context)
            self.act(context, stage, *rays.ray_of(stage, (self.x, self.y)))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def target(self, context: Context) -> StageInScene:
        return active_stage(context)

    def under(self, context: Context, model: StageInScene, origin: Vector, direction: Vector) -> surface.Hit | None:
        self._ray = origin.copy(), direction.normalized()
        return rays.under(model, origin, direction)

    def enough(self) -> bool:
        return len(self.hits) == 1

    def finish(self, context: Context) -> set[str]:
        """A place that the photo shows is kept as its pixel, so that redoing it gives the same."""
        stage = active_stage(context)
        self.x, self.y = rays.pixel_of(stage, self.hits[0].point)
        try:
            self.act(context, stage, *self._ray)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
