"""The list of photos: a small picture, a tick and a verdict for each; below it the selected one, larger and in whole sentences."""

from __future__ import annotations

import bpy
from bpy.types import Context, Menu, Panel, PropertyGroup, UI_UL_list, UILayout, UIList

from ..engine.verdicts import WORDS, Verdict
from ..operators.runner import is_busy
from ..scene.photos import FAULTY, MISSING, UNSEEN, USELESS
from .lines import draw_line
from .thumbnails import icon_of

ICONS = {
    UNSEEN: "BLANK1",
    MISSING: "LIBRARY_DATA_BROKEN",
    Verdict.UNREADABLE.value: "CANCEL",
    Verdict.DUPLICATE.value: "DUPLICATE",
    Verdict.UNPLACED.value: "RESTRICT_RENDER_ON",
    Verdict.ALONE.value: "UNLINKED",
    Verdict.BLURRED.value: "MOD_SMOOTH",
    Verdict.DARK.value: "SHADING_SOLID",
    Verdict.BRIGHT.value: "LIGHT_SUN",
    Verdict.LOOSE.value: "LINKED",
    Verdict.ALIKE.value: "COPYDOWN",
    Verdict.GOOD.value: "CHECKMARK",
}
SHORT = {UNSEEN: "", MISSING: "missing", **{verdict.value: WORDS[verdict] for verdict in Verdict}}
_ORDER = {verdict: place for place, verdict in enumerate((MISSING, *(v.value for v in Verdict), UNSEEN))}
ROWS = 5
WORD_WIDTH = 4.6  # of a verdict with its icon, in Blender's units


class MAQUETTE_UL_photos(UIList):
    """One row for each photo"""

    bl_idname = "MAQUETTE_UL_photos"

    def draw_item(
        self,
        context: Context,
        layout: UILayout,
        data: PropertyGroup,
        item: PropertyGroup,
        icon: int,
        active_data: PropertyGroup,
        active_property: str,
        index: int,
    ) -> None:
        layout.use_property_split = False
        row = layout.row(align=True)
        row.active = item.use
        row.prop(item, "use", text="")
        shown = item.verdict not in (MISSING, Verdict.UNREADABLE.value)
        fine = item.verdict in (UNSEEN, Verdict.GOOD.value)  # nothing to read: the name has nearly the whole width
        halves = row.split(factor=0.88 if fine else 0.58)
        if shown:
            halves.label(text=item.name, icon_value=icon_of(bpy.path.abspath(item.path)))
        else:
            halves.label(text=item.name, icon="BLANK1")
        verdict = halves.row()
        verdict.alert = item.verdict in FAULTY
        verdict.label(text="" if fine else SHORT[item.verdict], icon=ICONS[item.verdict])

    def draw_filter(self, context: Context, layout: UILayout) -> None:
        photos = context.scene.maquette.photos
        row = layout.row(align=True)
        row.prop(self, "filter_name", text="", icon="VIEWZOOM")
        row.prop(self, "use_filter_invert", text="", icon="ARROW_LEFTRIGHT")
        row = layout.row(align=True)
        row.prop(photos, "show", text="")
        row.prop(photos, "sort", text="")

    def filter_items(self, context: Context, data: PropertyGroup, name: str) -> tuple[list[int], list[int]]:
        rows = getattr(data, name)
        shown = self.bitflag_filter_item
        flags = [shown] * len(rows)
        if self.filter_name:
            flags = UI_UL_list.filter_items_by_name(self.filter_name, shown, rows, reverse=self.use_filter_invert)
        if data.show == "FAULTS":
            flags = [flag if row.verdict in FAULTY else 0 for flag, row in zip(flags, rows, strict=True)]
        elif data.show == "TICKED":
            flags = [flag if row.use else 0 for flag, row in zip(flags, rows, strict=True)]
        if data.sort == "ORDER":
            return flags, []
        by = [_ORDER[row.verdict] if data.sort == "VERDICT" else row.sharpness or 1e9 for row in rows]
        places = [0] * len(rows)
        for place, index in enumerate(sorted(range(len(rows)), key=by.__getitem__)):
            places[index] = place
        return flags, places


