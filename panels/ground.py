"""The model's real size, and how it stands."""

from __future__ import annotations

from bpy.types import Context, Panel, UILayout

from ..scene.model import FOLDER, ModelError, active_model
from ..scene.scale import size_text, source_of
from .lines import draw_line


class MAQUETTE_PT_ground(Panel):
    """The model's real size, and how it stands"""

    bl_label = "Scale & Ground"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 40
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return any(FOLDER in collection for collection in context.scene.collection.children_recursive)

    def draw(self, context: Context) -> None:
        try:
            model = active_model(context)
        except ModelError as error:
            draw_line(self.layout, context, "INFO", str(error))
            return
        self.layout.label(text=size_text(context.scene, model), icon="CUBE")
        known = source_of(model)
        draw_line(self.layout, context, "INFO", f"Size from {known}" if known else "Its real size is not known yet.")
        self._draw_scale(context.scene.maquette.scale)
        self._draw_ground(self.layout, context.scene.maquette.scale)

    def _draw_scale(self, settings) -> None:
        column = self.layout.column(align=True)
        column.operator("maquette.set_scale", text="Two Points and a Distance", icon="DRIVER_DISTANCE")
        row = column.row(align=True)
        row.operator("maquette.scale_from_card", icon="IMAGE_REFERENCE")
        row.prop(settings, "reference", text="")
        if settings.reference == "CUSTOM":
            row = column.row(align=True)
            row.prop(settings, "width")
            row.prop(settings, "height")
        row = column.row(align=True)
        row.operator("maquette.scale_from_markers", text="Markers", icon="FULLSCREEN_EXIT")
        row.prop(settings, "marker_size", text="")
        column.prop(settings, "markers_on_floor", text="Markers Lie on the Ground")

    def _draw_ground(self, layout: UILayout, settings) -> None:
        column = layout.column(align=True)
        column.label(text="Stand")
        for name, icon in (
            ("lay_on_floor", "AXIS_TOP"),
            ("floor_from_lowest", "TRIA_DOWN_BAR"),
            ("set_front", "AXIS_FRONT"),
        ):
            column.operator(f"maquette.{name}", icon=icon).centre = settings.centre
        column.operator("maquette.move_origin", icon="OBJECT_ORIGIN")
        layout.prop(settings, "centre", text="Centre at World Origin")
