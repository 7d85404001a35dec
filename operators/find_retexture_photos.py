"""The photos of a finished model were moved: show where they are now, so that the mesh can be coloured from them."""

from __future__ import annotations

from bpy.props import BoolProperty
from bpy.types import Context, Operator

from . import progress
from .picks_folder import PicksFolder


class MAQUETTE_OT_find_retexture_photos(PicksFolder, Operator):
    """The model's photos have moved: choose the folder where they lie now"""

    bl_idname = "maquette.find_retexture_photos"
    bl_label = "Find the Model's Photos"
    bl_options = {"UNDO", "INTERNAL"}

    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: Context) -> set[str]:
        context.scene.maquette.retexture.photos = str(self.picked)
        progress.forget(context, "photos_gone")
        return {"FINISHED"}
