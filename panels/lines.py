"""Text in a narrow sidebar: wrapped to its width, with an icon on the first line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import blf
from bpy.types import Context, PropertyGroup, UILayout

from ..operators.remedies import REMEDIES

_ICONS = {"INFO": "INFO", "WARNING": "ERROR", "ERROR": "CANCEL"}  # Blender's "ERROR" icon is the warning triangle
_BESIDE = 80  # pixels that the icon, the tabs and the margins take, of a box too
_LEAST = 100


def draw_line(layout: UILayout, context: Context, kind: str, text: str) -> None:
    """One message, as many rows as it needs."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    for row, part in enumerate(_wrapped(context, text)):
        column.label(text=part, icon=_ICONS[kind] if row == 0 else "BLANK1")


def draw_facts(layout: UILayout, context: Context, lines: Iterable[PropertyGroup]) -> None:
    """Plain facts below one another: an icon for each would only be noise."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    for line in lines:
        if line.kind == "INFO":
            for part in _wrapped(context, line.text):
                column.label(text=part)
        else:
            draw_line(column, context, line.kind, line.text)


def _wrapped(context: Context, text: str) -> Iterator[str]:
    """Rows that fit the region, measured in the letters that Blender draws."""
    scale = context.preferences.system.ui_scale
    blf.size(0, context.preferences.ui_styles[0].widget.points * scale)
    limit = max(context.region.width - _BESIDE * scale, _LEAST * scale)
    row = ""
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if row and blf.dimensions(0, longer)[0] > limit:
            yield row
            longer = word
        row = longer
    if row:
        yield row


def draw_told(layout: UILayout, context: Context, kind: str, text: str, code: str) -> None:
    """A line of what a run told, and the buttons that help."""
    remedies = REMEDIES.get(code, ())
    place = layout.column(align=True)
    draw_line(place, context, kind, text)
    for remedy in remedies:
        button = place.operator(remedy.operator, text=remedy.label, icon=remedy.icon)
        for name, value in remedy.settings.items():
            setattr(button, name, value)


def draw_messages(layout: UILayout, context: Context) -> None:
    """All that the last run told."""
    for line in context.window_manager.maquette.messages:
        draw_told(layout, context, line.kind, line.text, line.code)


def draw_progress(layout: UILayout, context: Context) -> None:
    """How far the engine is, and the way to stop it."""
    state = context.window_manager.maquette
    layout.progress(factor=state.progress, type="BAR", text=f"{state.stage}  {state.progress:.0%}")
    column = layout.column(align=True)
    column.scale_y = 0.8
    column.label(text=state.step)
    column.label(text=state.remaining)
    layout.operator("maquette.cancel", icon="X")
