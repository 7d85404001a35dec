"""The tools of a stage, each in a sub-panel; where a tool has made something, its numbers are shown, which are Blender's own."""

from __future__ import annotations

from bpy.types import Context, Panel, PropertyGroup, UILayout

from ..scene.errors import ModelError
from ..scene.stage import fog
from ..scene.stage.find import StageInScene, active_stage, has_stage
from ..scene.stage.focus import focus_of
from ..scene.stage.layers_for_light import is_split
from ..scene.stage.light import sun_of
from ..scene.stage.subject import mask_of
from .lines import draw_line


class _Tool:
    """One tool's sub-panel."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Maquette"
    bl_parent_id = "MAQUETTE_PT_stage"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        return has_stage(context)

    def draw(self, context: Context) -> None:
        self.layout.use_property_split, self.layout.use_property_decorate = True, False
        try:
            stage = active_stage(context)
        except ModelError as error:
            draw_line(self.layout, context, "INFO", str(error))
            return
        self.draw_tool(self.layout, context, context.scene.maquette.stage_tools, stage)

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        raise NotImplementedError


class MAQUETTE_PT_stage_move(_Tool, Panel):
    """A moving camera"""

    bl_label = "Camera Move"

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        column = layout.column()
        column.prop(tools, "move")
        column.prop(tools, "amplitude", slider=True)
        if tools.amplitude > 1:
            draw_line(column, context, "WARNING", "More than is safe: holes may show at its ends.")
        column.prop(tools, "seconds")
        column.prop(tools, "fps")
        column.prop(tools, "loop")
        if tools.move == "handheld":
            column.prop(tools, "seed")
        row = layout.row(align=True)
        row.operator("maquette.stage_move", icon="CON_CAMERASOLVER")
        if stage.moving is not None:
            row.operator("maquette.stage_rest", text="", icon="LOOP_BACK")


class MAQUETTE_PT_stage_focus(_Tool, Panel):
    """Depth of field"""

    bl_label = "Focus"

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        layout.prop(tools, "blur", slider=True)
        row = layout.row(align=True)
        row.operator("maquette.stage_focus", icon="CENTER_ONLY")
        camera = stage.moving or stage.camera
        if focus_of(stage) is not None and camera is not None:
            row.operator("maquette.stage_unfocus", text="", icon="X")
            layout.prop(camera.data.dof, "aperture_fstop", text="F-Stop")


class MAQUETTE_PT_stage_fog(_Tool, Panel):
    """Fog, and light that falls off with depth"""

    bl_label = "Fog & Darkness"

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        group = fog.fog_of(stage)
        if group is None:
            row = layout.row(align=True)
            row.operator("maquette.stage_fog", icon="OUTLINER_DATA_VOLUME")
            darker = row.operator("maquette.stage_fog", text="Darken", icon="LIGHT")
            darker.fog, darker.dark = 0.0, 0.8
            return
        column = layout.column()
        column.prop(group.nodes[fog.COLOUR].outputs[0], "default_value", text="Color")
        for name in fog.NUMBERS:
            column.prop(fog.number(group, name), "default_value", text=name)
        layout.operator("maquette.stage_clear_fog", icon="X")


class MAQUETTE_PT_stage_light(_Tool, Panel):
    """New objects in the picture"""

    bl_label = "Objects & Shadows"

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        column = layout.column()
        column.prop(tools, "what", text="Add")
        if tools.what != "CURSOR":
            column.prop(tools, "size")
        column.operator("maquette.stage_add", icon="ADD")
        sun = sun_of(stage)
        row = layout.row(align=True)
        row.operator("maquette.stage_light", icon="LIGHT_SUN")
        if sun is not None or is_split(context.scene):
            row.operator("maquette.stage_clear_light", text="", icon="X")
        if sun is not None:
            column = layout.column()
            column.prop(sun.data, "energy", text="Sun")
            column.prop(sun.data, "color", text="Color")
            column.prop(sun.data, "angle", text="Softness")
        if is_split(context.scene) and context.scene.render.engine != "CYCLES":
            draw_line(layout, context, "WARNING", "Shadows fall on the photo in Cycles only.")


class MAQUETTE_PT_stage_subject(_Tool, Panel):
    """The subject's mask"""

    bl_label = "Subject"

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        row = layout.row(align=True)
        row.operator("maquette.stage_pick_subject", icon="EYEDROPPER")
        image = mask_of(stage)
        if image is None:
            draw_line(layout, context, "INFO", "A click finds what hangs together in depth and color.")
            return
        row.operator("maquette.stage_clear_subject", text="", icon="X")
        column = layout.column(align=True)
        column.label(text=image.name, icon="IMAGE_DATA")
        column.label(text="Vertex group and pass: Subject", icon="GROUP_VERTEX")


class MAQUETTE_PT_stage_export(_Tool, Panel):
    """What leaves Blender"""

    bl_label = "Film & Export"

    def draw_tool(self, layout: UILayout, context: Context, tools: PropertyGroup, stage: StageInScene) -> None:
        column = layout.column()
        column.prop(tools, "form")
        column.prop(tools, "height")
        column.prop(tools, "output")
        film = column.row()
        film.enabled = stage.moving is not None
        film.operator("maquette.stage_film", icon="RENDER_ANIMATION")
        column.operator("maquette.stage_glb", icon="EXPORT")
        row = column.row(align=True)
        row.operator("maquette.stage_exr", icon="IMAGE_DATA")
        frames = row.row(align=True)
        frames.enabled = stage.moving is not None
        frames.operator("maquette.stage_exr", text="", icon="RENDERLAYERS").animation = True


TOOLS = (
    MAQUETTE_PT_stage_move,
    MAQUETTE_PT_stage_focus,
    MAQUETTE_PT_stage_fog,
    MAQUETTE_PT_stage_subject,
    MAQUETTE_PT_stage_light,
    MAQUETTE_PT_stage_export,
)
