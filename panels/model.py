"""The first step: photos, quality, Build Model; while it runs, its progress."""

from __future__ import annotations

from bpy.types import Context, Panel

from ..operators.progress import STAGE
from ..operators.runner import is_busy
from .lines import draw_messages, draw_progress, draw_told
from .photos import draw_start


class MAQUETTE_PT_model(Panel):
    """Photos to a model"""

    bl_label = "Model from Photos"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"

    def draw(self, context: Context) -> None:
        state = context.window_manager.maquette
        told_here = state.shown_in != STAGE
        if is_busy() and told_here:
            draw_progress(self.layout, context)
        else:
            self._draw_start(context)
        if told_here:
            draw_messages(self.layout, context)
        if context.scene.maquette.unfinished.folder and not is_busy():
            self._draw_unfinished(context.scene.maquette.unfinished.name)

    def _draw_start(self, context: Context) -> None:
        settings = context.scene.maquette
        layout = self.layout
        layout.enabled = not is_busy()
        draw_start(layout, context)
        layout.row().prop(settings, "quality", expand=True)
        row = layout.row()
        row.scale_y = 1.6
        ticked = any(photo.use for photo in settings.photos.rows)
        row.enabled = ticked
        row.operator("maquette.build_model", icon="OUTLINER_OB_MESH")
        if len(settings.photos.rows) and not ticked:
            draw_told(layout, context, "WARNING", "No photo is ticked.", "none_ticked")

    def _draw_unfinished(self, name: str) -> None:
        """A run that was stopped, by whatever: perhaps in another session."""
        box = self.layout.box()
        box.label(text=f"Unfinished: {name}", icon="RECOVER_LAST")
        row = box.row(align=True)
        row.operator("maquette.resume", icon="PLAY")
        row.operator("maquette.forget", icon="X")
