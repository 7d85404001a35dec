"""Depth of field: click what is to be sharp."""

from __future__ import annotations

from bpy.types import Context, Operator
from mathutils import Vector

from ..scene.errors import ModelError
from ..scene.stage import focus, rays
from ..scene.stage.find import StageInScene
from .stage_tool import StageClick, StageTool


class MAQUETTE_OT_stage_focus(StageClick, Operator):
    """Click what is to be sharp: what lies before and behind it blurs. An empty marks the place, move it as you like"""

    bl_idname = "maquette.stage_focus"
    bl_label = "Focus Here"

    def act(self, context: Context, stage: StageInScene, origin: Vector, direction: Vector) -> None:
        hit = rays.under(stage, origin, direction)
        if hit is None:
            raise ModelError("There is nothing of the stage at that place of the photo.")
        focus.focus_on(stage, hit.point, context.scene.maquette.stage_tools.blur)

    def hint(self, context: Context) -> str:
        return "Click what is to be sharp"


class MAQUETTE_OT_stage_unfocus(StageTool, Operator):
    """All is sharp again"""

    bl_idname = "maquette.stage_unfocus"
    bl_label = "All Sharp"

    def act(self, context: Context, stage: StageInScene) -> None:
        focus.unfocus(stage)
