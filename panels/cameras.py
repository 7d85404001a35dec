"""Trust: the model's cameras with how well they fit, and the photo wiped against the model."""

from __future__ import annotations

from bpy.types import Camera, Collection, Context, Object, Panel, UILayout, UIList

from ..scene.cameras import DOUBTFUL, ERROR, POINTS, is_ghost, is_ours
from ..scene.model import FOLDER, ModelError, active_model
from ..scene.viewing import BEFORE, camera_collection
from .lines import draw_line


class MAQUETTE_UL_cameras(UIList):
    """The photos' cameras"""

    def draw_item(
        self, context: Context, layout: UILayout, data: Collection, item: Object, icon: int, active_data, active_name
    ) -> None:
        layout.use_property_split = False
        split = layout.split(factor=0.6)
        known: Camera = item.data
        split.label(text=item.name, icon="ERROR" if known.get(DOUBTFUL) else "CAMERA_DATA")
        row = split.row()
        row.alignment = "RIGHT"
        row.label(text=f"{known[ERROR]:.2f} px" if ERROR in known else "")

    def filter_items(self, context: Context, data: Collection, name: str) -> tuple[list[int], list[int]]:
        """Photos' cameras alone, in the photos' order or the worst first."""
        things = data.objects
        sought = self.filter_name.casefold()
        flags = [
            self.bitflag_filter_item
            if is_ours(thing) and not is_ghost(thing) and sought in thing.name.casefold()
            else 0
            for thing in things
        ]
        if context.scene.maquette.trust.worst_first:
            rank = [-(thing.data.get(ERROR, 0.0) if is_ours(thing) else 0.0) for thing in things]
        else:
            rank = [thing.name for thing in things]
        order = [0] * len(rank)
        for place, index in enumerate(sorted(range(len(rank)), key=rank.__getitem__)):
            order[index] = place
        return flags, order


class MAQUETTE_PT_cameras(Panel):
    """How well each photo fits the model"""

    bl_label = "Cameras"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 20

    @classmethod
    def poll(cls, context: Context) -> bool:
        return any(FOLDER in collection for collection in context.scene.collection.children)

    def draw(self, context: Context) -> None:
        layout, trust = self.layout, context.scene.maquette.trust
        try:
            model = active_model(context)
        except ModelError as error:
            draw_line(layout, context, "INFO", str(error))
            return
        collection = camera_collection(model)
        if collection is None:
            draw_line(layout, context, "INFO", "The model's cameras are gone. Import the finished model again.")
            return
        row = layout.row()
        row.template_list("MAQUETTE_UL_cameras", "", collection, "objects", trust, "row", rows=4, maxrows=8)
        side = row.column(align=True)
        side.operator("maquette.next_camera", text="", icon="TRIA_UP").step = -1
        side.operator("maquette.next_camera", text="", icon="TRIA_DOWN").step = 1
        side.separator()
        side.prop(trust, "worst_first", text="", icon="SORTSIZE")
        self._draw_view(context, layout, len(model.cameras))

    def _draw_view(self, context: Context, layout: UILayout, count: int) -> None:
        scene, camera = context.scene, context.scene.camera
        if not is_ours(camera):
            draw_line(layout, context, "INFO", f"{count} cameras. Click one to look through its photo.")
            return
        known = camera.data
        if ERROR in known:
            kind = "WARNING" if known.get(DOUBTFUL) else "INFO"
            doubt = " It fits badly: don't trust what it shows." if known.get(DOUBTFUL) else ""
            text = f"{camera.name}: off by {known[ERROR]:.2f} px, held by {known[POINTS]} points.{doubt}"
            draw_line(layout, context, kind, text)
        if not is_ghost(camera):
            row = layout.row(align=True)
            row.prop(scene.maquette.trust, "wipe", slider=True)
            row.operator("maquette.wipe_photo", text="", icon="ARROW_LEFTRIGHT")
            if scene.maquette.masks:
                layout.prop(scene.maquette.trust, "show_masks", toggle=True, icon="MOD_MASK")
            layout.operator("maquette.compare_photo", icon="IMAGE_DATA")
        if BEFORE in scene:
            layout.operator("maquette.leave_camera", icon="LOOP_BACK")
