"""Scan to asset: what it is for, the one button, what came of it; each step's switch and numbers below, closed."""

from __future__ import annotations

from bpy.types import Context, Panel

from ..operators.runner import is_busy
from ..scene.asset import place
from ..scene.errors import ModelError
from ..scene.model import FOLDER, active_model
from .lines import draw_line


class MAQUETTE_PT_asset(Panel):
    """A finished asset from the scan"""

    bl_label = "Asset"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_order = 60
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return any(FOLDER in collection for collection in context.scene.collection.children)

    def draw(self, context: Context) -> None:
        layout, group = self.layout, context.scene.maquette.asset
        try:
            model = active_model(context)
        except ModelError as error:
            draw_line(layout, context, "INFO", str(error))
            return
        column = layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.prop(group, "preset")
        column.prop(group, "triangles")
        column.prop(group, "texture")
        column.prop(group, "convention")
        button = layout.column()
        button.enabled = not is_busy()
        button.scale_y = 1.4
        made = place.asset_of(model)
        button.operator("maquette.make_asset", text="Make Asset Again" if made else "Make Asset", icon="PACKAGE")
        if made is None:
            draw_line(layout, context, "INFO", "The scan stays as it is; the asset comes beside it.")
            return
        row = layout.row(align=True)
        shown = place.is_shown(model)
        row.operator("maquette.show_asset", text="Scan", depress=not shown).asset = False
        row.operator("maquette.show_asset", text="Asset", depress=shown).asset = True
        facts = layout.column(align=True)
        for line in place.facts_of(made):
            draw_line(facts, context, "INFO", line)
        layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = made[place.FOLDER]


class _Step:
    """A step's fields."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_asset"
    bl_options = {"DEFAULT_CLOSED"}
    fields: tuple[str, ...] = ()

    def draw(self, context: Context) -> None:
        column = self.layout.column()
        column.use_property_split, column.use_property_decorate = True, False
        column.enabled = not is_busy()
        for name in self.fields:
            column.prop(context.scene.maquette.asset, name)


class MAQUETTE_PT_asset_mesh(_Step, Panel):
    """How the new mesh is made"""

    bl_label = "Mesh & UVs"
    fields = ("retopo", "clean", "smallest_part", "close_holes", "uvs")


class MAQUETTE_PT_asset_textures(_Step, Panel):
    """Which textures are baked"""

    bl_label = "Textures"
    fields = ("colour", "normal", "occlusion", "jpeg")


class MAQUETTE_PT_asset_game(_Step, Panel):
    """What a game needs besides"""

    bl_label = "Levels & Collider"
    fields = ("lods", "lod_ratio", "collider", "collider_triangles")


class MAQUETTE_PT_asset_files(_Step, Panel):
    """Name, Asset Browser and files"""

    bl_label = "Name & Files"
    fields = ("name", "shelf", "catalogue", "tags", "glb", "usdz", "fbx", "obj", "folder")


PANELS = (
    MAQUETTE_PT_asset,
    MAQUETTE_PT_asset_mesh,
    MAQUETTE_PT_asset_textures,
    MAQUETTE_PT_asset_game,
    MAQUETTE_PT_asset_files,
)
