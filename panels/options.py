"""The second step: what is seldom changed."""

from __future__ import annotations

from bpy.types import Context, Panel, PropertyGroup, UILayout

from ..operators.runner import is_busy


class MAQUETTE_PT_options(Panel):
    """What is seldom changed"""

    bl_label = "Options"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_model"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        settings = context.scene.maquette
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not is_busy()
        for name in ("faces", "texture", "storage", "watertight", "output"):
            layout.prop(settings, name)
        self._draw_markers(layout, settings.scale)

    def _draw_markers(self, layout: UILayout, settings: PropertyGroup) -> None:
        row = layout.row(heading="Real Size from")
        row.prop(settings, "use_markers")
        if settings.use_markers:
            column = layout.column()
            column.prop(settings, "marker_size")
            column.prop(settings, "markers_on_floor")
            column.prop(settings, "paper")
            column.operator("maquette.marker_sheet", icon="OUTPUT")
