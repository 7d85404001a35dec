"""What bringing a stage into the scene takes, wherever it comes from."""

from __future__ import annotations

from bpy.types import Context

from ..scene.stage.build import build_stage_in_steps
from ..scene.stage.result import PreparedStage
from . import progress
from .framing import look_through_camera, show_photo
from .steps import Steps


def place_stage(context: Context, prepared: PreparedStage) -> Steps:
    """A stage into the scene and into view, its facts into the panel."""
    settings = context.scene.maquette
    yield from build_stage_in_steps(context, prepared, packed=settings.storage == "PACKED", match=settings.stage.match)
    yield
    if settings.stage.match:
        look_through_camera(context)
    show_photo(context)
    progress.show_facts(context, str(prepared.folder), prepared.report)
