"""Check the capture: what the photos cover, what is a guess, and where the next photos should be taken."""

from __future__ import annotations

from bpy.types import Context, Panel, UILayout

from ..operators.runner import is_busy
from ..scene import coverage, overlay
from ..scene.cameras import GHOST, is_ghost
from ..scene.ghosts import SENTENCE, TITLE
from ..scene.model import FOLDER, Model, ModelError, active_model
from .lines import draw_line

MOST = 6  # unregistered photos that are named


class MAQUETTE_PT_coverage(Panel):
    """What the photos cover"""

    bl_label = "Check Capture"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 30

    @classmethod
    def poll(cls, context: Context) -> bool:
        return any(FOLDER in collection for collection in context.scene.collection.children)

    def draw(self, context: Context) -> None:
        layout = self.layout
        try:
            model = active_model(context)
        except ModelError as error:
            draw_line(layout, context, "INFO", str(error))
            return
        verdict = model.collection.get(coverage.VERDICT)
        row = layout.row()
        row.scale_y = 1.2
        row.operator("maquette.show_coverage", text="Check Again" if verdict else "Check Capture", icon="VIEWZOOM")
        if verdict:
            draw_line(layout, context, "INFO", verdict)
        elif not is_busy():
            draw_line(layout, context, "INFO", "Finds what too few photos saw, and where to take the next ones.")
        self._draw_overlays(layout, model)
        self._draw_ghosts(context, layout, model)
        self._draw_alone(context, layout, model)

    def _draw_overlays(self, layout: UILayout, model: Model) -> None:
        shown = overlay.shown(model.mesh)
        grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for kind, text in (
            ("PHOTO", "Photo Texture"),
            ("COVERAGE", "Coverage"),
            ("ANGLE", "Angle"),
            ("FILLED", "Measured / Filled"),
        ):
            cell = grid.row(align=True)
            cell.enabled = kind == "PHOTO" or overlay.has(model.mesh.data, kind)
            on = kind == (shown or "PHOTO")
            cell.operator("maquette.show_overlay", text=text, depress=on).kind = kind
        if shown:
            legend = layout.column(align=True)
            for band, material in overlay.legend(shown):
                row = legend.row()
                swatch = row.row()
                swatch.ui_units_x = 1.2
                if material is not None:
                    swatch.prop(material, "diffuse_color", text="")
                row.label(text=band.label)

    def _draw_ghosts(self, context: Context, layout: UILayout, model: Model) -> None:
        if not model.ghosts:
            return
        head = layout.row(align=True)
        head.label(text="Shoot Here", icon="OUTLINER_OB_CAMERA")
        for step, icon in ((-1, "TRIA_LEFT"), (1, "TRIA_RIGHT")):
            button = head.operator("maquette.next_camera", text="", icon=icon)
            button.step, button.ghosts = step, True
        head.operator("maquette.clear_ghosts", text="", icon="TRASH")
        column = layout.column(align=True)
        for ghost in model.ghosts:
            text = f"{ghost.data[GHOST]}  {ghost.data.get(TITLE, ghost.name)}"
            button = column.operator("maquette.look_through", text=text, depress=context.scene.camera == ghost)
            button.camera = ghost.name
        if is_ghost(context.scene.camera):
            draw_line(layout, context, "INFO", context.scene.camera.data.get(SENTENCE, ""))
        else:
            draw_line(layout, context, "INFO", "Click one to see what the phone should see.")

    def _draw_alone(self, context: Context, layout: UILayout, model: Model) -> None:
        alone = coverage.unregistered(model)
        if not alone:
            return
        layout.label(text=f"{len(alone)} photos without a place", icon="ERROR")
        for name, reason in list(alone.items())[:MOST]:
            draw_line(layout, context, "WARNING", f"{name}: {reason}")
