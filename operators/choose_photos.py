"""Which photos of the list the next model is made from: ticks, removing, looking again into the folders."""

from __future__ import annotations

from bpy.props import EnumProperty
from bpy.types import Context, Operator, OperatorProperties

from ..engine.errors import EngineError
from ..engine.verdicts import Verdict
from ..scene import photos
from ..scene.missing import missing_in, relink_pictures, remember_photos
from .after_load import tell_missing
from .picks_folder import PicksFolder

_WANTED = {
    "ALL": lambda row: row.verdict not in photos.USELESS,
    "NONE": lambda row: False,
    "INVERT": lambda row: not row.use,
    "SHARP": lambda row: row.verdict not in (*photos.USELESS, Verdict.BLURRED.value),
    "GOOD": lambda row: row.verdict not in photos.FAULTY,
}
_TICK_TIPS = {
    "ALL": "Tick every photo that can be read",
    "NONE": "Take every tick away",
    "INVERT": "Ticked becomes unticked, and the other way round",
    "SHARP": "Tick the sharp photos, and untick those that the engine found blurred",
    "GOOD": "Tick the photos that the engine found no fault with",
}
_GOES = {
    "ACTIVE": lambda index, row, active: index == active,
    "UNTICKED": lambda index, row, active: not row.use,
    "ALL": lambda index, row, active: True,
}
_REMOVE_TIPS = {
    "ACTIVE": "Take the selected photo out of the list; the file stays where it is",
    "UNTICKED": "Take the photos without a tick out of the list; the files stay where they are",
    "ALL": "Empty the list; the files stay where they are",
}


class _NeedsPhotos:
    bl_options = {"UNDO"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return len(photos.photos_of(context.scene).rows) > 0


class MAQUETTE_OT_tick_photos(_NeedsPhotos, Operator):
    """Choose which photos the next model is made from"""

    bl_idname = "maquette.tick_photos"
    bl_label = "Tick Photos"

    action: EnumProperty(items=[(name, name.capitalize(), tip) for name, tip in _TICK_TIPS.items()])

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        return _TICK_TIPS[properties.action]

    def execute(self, context: Context) -> set[str]:
        count = photos.tick(context.scene, _WANTED[self.action])
        self.report({"INFO"}, f"{count} photo{'' if count == 1 else 's'} ticked")
        return {"FINISHED"}


class MAQUETTE_OT_remove_photos(_NeedsPhotos, Operator):
    """Take photos out of the list; the files stay where they are"""

    bl_idname = "maquette.remove_photos"
    bl_label = "Remove Photos"

    which: EnumProperty(items=[(name, name.capitalize(), tip) for name, tip in _REMOVE_TIPS.items()])

    @classmethod
    def description(cls, context: Context, properties: OperatorProperties) -> str:
        return _REMOVE_TIPS[properties.which]

    def execute(self, context: Context) -> set[str]:
        active, goes = photos.photos_of(context.scene).active, _GOES[self.which]
        return {"FINISHED"} if photos.remove(context.scene, lambda i, row: goes(i, row, active)) else {"CANCELLED"}


class MAQUETTE_OT_refresh_photos(_NeedsPhotos, Operator):
    """Look into the folders again: new photos come into the list, and photos that are gone are marked"""

    bl_idname = "maquette.refresh_photos"
    bl_label = "Refresh Photos"

    def execute(self, context: Context) -> set[str]:
        try:
            new, gone = photos.refresh(context.scene)
        except EngineError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        missing = f", {gone} missing" if gone else ""
        self.report({"WARNING" if gone else "INFO"}, f"{new} new{missing}" if new or gone else "Nothing has changed")
        return {"FINISHED"}


class MAQUETTE_OT_find_photos(PicksFolder, Operator):
    """The photos have moved: choose the folder where they are now, and they are found again by their names: those of the list, and those that the cameras show"""

    bl_idname = "maquette.find_photos"
    bl_label = "Find Missing Photos"

    def execute(self, context: Context) -> set[str]:
        folder = self.picked
        try:
            found = photos.relink(context.scene, folder)
            found += relink_pictures(context.scene, folder)
            home = remember_photos(context.scene, folder)
        except EngineError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        gone = missing_in(context.scene)
        left = photos.mark_missing(context.scene) + len(gone.pictures)
        tell_missing(context)
        still = f", {left} still missing" if left else ""
        if home is not None and not found and not left:
            self.report({"INFO"}, f"The model's photos lie in {home}")
        else:
            self.report({"WARNING" if left else "INFO"}, f"{found} photo{'' if found == 1 else 's'} found again{still}")
        return {"FINISHED"} if found or home else {"CANCELLED"}
