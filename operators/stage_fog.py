"""Fog and light that falls off with depth."""

from __future__ import annotations

from bpy.props import FloatProperty
from bpy.types import Context, Operator

from ..scene.stage import fog
from ..scene.stage.find import StageInScene
from .stage_tool import StageTool


class MAQUETTE_OT_stage_fog(StageTool, Operator):
    """Put fog into the depth of the photo, in the color of what is far away; darkness too. Its numbers are nodes that all materials of the stage share"""

    bl_idname = "maquette.stage_fog"
    bl_label = "Add Fog"

    fog: FloatProperty(
        name="Fog", description="How much it hides at most", min=0.0, max=1.0, default=0.8, subtype="FACTOR"
    )
    dark: FloatProperty(
        name="Darkness",
        description="How dark it gets at most, far away",
        min=0.0,
        max=1.0,
        default=0.0,
        subtype="FACTOR",
    )

    def act(self, context: Context, stage: StageInScene) -> None:
        fog.set_fog(stage, fog=self.fog, dark=self.dark)


class MAQUETTE_OT_stage_clear_fog(StageTool, Operator):
    """Take fog and darkness out of all materials"""

    bl_idname = "maquette.stage_clear_fog"
    bl_label = "Remove Fog"

    def act(self, context: Context, stage: StageInScene) -> None:
        fog.clear_fog(stage)
