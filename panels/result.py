"""The last result: what it is and where it lies."""

from __future__ import annotations

from bpy.types import Context, Panel

from .lines import draw_facts, draw_line


class MAQUETTE_PT_result(Panel):
    """The last result"""

    bl_label = "Result"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 10

    def draw(self, context: Context) -> None:
        state = context.window_manager.maquette
        layout = self.layout
        draw_facts(layout, context, state.facts)
        if not len(state.facts):
            draw_line(
                layout,
                context,
                "INFO",
                "A finished model is described here.",
            )
        if state.folder:
            layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = state.folder
        layout.operator("maquette.import_result", icon="IMPORT")
