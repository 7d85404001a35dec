"""New objects in the picture: a sun like the photo's, shadows that fall on it, and where they stand."""

from __future__ import annotations

from bpy.types import Context, Operator
from mathutils import Vector

from ..scene.stage import light
from ..scene.stage.find import StageInScene
from .stage_tool import StageClick, StageTool


class MAQUETTE_OT_stage_light(StageTool, Operator):
    """Let new objects sit in the picture: a sun and soft light guessed from the photo, and shadows that fall on the photo. Renders with Cycles: EEVEE has no shadow catchers"""

    bl_idname = "maquette.stage_light"
    bl_label = "Sun & Shadows"

    def act(self, context: Context, stage: StageInScene) -> None:
        light.add_light(context, stage)


class MAQUETTE_OT_stage_clear_light(StageTool, Operator):
    """Take the sun, the shadow catchers and their view layers away; your objects stay"""

    bl_idname = "maquette.stage_clear_light"
    bl_label = "Remove Sun & Shadows"

    def act(self, context: Context, stage: StageInScene) -> None:
        light.clear_light(context, stage)


class MAQUETTE_OT_stage_add(StageClick, Operator):
    """Click where an object is to stand: it comes to stand on the ground there, upright and in a fitting size"""

    bl_idname = "maquette.stage_add"
    bl_label = "Add Object Here"

    def act(self, context: Context, stage: StageInScene, origin: Vector, direction: Vector) -> None:
        tools = context.scene.maquette.stage_tools
        light.add_object(context, stage, (origin, direction), tools.what, tools.size)

    def hint(self, context: Context) -> str:
        return "Click where it is to stand"
