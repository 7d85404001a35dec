"""The worker's log: what a bug report needs when something went wrong."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty
from bpy.types import Context, Operator

from .. import preferences
from ..engine.cache import WORKSPACE
from ..scene.in_use import paths_in_use

LOG = Path(WORKSPACE) / "worker.log"


class MAQUETTE_OT_open_log(Operator):
    """Open the log of the last run, in the system's own program for text"""

    bl_idname = "maquette.open_log"
    bl_label = "Open Log"
    bl_options = {"INTERNAL"}

    folder: BoolProperty(name="Its Folder", description="Show the folder that holds the log", options={"SKIP_SAVE"})

    @classmethod
    def description(cls, context: Context, properties: bpy.types.OperatorProperties) -> str:
        return "Show the folder of the last run, with its log" if properties.folder else cls.__doc__

    def execute(self, context: Context) -> set[str]:
        log = last_log(context)
        if log is None:
            self.report({"WARNING"}, "There is no log yet: it begins with the first model that you build.")
            return {"CANCELLED"}
        bpy.ops.wm.path_open(filepath=str(log.parent if self.folder else log))
        return {"FINISHED"}


def last_log(context: Context) -> Path | None:
    """The newest log among the runs in the models folder and those that the open file knows."""
    root, chosen = preferences.models_folder(context), context.scene.maquette.output
    folders = list(root.iterdir()) if root.is_dir() else []
    folders += [Path(bpy.path.abspath(chosen))] if chosen else []
    logs = [log for folder in {*folders, *paths_in_use()} if (log := folder / LOG).is_file()]
    return max(logs, key=lambda log: log.stat().st_mtime, default=None)
