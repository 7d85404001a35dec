"""What bringing a stage into the scene takes, wherever it comes from."""

from __future__ import annotations

from bpy.types import Context

from ..scene.stage.build import build_stage_in_steps
from ..scene.stage.find import stages_in
from ..scene.stage.result import PreparedStage
from . import progress
from .framing import look_through_camera, show_photo
from .hide_around import notice
from .steps import Steps


def place_stage(context: Context, prepared: PreparedStage) -> Steps:
    """A stage into the scene and into view, its facts into the panel. One that was there already is renewed where it is seen."""
    settings = context.scene.maquette
    new = all(stage.folder != prepared.folder for stage in stages_in(context.scene))
    stage = yield from build_stage_in_steps(
        context, prepared, packed=settings.storage == "PACKED", match=settings.stage.match
    )
    yield
    if new:
        if settings.stage.match:
            look_through_camera(context)
        show_photo(context)
        notice(context, stage)
    progress.show_facts(context, str(prepared.folder), prepared.report)