class MAQUETTE_MT_photos(Menu):
    """What is done to the whole list"""

    bl_idname = "MAQUETTE_MT_photos"
    bl_label = "Photos"

    def draw(self, context: Context) -> None:
        layout = self.layout
        layout.operator("maquette.paste_photos", icon="PASTEDOWN")
        layout.operator("maquette.refresh_photos", icon="FILE_REFRESH")
        layout.operator("maquette.find_photos", icon="VIEWZOOM")
        layout.separator()
        layout.operator("maquette.tick_photos", text="Tick Those Without Faults", icon="CHECKMARK").action = "GOOD"
        layout.operator("maquette.tick_photos", text="Invert Ticks", icon="ARROW_LEFTRIGHT").action = "INVERT"
        layout.separator()
        layout.operator("maquette.remove_photos", text="Remove Unticked", icon="X").which = "UNTICKED"
        layout.operator("maquette.remove_photos", text="Remove All", icon="TRASH").which = "ALL"


class MAQUETTE_PT_photos(Panel):
    """The photos that the next model is made from"""

    bl_label = "Photos"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_model"
    bl_order = 0

    @classmethod
    def poll(cls, context: Context) -> bool:
        return len(context.scene.maquette.photos.rows) > 0

    def draw(self, context: Context) -> None:
        photos, layout = context.scene.maquette.photos, self.layout
        layout.template_list("MAQUETTE_UL_photos", "", photos, "rows", photos, "active", rows=ROWS)
        self._draw_buttons(layout)
        if 0 <= photos.active < len(photos.rows):
            self._draw_selected(context, photos.rows[photos.active])
        column = layout.column()
        column.enabled = not is_busy()
        column.operator("maquette.check_photos", icon="VIEWZOOM")
        for number, line in enumerate(photos.said.splitlines()):
            draw_line(layout, context, photos.mood if number == 0 else "INFO", line)

    def _draw_buttons(self, layout: UILayout) -> None:
        row = layout.row()
        row.enabled = not is_busy()
        ticks = row.row(align=True)
        for action, text in (("ALL", "All"), ("NONE", "None"), ("SHARP", "Sharp")):
            ticks.operator("maquette.tick_photos", text=text).action = action
        others = row.row(align=True)
        others.operator("maquette.remove_photos", text="", icon="REMOVE").which = "ACTIVE"
        others.operator("maquette.refresh_photos", text="", icon="FILE_REFRESH")
        others.menu("MAQUETTE_MT_photos", text="", icon="DOWNARROW_HLT")

    def _draw_selected(self, context: Context, item: PropertyGroup) -> None:
        """The selected photo, large enough to see what it shows."""
        box, path = self.layout.box(), bpy.path.abspath(item.path)
        if item.verdict not in (MISSING, Verdict.UNREADABLE.value):
            box.template_icon(icon_value=icon_of(path), scale=5)
        row = box.row(align=True)
        row.label(text=item.name)
        if item.verdict == MISSING:
            box.operator("maquette.find_photos", icon="VIEWZOOM")
        else:
            row.operator("wm.path_open", text="", icon="FULLSCREEN_ENTER").filepath = path
        if item.sentence:
            kind = "ERROR" if item.verdict in USELESS else "WARNING" if item.verdict in FAULTY else "INFO"
            draw_line(box, context, kind, item.sentence)


def draw_start(layout: UILayout, context: Context) -> None:
    """The first step: where photos come in; once there are some, how many."""
    rows = context.scene.maquette.photos.rows
    if not len(rows):
        box = layout.box()
        column = box.column(align=True)
        for text in ("Drop photos into the 3D view", "or choose them here:"):
            line = column.row()
            line.alignment = "CENTER"
            line.label(text=text)
        row = box.row(align=True)
        row.scale_y = 1.4
        row.operator("maquette.add_photos", text="Photos", icon="FILE_IMAGE")
        row.operator("maquette.add_photo_folder", text="Folder", icon="FILE_FOLDER")
        row.operator("maquette.paste_photos", text="", icon="PASTEDOWN")
        return
    used = sum(row.use for row in rows)
    row = layout.row(align=True)
    row.label(text=f"{used} photos" if used == len(rows) else f"{used} of {len(rows)} photos", icon="IMAGE_DATA")
    row.operator("maquette.add_photos", text="", icon="FILE_IMAGE")
    row.operator("maquette.add_photo_folder", text="", icon="FILE_FOLDER")
    row.operator("maquette.paste_photos", text="", icon="PASTEDOWN")
