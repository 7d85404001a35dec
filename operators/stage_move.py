"""The camera moves over the stage, or rests again."""

from __future__ import annotations

from bpy.types import Context, Operator

from ..properties.stage_tools import move_settings
from ..scene.stage import move
from ..scene.stage.find import StageInScene
from .framing import look_through_camera
from .stage_tool import StageTool


class MAQUETTE_OT_stage_move(StageTool, Operator):
    """Film the stage with a moving camera: its keys are Blender's own. Again replaces the move; the photo's camera stays where it was"""

    bl_idname = "maquette.stage_move"
    bl_label = "Animate Camera"

    def act(self, context: Context, stage: StageInScene) -> None:
        settings = move_settings(context.scene.maquette.stage_tools)
        move.make_move(context, stage, settings)
        look_through_camera(context)
        if settings.amplitude > 1:
            self.report({"WARNING"}, "The move goes further than is safe: holes or smeared edges may show.")


class MAQUETTE_OT_stage_rest(StageTool, Operator):
    """Take the move away: the scene looks through the photo's own camera again"""

    bl_idname = "maquette.stage_rest"
    bl_label = "Rest"

    def act(self, context: Context, stage: StageInScene) -> None:
        move.rest(context, stage)
