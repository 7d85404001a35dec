"""Wipe the photo against the model by dragging over the frame."""

from __future__ import annotations

from bpy.props import FloatProperty
from bpy.types import Context, Event, Operator

from ..scene import viewing
from ..scene.model import ModelError
from . import wipe_drawing


class MAQUETTE_OT_wipe_photo(Operator):
    """Drag over the frame: left of the pointer is the photo, right of it your model. Click to keep, Esc to go back"""

    bl_idname = "maquette.wipe_photo"
    bl_label = "Wipe Photo"
    bl_options = {"REGISTER", "UNDO"}

    wipe: FloatProperty(
        name="Photo", description="How much of the frame shows the photo", default=0.5, min=0, max=1, subtype="FACTOR"
    )

    def execute(self, context: Context) -> set[str]:
        context.scene.maquette.trust.wipe = self.wipe
        return {"FINISHED"}

    def invoke(self, context: Context, event: Event) -> set[str]:
        if context.space_data is None or context.space_data.type != "VIEW_3D":
            return self.execute(context)
        try:
            if wipe_drawing.looked_through(context) is None:
                viewing.look_through(context, viewing.named(context, "", ghosts=False))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._before = context.scene.maquette.trust.wipe
        context.scene.maquette.trust.wipe = self._before or 0.5
        context.window.cursor_modal_set("MOVE_X")
        context.workspace.status_text_set("Move: wipe the photo over the model    Click: keep    Esc: back")
        context.window_manager.modal_handler_add(self)
        context.area.tag_redraw()
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        if event.type == "MOUSEMOVE":
            self._follow(context, event)
        elif event.type in {"LEFTMOUSE", "RET"} and event.value == "PRESS":
            self.wipe = context.scene.maquette.trust.wipe
            self._end(context)
            return {"FINISHED"}
        elif event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            self.cancel(context)
            return {"CANCELLED"}
        elif event.type in {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM"}:
            return {"PASS_THROUGH"}
        return {"RUNNING_MODAL"}

    def cancel(self, context: Context) -> None:
        """As it was before."""
        context.scene.maquette.trust.wipe = self._before
        self._end(context)

    def _follow(self, context: Context, event: Event) -> None:
        camera, area = context.scene.camera, context.area
        region = next((one for one in area.regions if one.type == "WINDOW"), None) if area is not None else None
        if camera is None or region is None or area.type != "VIEW_3D":
            return
        frame = wipe_drawing.frame_in(context, region, area.spaces.active.region_3d, camera)
        if frame is not None and frame[1].x > frame[0].x:
            share = (event.mouse_x - region.x - frame[0].x) / (frame[1].x - frame[0].x)
            context.scene.maquette.trust.wipe = min(max(share, 0.0), 1.0)
            area.tag_redraw()

    def _end(self, context: Context) -> None:
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)
        if context.area is not None:
            context.area.tag_redraw()
