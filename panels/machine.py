"""What this machine can do, in the sidebar and on the preferences' page."""

from __future__ import annotations

from bpy.types import Context, Panel, UILayout

from .. import preferences
from ..operators.runner import is_busy
from .lines import draw_facts, draw_line


class MAQUETTE_PT_machine(Panel):
    """What this machine can do"""

    bl_label = "This Machine"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_model"
    bl_order = 90
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        draw_machine(self.layout, context)
        show = self.layout.operator("preferences.addon_show", text="Preferences …", icon="PREFERENCES")
        show.module = preferences.__package__


def draw_machine(layout: UILayout, context: Context) -> None:
    """The self-test's button and what it found."""
    machine = context.window_manager.maquette_machine
    column = layout.column()
    if not machine.lines:
        draw_line(column, context, "INFO", "See which devices work here and how long a model will take.")
    draw_facts(column, context, machine.lines)
    row = layout.row(align=True)
    if is_busy():
        row.label(text=context.window_manager.maquette.stage + " …", icon="SORTTIME")
    else:
        row.operator("maquette.selftest", text="Test Again" if machine.lines else "Test This Machine", icon="PLAY")
    if machine.text:
        row.operator("maquette.copy_machine", text="", icon="COPYDOWN")
