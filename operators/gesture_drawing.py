"""What a gesture shows in its 3D view: the picks, lines between them, a label at the pointer, what to do next."""

from __future__ import annotations

import math
from itertools import pairwise

import blf
import bpy
import gpu
from bpy.types import Area
from bpy_extras.view3d_utils import location_3d_to_region_2d
from gpu_extras.batch import batch_for_shader
from mathutils import Vector

MARK, PREVIEW, SHADE = (1.0, 0.62, 0.1, 1.0), (1.0, 1.0, 1.0, 0.85), (0.0, 0.0, 0.0, 0.72)
ALERT = (1.0, 0.45, 0.35, 1.0)
RING = 7.0  # pixels

_live: list[Drawing] = []  # a handler that is left behind would draw for ever


def end_all() -> None:
    """Takes away what gestures still draw, and what they still say."""
    for drawing in list(_live):
        drawing.remove()
        for window in bpy.context.window_manager.windows:
            window.cursor_modal_restore()
            window.workspace.status_text_set(None)


def is_any() -> bool:
    """Whether a gesture is going on."""
    return bool(_live)


def is_drawing(name: str) -> bool:
    """Whether the gesture of this name is going on."""
    return any(drawing.name == name for drawing in _live)


class Drawing:
    """Plain values that the draw handler reads: the operator itself may be gone when Blender draws."""

    def __init__(self, area: Area, name: str) -> None:
        self.area, self.name = area, name
        self.points: list[Vector] = []
        self.lines: list[tuple[Vector, Vector]] = []
        self.hover: Vector | None = None
        self.label = ""  # beside the middle of the last line, or at the pointer
        self.hint = ""
        self.warning = ""
        self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        _live.append(self)

    @property
    def is_live(self) -> bool:
        """False once it is removed."""
        return self in _live

    def remove(self) -> None:
        """The end of it; may be called twice."""
        if self in _live:
            _live.remove(self)
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "WINDOW")
            for window in bpy.context.window_manager.windows:
                for area in window.screen.areas:
                    if area.type == "VIEW_3D":
                        area.tag_redraw()

    def _draw(self) -> None:
        context = bpy.context
        if context.area != self.area:
            return
        scale = context.preferences.system.ui_scale
        gpu.state.blend_set("ALPHA")
        for a, b in self.lines:
            _line([self._flat(a), self._flat(b)], MARK, 2.5 * scale)
        for point in self.points:
            _ring(self._flat(point), RING * scale, MARK, filled=True)
        if self.hover is not None:
            _ring(self._flat(self.hover), RING * scale, PREVIEW)
        if self.label:
            _text(self.label, self._label_place(), 15 * scale, (1, 1, 1, 1))
        middle = context.region.width / 2
        _text(self.hint, (middle, 34 * scale), 14 * scale, (1, 1, 1, 1), centred=True)
        if self.warning:
            _text(self.warning, (middle, 64 * scale), 13 * scale, ALERT, centred=True)
        gpu.state.blend_set("NONE")

    def _label_place(self) -> tuple[float, float] | None:
        ends = [self._flat(end) for end in (self.lines[-1] if self.lines else [self.hover] if self.hover else [])]
        if not ends or None in ends:
            return None
        middle = sum(ends, Vector((0, 0))) / len(ends)
        return middle.x + 14, middle.y + 14

    def _flat(self, point: Vector) -> Vector | None:
        return location_3d_to_region_2d(bpy.context.region, bpy.context.region_data, point)


def _line(ends: list[Vector | None], colour: tuple[float, ...], width: float) -> None:
    if None in ends:
        return  # behind the eye
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    for wide, tone in ((width + 2, SHADE), (width, colour)):
        shader.uniform_float("lineWidth", wide)
        shader.uniform_float("color", tone)
        batch_for_shader(shader, "LINES", {"pos": [(*end, 0) for end in ends]}).draw(shader)


def _ring(middle: Vector | None, radius: float, colour: tuple[float, ...], *, filled: bool = False) -> None:
    if middle is None:
        return
    turns = [2 * math.pi * i / 24 for i in range(25)]
    rim = [Vector((middle.x + radius * math.cos(t), middle.y + radius * math.sin(t))) for t in turns]
    if filled:
        _polygon([middle + (one - middle) * 0.45 for one in rim], colour)
    for a, b in pairwise(rim):
        _line([a, b], colour, 1.5)


def _polygon(rim: list[Vector], colour: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.uniform_float("color", colour)
    batch_for_shader(shader, "TRI_FAN", {"pos": [(*one, 0) for one in rim]}).draw(shader)


def _text(
    text: str, place: tuple[float, float] | None, size: float, colour: tuple[float, ...], *, centred: bool = False
) -> None:
    if place is None or not text:
        return
    blf.size(0, size)
    width, height = blf.dimensions(0, text)
    x, y = (place[0] - width / 2, place[1]) if centred else place
    pad = size * 0.5
    corners = ((-pad, -pad), (width + pad, -pad), (width + pad, height + pad), (-pad, height + pad))
    _polygon([Vector((x + dx, y + dy)) for dx, dy in corners], SHADE)
    blf.color(0, *colour)
    blf.position(0, x, y, 0)
    blf.draw(0, text)
