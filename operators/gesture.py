"""What picking places on the model in the 3D view has in common: a modal operator that draws what it hears and goes cleanly.

A gesture says what to pick (`hint`) and what to do when it has enough (`enough`, `finish`). The view stays usable: it can be
turned and zoomed between the picks. From a script `execute` takes the same places as properties.
"""

from __future__ import annotations

from bpy.types import Area, Context, Event, Region
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d
from mathutils import Vector

from ..scene import surface
from ..scene.errors import ModelError
from ..scene.model import Model, active_model
from . import gesture_drawing
from .gesture_drawing import Drawing

_VIEW = {
    "MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELINMOUSE", "WHEELOUTMOUSE", "TRACKPADPAN", "TRACKPADZOOM",
    "MOUSEROTATE", "MOUSESMARTZOOM", "NDOF_MOTION",
}  # fmt: skip
_PAD = {f"NUMPAD_{name}" for name in (*range(10), "PERIOD", "PLUS", "MINUS")}


class Gesture:
    """Mixed into an Operator. `hits` are the places picked so far, `hover` the one under the pointer."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def target(self, context: Context) -> Model:
        """What is picked on; ModelError where there is none."""
        return active_model(context)

    def hint(self, context: Context) -> str:
        """What to do next, in a few words."""
        raise NotImplementedError

    def enough(self) -> bool:
        """Whether the last pick was the last one needed."""
        raise NotImplementedError

    def finish(self, context: Context) -> set[str]:
        """Properties from the picks, then `execute`."""
        raise NotImplementedError

    def begin(self, context: Context, model: Model) -> None:
        """Before the first pick."""

    def key(self, context: Context, event: Event) -> set[str] | None:
        """A key that the gesture knows; None where it doesn't."""
        return None

    def show(self, context: Context, drawing: Drawing) -> None:
        """Adds what this gesture draws beyond its picks."""

    def end(self, context: Context) -> None:
        """The gesture is over, whatever became of it."""

    def invoke(self, context: Context, event: Event) -> set[str]:
        """From the panel: starts picking."""
        area = context.area
        if gesture_drawing.is_drawing(self.bl_idname):
            return {"CANCELLED"}  # it is going on already
        if area is None or area.type != "VIEW_3D":
            self.report({"ERROR"}, "Start this in a 3D view.")
            return {"CANCELLED"}
        try:
            model = self.target(context)
            self.hits: list[surface.Hit] = []
            self.hover: surface.Hit | None = None
            self._press: tuple[int, int] | None = None
            self.begin(context, model)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        gesture_drawing.end_all()  # another gesture that is still going on hears of it at its next event
        self._drawing, self._others_know = Drawing(area, self.bl_idname), False
        context.window.cursor_modal_set("CROSSHAIR")
        context.window_manager.modal_handler_add(self)
        self._refresh(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        if not self._drawing.is_live:
            self._stop(context)
            return {"CANCELLED", "PASS_THROUGH"}
        try:
            done = self._hear(context, event)
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            done = {"CANCELLED"}
        except ReferenceError:  # an undo or a new file took the model away
            done = {"CANCELLED"}
        if done & {"FINISHED", "CANCELLED"}:
            self._stop(context)
            return done
        self._refresh(context)
        if not self._others_know and event.type == "MOUSEMOVE":
            self._others_know = True
            return {"PASS_THROUGH"}
        return done

    def cancel(self, context: Context) -> None:
        """Blender ends the operator."""
        self._stop(context)

    def _hear(self, context: Context, event: Event) -> set[str]:
        if event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            return {"CANCELLED"}
        inside = self._is_inside(context, event)
        if event.type in _VIEW or event.alt:
            return {"PASS_THROUGH"}
        known = self.key(context, event)
        if known is not None:
            return known
        if event.type == "MOUSEMOVE":
            self.hover = self._under(context, event) if inside else None
            return {"PASS_THROUGH"} if not inside else {"RUNNING_MODAL"}
        if event.type == "LEFTMOUSE":
            return self._pick(context, event) if inside else {"PASS_THROUGH"}
        if event.type == "BACK_SPACE" and event.value == "PRESS":
            del self.hits[-1:]
        elif event.type in _PAD:
            return {"PASS_THROUGH"}
        return {"RUNNING_MODAL"}

    def _pick(self, context: Context, event: Event) -> set[str]:
        if event.value != "PRESS" or self.enough():
            return {"RUNNING_MODAL"}
        hit = self._under(context, event)
        if hit is None:
            self.report({"WARNING"}, "There is nothing to pick under the pointer.")
            return {"RUNNING_MODAL"}
        self.hits.append(hit)
        return self.finish(context) if self.enough() else {"RUNNING_MODAL"}

    def under(self, context: Context, model: Model, origin: Vector, direction: Vector) -> surface.Hit | None:
        """What a ray from the eye picks."""
        return surface.cast(model.mesh, origin, direction)

    def _under(self, context: Context, event: Event) -> surface.Hit | None:
        region = self._region(context)
        place = Vector((event.mouse_x - region.x, event.mouse_y - region.y))
        view = context.area.spaces.active.region_3d
        origin, direction = region_2d_to_origin_3d(region, view, place), region_2d_to_vector_3d(region, view, place)
        return self.under(context, self.target(context), origin, direction)

    def _region(self, context: Context) -> Region:
        return next(region for region in context.area.regions if region.type == "WINDOW")

    def _is_inside(self, context: Context, event: Event) -> bool:
        """Over the picture itself, not over the sidebar or a header that lies on it."""
        area: Area | None = context.area
        if area is None or area != self._drawing.area:
            return False
        over = {region.type for region in area.regions if _holds(region, event)}
        return "WINDOW" in over and not over - {"WINDOW"}

    def _refresh(self, context: Context) -> None:
        drawing = self._drawing
        drawing.points = [hit.point.copy() for hit in self.hits]
        drawing.hover = self.hover.point.copy() if self.hover is not None else None
        drawing.lines, drawing.label, drawing.warning = [], "", ""
        drawing.hint = self.hint(context)
        self.show(context, drawing)
        context.workspace.status_text_set(f"{drawing.hint}    Backspace: back    Esc: cancel")
        drawing.area.tag_redraw()

    def _stop(self, context: Context) -> None:
        self._drawing.remove()
        self.end(context)
        if gesture_drawing.is_any():
            return  # the one that took over has the pointer and the status bar now
        if context.window is not None:
            context.window.cursor_modal_restore()
        if context.workspace is not None:
            context.workspace.status_text_set(None)


def _holds(region: Region, event: Event) -> bool:
    x, y = event.mouse_x - region.x, event.mouse_y - region.y
    return region.width > 1 and region.height > 1 and 0 <= x < region.width and 0 <= y < region.height
