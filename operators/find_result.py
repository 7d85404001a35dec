"""A model's result folder was moved: show where it is now."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..engine.errors import EngineError
from ..scene import result
from ..scene.errors import ModelError
from ..scene.missing import missing_in, relink_result
from ..scene.model import active_model
from .after_load import tell_missing
from .picks_folder import PicksFolder


class MAQUETTE_OT_find_result(PicksFolder, Operator):
    """The model's result folder has moved: choose it where it is now, so that retexturing and the photos work again"""

    bl_idname = "maquette.find_result"
    bl_label = "Find Result Folder"

    def execute(self, context: Context) -> set[str]:
        folder = self.picked.resolve()
        try:
            result.files_in(folder)
            gone = missing_in(context.scene).models
            model = gone[0] if len(gone) == 1 else active_model(context)
        except (EngineError, ModelError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        found = relink_result(model, folder)
        tell_missing(context)
        self.report({"INFO"}, f"{model.mesh.name} has its result again" + (f", {found} photos too" if found else ""))
        return {"FINISHED"}
