"""The last result: what it is, where it lies, its cameras."""

from __future__ import annotations

from bpy.types import Context, Panel

from .lines import draw_line


class MAQUETTE_PT_result(Panel):
    """The last result"""

    bl_label = "Result"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"

    def draw(self, context: Context) -> None:
        state = context.window_manager.maquette
        layout = self.layout
        for line in state.facts:
            draw_line(layout, context, line.kind, line.text)
        if state.folder:
            layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = state.folder
        layout.operator("maquette.look_through", icon="VIEW_CAMERA")
        layout.operator("maquette.import_result", icon="IMPORT")
