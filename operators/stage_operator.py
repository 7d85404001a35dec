"""What bringing a stage into the scene takes, wherever it comes from."""

from __future__ import annotations

import numpy as np
from bpy.types import Context

from ..scene.enclosing import enclosing
from ..scene.stage.build import build_stage_in_steps
from ..scene.stage.find import StageInScene, stages_in
from ..scene.stage.result import PreparedStage
from . import progress
from .framing import look_through_camera, show_alone, show_photo
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
        _out_of_hiding(context, stage)
    progress.show_facts(context, str(prepared.folder), prepared.report)


def _out_of_hiding(context: Context, stage: StageInScene) -> None:
    """The camera of a stage stands where the cube of a new scene is: one would see the inside of that."""
    if stage.camera is None:
        return
    place = np.array(stage.camera.matrix_world.translation)
    hiding = enclosing(context, place, place, stage.meshes)
    if hiding is not None:
        mine = [thing for thing in (*stage.meshes, stage.camera) if thing.visible_get(view_layer=context.view_layer)]
        show_alone(context, mine)
        said = (
            f"The stage's camera stands inside “{hiding.name}”, so the view shows the stage alone. Delete or hide that "
            "before you render. View ▸ Local View shows all again."
        )
        progress.tell(context, "INFO", said)
