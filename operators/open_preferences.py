"""From the sidebar to Maquette's page in the preferences."""

from __future__ import annotations

import bpy
from bpy.types import Context, Operator

from .. import preferences


class MAQUETTE_OT_open_preferences(Operator):
    """Open Maquette's page in the preferences: device, folders, self-test"""

    bl_idname = "maquette.open_preferences"
    bl_label = "Maquette Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, context: Context) -> set[str]:
        if bpy.app.background:
            self.report({"WARNING"}, "Without a window there are no preferences to show.")
            return {"CANCELLED"}
        bpy.ops.preferences.addon_show(module=preferences.__package__)
        return {"FINISHED"}
