"""Look through a photo's camera or a ghost camera, go on to the next, and back to the artist's own view."""

from __future__ import annotations

from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy.types import Context, Operator

from ..scene import viewing
from ..scene.model import ModelError, models_in


class _OfModel:
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not models_in(context.scene):
            cls.poll_message_set("There is no model in this scene yet")
            return False
        return True


class MAQUETTE_OT_look_through(_OfModel, Operator):
    """Look through a photo's camera; the render takes the photo's size, so that both coincide"""

    bl_idname = "maquette.look_through"
    bl_label = "Look Through Photo"

    camera: StringProperty(name="Camera", description="Its name; empty: the selected camera, else the first")

    def execute(self, context: Context) -> set[str]:
        try:
            viewing.look_through(context, viewing.named(context, self.camera))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class MAQUETTE_OT_next_camera(_OfModel, Operator):
    """Look through the next photo's camera, or the one before it"""

    bl_idname = "maquette.next_camera"
    bl_label = "Next Photo"

    step: IntProperty(name="Step", description="1 is the next, -1 the one before", default=1)
    ghosts: BoolProperty(name="Ghost Cameras", description="Go through the places where photos are wanted")

    def execute(self, context: Context) -> set[str]:
        try:
            viewing.look_through(context, viewing.neighbour(context, self.step, ghosts=self.ghosts))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class MAQUETTE_OT_leave_camera(Operator):
    """Back to your own view, with the camera and the picture size that the scene had before"""

    bl_idname = "maquette.leave_camera"
    bl_label = "Back to My View"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        viewing.leave(context)
        return {"FINISHED"}
