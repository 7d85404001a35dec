"""The subject by clicks: the engine finds what a place belongs to; more clicks add, Shift and a click remove."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.props import EnumProperty, FloatProperty
from bpy.types import Context, Event, Operator

from ..engine.errors import EngineError
from ..engine.protocol import ResultEvent
from ..scene.errors import ModelError
from ..scene.stage import rays, subject
from ..scene.stage.find import active_stage
from . import progress
from .engine_operator import EngineOperator
from .runner import is_busy
from .stage_tool import StageClick, StageTool
from .steps import Steps


class MAQUETTE_OT_stage_subject(EngineOperator, Operator):
    """Find what a place of the photo belongs to, by depth and color: it becomes a mask, a vertex group and a pass for the compositor"""

    bl_idname = "maquette.stage_subject"
    bl_label = "Find Subject"

    x: FloatProperty(name="X", description="In pixels of the photo, from its left side", options={"SKIP_SAVE"})
    y: FloatProperty(name="Y", description="In pixels of the photo, from its top", options={"SKIP_SAVE"})
    mode: EnumProperty(
        name="Mode",
        items=[
            ("NEW", "New", "This place alone"),
            ("ADD", "Add", "What this place belongs to, too"),
            ("REMOVE", "Remove", "Not what this place belongs to"),
        ],
        options={"SKIP_SAVE"},
    )

    @classmethod
    def is_ready(cls, context: Context) -> bool:
        return StageTool.poll.__func__(cls, context)

    def begin(self, context: Context) -> None:
        progress.begin_again(context)
        progress.show_in_stage(context)

    def words(self, context: Context) -> Sequence[str]:
        try:
            stage = active_stage(context)
            clicks = [] if self.mode == "NEW" else subject.clicks_of(stage)
            rays.ray_of(stage, (self.x, self.y))
            self._clicks = subject.with_click(stage, clicks, self.x, self.y, self.mode != "REMOVE")
        except ModelError as error:
            raise EngineError("model", str(error)) from error
        if not any(part for *_, part in self._clicks):
            raise EngineError("model", "Click what belongs to the subject first, then what does not.")
        words = ["subject", str(stage.folder)]
        for x, y, part in self._clicks:
            words += [f"--{'in' if part else 'not'}={x:.2f},{y:.2f}"]
        return words

    def place(self, context: Context, fetched: ResultEvent) -> Steps:
        try:
            mask = Path(fetched.files["mask"])
            yield from subject.take_mask_in_steps(context, active_stage(context), mask, self._clicks)
        except (ModelError, RuntimeError) as error:
            raise EngineError("model", str(error).strip()) from error
        return f"The subject covers {fetched.summary['share']:.0%} of the photo"


class MAQUETTE_OT_stage_pick_subject(StageClick, Operator):
    """Click the subject; click again to add to it, Shift-click to take away from it, Enter when it is right"""

    bl_idname = "maquette.stage_pick_subject"
    bl_label = "Pick Subject"

    def execute(self, context: Context) -> set[str]:
        return bpy.ops.maquette.stage_subject(x=self.x, y=self.y, mode="NEW")

    def begin(self, context: Context, model) -> None:
        self._shift = False

    def hint(self, context: Context) -> str:
        return "Finding it …" if is_busy() else "Click: add    Shift-click: take away    Enter: done"

    def enough(self) -> bool:
        return bool(self.hits)

    def key(self, context: Context, event: Event) -> set[str] | None:
        self._shift = event.shift
        if event.type in {"RET", "NUMPAD_ENTER", "SPACE"} and event.value == "PRESS":
            return {"FINISHED"}
        if event.type == "TIMER":
            return {"PASS_THROUGH"}  # the engine's operator listens on it
        return None

    def finish(self, context: Context) -> set[str]:
        """Each click starts the engine; the picking goes on."""
        hit, self.hits = self.hits[0], []
        if is_busy():
            return {"RUNNING_MODAL"}
        x, y = rays.pixel_of(active_stage(context), hit.point)
        bpy.ops.maquette.stage_subject("INVOKE_DEFAULT", x=x, y=y, mode="REMOVE" if self._shift else "ADD")
        return {"RUNNING_MODAL"}


class MAQUETTE_OT_stage_clear_subject(StageTool, Operator):
    """Forget the subject: its mask, vertex groups and pass go"""

    bl_idname = "maquette.stage_clear_subject"
    bl_label = "Forget Subject"

    def act(self, context: Context, stage) -> None:
        subject.clear_subject(context, stage)
