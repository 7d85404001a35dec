"""Edit & Retexture: what the active mesh is, the one button, and what came of it."""

from __future__ import annotations

from bpy.types import Context, Object, Panel, UILayout

from ..operators.runner import is_busy
from ..scene import worn
from ..scene.errors import ModelError
from ..scene.gather import is_in_place, target_of
from ..scene.model import FOLDER
from ..scene.retexture import FACTS
from ..scene.uv_state import words_of
from .lines import draw_line


class MAQUETTE_PT_retexture(Panel):
    """The mesh was changed: colour it from the photos again"""

    bl_label = "Edit & Retexture"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 50
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return any(FOLDER in collection for collection in context.scene.collection.children)

    def draw(self, context: Context) -> None:
        layout = self.layout
        try:
            model, thing = target_of(context)
        except ModelError as error:
            draw_line(layout, context, "INFO", str(error))
            return
        in_place = is_in_place(model, thing)
        self._draw_object(context, thing, in_place)
        self._draw_settings(context, thing)
        if is_busy():
            self._draw_progress(context)
        else:
            column = layout.column()
            column.enabled = in_place
            column.scale_y = 1.4
            column.operator("maquette.retexture", icon="BRUSH_DATA")
        if FACTS in thing:
            self._draw_outcome(context, thing)

    def _draw_progress(self, context: Context) -> None:
        """Here too: the first panel may be out of sight."""
        state = context.window_manager.maquette
        row = self.layout.row(align=True)
        row.progress(factor=state.progress, type="BAR", text=f"{state.stage}  {state.progress:.0%}")
        row.operator("maquette.cancel", text="", icon="X")

    def _draw_object(self, context: Context, thing: Object, in_place: bool) -> None:
        self.layout.label(text=f"{thing.name}: {len(thing.data.polygons):,} faces", icon="MESH_DATA")
        if not in_place:
            draw_line(self.layout, context, "WARNING", "It lies away from the place that its photos show.")
            self.layout.operator("maquette.put_back", icon="LOOP_BACK")
        self.layout.label(text=words_of(thing), icon="UV")

    def _draw_settings(self, context: Context, thing: Object) -> None:
        settings = context.scene.maquette.retexture
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settings, "size")
        column.prop(settings, "new_uvs")
        tiles = column.row()
        tiles.enabled = not settings.new_uvs and len(thing.data.uv_layers) > 0
        tiles.prop(settings, "tiles")
        if FACTS in thing:
            kept = column.row()
            kept.enabled = not settings.new_uvs
            kept.prop(settings, "keep_painted")
        if thing.modifiers:
            column.prop(settings, "modifiers")
        if settings.photos:
            column.prop(settings, "photos")

    def _draw_outcome(self, context: Context, thing: Object) -> None:
        facts = thing[FACTS]
        column = self.layout.column(align=True)
        column.label(text=f"Photos show {facts.get('seen', 0):.0%} of the surface")
        column.label(text=f"and agree by {facts.get('agreement', 0):.0%} on its colours")
        self._draw_compare(thing, self.layout)

    def _draw_compare(self, thing: Object, layout: UILayout) -> None:
        now = worn.shown(thing)
        row = layout.row(align=True)
        for which, text in ((worn.NOW, "New"), (worn.BEFORE, "Before"), (worn.GUESSED, "Guessed")):
            cell = row.row(align=True)
            cell.enabled = worn.has(thing, which)
            cell.operator("maquette.show_texture", text=text, depress=now == which).which = which
