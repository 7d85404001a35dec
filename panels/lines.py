"""Text in a narrow sidebar: wrapped to its width, with an icon on the first line."""

from __future__ import annotations

import textwrap

from bpy.types import Context, PropertyGroup, UILayout

from ..operators.remedies import REMEDIES

_ICONS = {"INFO": "INFO", "WARNING": "ERROR", "ERROR": "CANCEL"}  # Blender's "ERROR" icon is the warning triangle
_PIXELS_PER_LETTER = 7


def draw_line(layout: UILayout, context: Context, kind: str, text: str) -> None:
    """One message, as many rows as it needs."""
    width = context.region.width / context.preferences.system.ui_scale - 60
    column = layout.column(align=True)
    column.scale_y = 0.8
    for row, part in enumerate(textwrap.wrap(text, max(int(width / _PIXELS_PER_LETTER), 20))):
        column.label(text=part, icon=_ICONS[kind] if row == 0 else "BLANK1")


def draw_told(layout: UILayout, context: Context, line: PropertyGroup) -> None:
    """A line of what a run told, and the buttons that help."""
    remedies = REMEDIES.get(line.code, ())
    place = layout.column(align=True)
    draw_line(place, context, line.kind, line.text)
    for remedy in remedies:
        button = place.operator(remedy.operator, text=remedy.label, icon=remedy.icon)
        for name, value in remedy.settings.items():
            setattr(button, name, value)
