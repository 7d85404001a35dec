"""Another place for the results: where there is space, and where one may write."""

from __future__ import annotations

from bpy.types import Context, Operator

from .picks_folder import PicksFolder


class MAQUETTE_OT_choose_output(PicksFolder, Operator):
    """Choose the folder for the next results: on a disk with space, where you may write"""

    bl_idname = "maquette.choose_output"
    bl_label = "Choose Output Folder"

    def execute(self, context: Context) -> set[str]:
        context.scene.maquette.output = self.directory
        return {"FINISHED"}
