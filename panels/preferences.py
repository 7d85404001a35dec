"""Maquette's page in Blender's preferences: device, folders and what they hold, self-test, log."""

from __future__ import annotations

from bpy.types import AddonPreferences, Context, UILayout

from .. import preferences
from ..operators import cache_size
from ..operators.empty_cache import counted, in_words
from .machine import draw_machine
from .networks import draw_networks


def draw_page(page: AddonPreferences, context: Context) -> None:
    """The whole of it."""
    column = page.layout.column()
    column.use_property_split = True
    column.prop(page, "device")
    column.prop(page, "folder")
    _draw_size(column, context)
    column.separator()
    row = _labelled(column, "Log of the Last Run")
    row.operator("maquette.open_log", icon="TEXT")
    row.operator("maquette.open_log", text="Show Folder", icon="FILE_FOLDER").folder = True
    column.separator()
    draw_networks(page.layout.column(), context)
    column = page.layout.column()
    column.separator()
    draw_machine(column, context)


def _draw_size(layout: UILayout, context: Context) -> None:
    kept = cache_size.latest(preferences.models_folder(context))
    row = _labelled(layout, "It Holds")
    if kept is None:
        row.label(text="counting …")
    elif not kept:
        row.label(text="nothing yet")
    else:
        row.label(text=f"{counted(len(kept), 'model')}, {in_words(sum(run.all_bytes for run in kept))}")
        row.operator("maquette.empty_cache", text="Free Up Space …", icon="TRASH")


def _labelled(layout: UILayout, text: str) -> UILayout:
    """A row that lines up with the properties above it."""
    split = layout.split(factor=0.4)
    name = split.row()
    name.alignment = "RIGHT"
    name.label(text=text)
    return split.row()


def register() -> None:
    preferences.pages.append(draw_page)


def unregister() -> None:
    preferences.pages.remove(draw_page)
