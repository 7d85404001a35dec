"""Region & Masks: what of the photos the model is made of."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.types import Context, Panel, UILayout

from ..operators.runner import is_busy
from ..scene import region
from ..scene.model import models_in
from .lines import draw_line


class MAQUETTE_PT_region_masks(Panel):
    """What of the photos the model is made of"""

    bl_label = "Region & Masks"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_model"
    bl_order = 2
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not is_busy()
        settings = context.scene.maquette
        column = layout.column()
        column.active = not settings.region_masks.use_box
        column.prop(settings, "region")
        self._draw_box(context, layout.column())
        layout.prop(settings.region_masks, "turntable")
        self._draw_masks(context, layout.column())

    def _draw_box(self, context: Context, layout: UILayout) -> None:
        there = region.box_in(context) is not None
        if there:
            layout.prop(context.scene.maquette.region_masks, "use_box")
        if region.can_fit(context):
            layout.operator("maquette.fit_box", text="Fit Box Anew" if there else "Fit Region Box", icon="CUBE")
        else:
            draw_line(layout, context, "INFO", "To draw a region box, find the cameras first.")
            layout.operator("maquette.find_cameras", icon="OUTLINER_OB_CAMERA")

    def _draw_masks(self, context: Context, layout: UILayout) -> None:
        settings = context.scene.maquette
        layout.prop(settings, "masks")
        if settings.masks:
            folder = Path(bpy.path.abspath(settings.masks))
            row = layout.row(align=True)
            row.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = str(folder)
            sheet = folder.with_name("masks.png")
            if folder.name == "masks" and sheet.is_file():
                row.operator("wm.path_open", text="See All", icon="IMAGE_DATA").filepath = str(sheet)
        if not models_in(context.scene):
            return
        own = settings.region_masks
        layout.separator()
        layout.prop(own, "unwanted")
        layout.prop(own, "background")
        layout.prop(own, "overwrite")
        layout.prop(own, "grow")
        layout.operator("maquette.masks_from_model", icon="MOD_MASK")
