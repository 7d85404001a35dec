"""The other first step: one photo, Build Stage; and what can be set about the stage that stands in the scene."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.types import Context, Panel, PropertyGroup, UILayout

from ..engine.mono.cards import EMBEDDED
from ..engine.settings import Back, Filler
from ..operators.progress import STAGE
from ..operators.runner import is_busy
from ..operators.stage_request import listed_photo
from ..scene.stage.find import has_stage
from .lines import draw_line, draw_messages, draw_progress
from .thumbnails import icon_of


class MAQUETTE_PT_stage(Panel):
    """One photo to a stage"""

    bl_label = "Stage from One Photo"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 5

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.maquette.stage
        told_here = context.window_manager.maquette.shown_in == STAGE
        if is_busy() and told_here:
            draw_progress(layout, context)
        else:
            column = layout.column()
            column.enabled = not is_busy()
            self._draw_photo(column, context, settings)
        if told_here:
            draw_messages(layout, context)
        if has_stage(context):
            self._draw_stage(layout, settings)

    def _draw_photo(self, layout: UILayout, context: Context, settings: PropertyGroup) -> None:
        listed = listed_photo(context)
        if settings.photo:
            path = bpy.path.abspath(settings.photo)
            row = layout.row(align=True)
            row.label(text=Path(path).name, icon_value=icon_of(path))
            row.operator("maquette.stage_photo", text="", icon="FILE_IMAGE")
            row.operator("maquette.clear_stage_photo", text="", icon="X")
            layout.prop(settings, "provider", text="")
            build = layout.row()
            build.scale_y = 1.6
            build.operator("maquette.build_stage", icon="VIEW_PERSPECTIVE")
            return
        box = layout.box()
        draw_line(
            box, context, "INFO", "One photo becomes a relief with its camera, and layers to film. Takes seconds."
        )
        row = box.row()
        row.scale_y = 1.4
        row.operator("maquette.stage_photo", text="Choose Photo", icon="FILE_IMAGE")
        if listed is not None:
            box.operator("maquette.build_stage", text=f"From {listed.name}", icon="VIEW_PERSPECTIVE").listed = True

    def _draw_stage(self, layout: UILayout, settings: PropertyGroup) -> None:
        box = layout.box()
        box.row().prop(settings, "shown", expand=True)
        column = box.column(align=True)
        column.prop(settings, "lens")
        column.prop(settings, "reach")
        column.prop(settings, "lit", slider=True)
        box.prop(settings, "invented")
        row = box.row(align=True)
        row.operator("maquette.match_stage", icon="CAMERA_DATA")
        row.operator("maquette.leave_camera", text="", icon="LOOP_BACK")


class MAQUETTE_PT_stage_options(Panel):
    """What is seldom changed about a stage"""

    bl_label = "Options"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_stage"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        layout, settings = self.layout, context.scene.maquette.stage
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.enabled = not is_busy()
        names = [] if settings.provider == EMBEDDED else ["weights"]
        names += ["focal", "distance", "faces", "tear", "smooth", "far", "back"]
        names += ["thickness"] if settings.back in (Back.CLOSED.value, Back.PLATE.value) else []
        names += ["sky", "layers", "filler"]
        names += ["filler_weights"] if settings.filler == Filler.LAMA.value else []
        for name in names:
            layout.prop(settings, name)
        layout.prop(context.scene.maquette, "storage", text="Save Photo")
        layout.prop(settings, "match")
        layout.operator("maquette.import_stage", icon="IMPORT")
