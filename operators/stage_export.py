"""A stage leaves Blender: film, pictures, GLB, layered EXR."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from ..scene.errors import ModelError
from ..scene.stage import export
from ..scene.stage.find import StageInScene, active_stage
from . import progress
from .runner import is_busy
from .stage_tool import StageTool


class _Export(StageTool):
    """What is written goes to `filepath`; without one, into the folder of the settings or else the stage's own."""

    bl_options = {"REGISTER"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})

    def target(self, context: Context, stage: StageInScene, name: str) -> Path:
        """Its folder is there then."""
        chosen = context.scene.maquette.stage_tools.output
        path = Path(bpy.path.abspath(self.filepath)) if self.filepath else None
        if path is None:
            path = (Path(bpy.path.abspath(chosen)) if chosen else stage.folder) / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ModelError(f"Nothing can be written to {path.parent}: choose another folder.") from error
        return path

    def done(self, path: Path) -> None:
        self.report({"INFO"}, f"Written: {path}")


class MAQUETTE_OT_stage_film(_Export, Operator):
    """Render the camera move to a film or to single pictures. The scene's output settings stay set for it"""

    bl_idname = "maquette.stage_film"
    bl_label = "Render Film"

    def act(self, context: Context, stage: StageInScene) -> None:
        path = self._prepare(context, stage)
        try:
            bpy.ops.render.render(animation=True)
        except RuntimeError as error:
            raise ModelError(f"Blender could not render it: {str(error).strip()}") from error
        self.done(path)

    def invoke(self, context: Context, event: Event) -> set[str]:
        """In Blender's own render window, which can be watched and stopped."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._prepare(context, active_stage(context))
        except ModelError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        bpy.ops.render.render("INVOKE_DEFAULT", animation=True)
        return {"FINISHED"}

    def _prepare(self, context: Context, stage: StageInScene) -> Path:
        tools = context.scene.maquette.stage_tools
        if stage.moving is None:
            raise ModelError("Animate the camera first: there is nothing to film yet.")
        path = self.target(context, stage, "film.mp4" if tools.form == "MP4" else "film/frame_")
        export.prepare_film(context.scene, path, tools.form, tools.height)
        return path


class MAQUETTE_OT_stage_glb(_Export, Operator):
    """Write what is shown of the stage, your objects and the moving camera as a GLB: the photo shines in it without any light"""

    bl_idname = "maquette.stage_glb"
    bl_label = "Export GLB"

    def act(self, context: Context, stage: StageInScene) -> None:
        path = self.target(context, stage, "stage.glb")
        try:
            export.write_glb(context, stage, path)
        except RuntimeError as error:
            raise ModelError(f"The GLB could not be written: {str(error).strip()}") from error
        self.done(path)


class MAQUETTE_OT_stage_exr(_Export, Operator):
    """Render every layer by itself, with alpha and depth, into one EXR for compositing; with a camera move one for each frame"""

    bl_idname = "maquette.stage_exr"
    bl_label = "Layered EXR"

    animation: BoolProperty(name="All Frames", description="One EXR for each frame of the move", options={"SKIP_SAVE"})

    def act(self, context: Context, stage: StageInScene) -> None:
        path = self._path(context, stage)
        try:
            export.write_layered_exr(context, stage, path, animation=self.animation)
        except RuntimeError as error:
            raise ModelError(f"Blender could not render it: {str(error).strip()}") from error
        self.done(path)

    def invoke(self, context: Context, event: Event) -> set[str]:
        """In Blender's own render window; the panel says when it is there."""
        if bpy.app.background:
            return self.execute(context)
        try:
            stage = active_stage(context)
            path = self._path(context, stage)
            export.render_layered_exr(context, stage, path, animation=self.animation, done=partial(_tell_written, path))
        except (ModelError, RuntimeError) as error:
            self.report({"ERROR"}, str(error).strip())
            return {"CANCELLED"}
        return {"FINISHED"}

    def _path(self, context: Context, stage: StageInScene) -> Path:
        return self.target(context, stage, "layered/frame_" if self.animation else "layered.exr")


def _tell_written(path: Path) -> None:
    """In the stage's panel, where the button was."""
    written = [path] if path.is_file() else sorted(path.parent.glob(f"{path.name}*.exr"))
    if written:
        if not is_busy():  # what runs meanwhile has its own place
            progress.show_in_stage(bpy.context)
        progress.tell(bpy.context, "INFO", f"Written: {written[0]}")
        progress.redraw(bpy.context)
