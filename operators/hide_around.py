"""What a model or a stage stands inside, like the cube of a new scene: said when it comes, and hidden by a click."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from bpy.types import Context, Object, Operator

from ..scene.enclosing import enclosing
from ..scene.model import Model, models_in
from ..scene.stage.find import StageInScene, stages_in
from . import progress
from .framing import show_alone, show_everything

CODE = "stands_inside"  # of the line in the panel
MANY = 20  # things around one another that are hidden at once


def notice(context: Context, own: Model | StageInScene) -> None:
    """The view shows it alone where something hides it, and the panel says so."""
    hiding = _around(context, own)
    if hiding is None:
        return
    show_alone(context, [thing for thing in _parts(own) if thing.visible_get(view_layer=context.view_layer)])
    what, alone = (
        ("The stage's camera", "the stage alone") if isinstance(own, StageInScene) else ("The model", "it alone")
    )
    said = f"{what} stands inside “{hiding.name}”, so the view shows {alone}. View ▸ Local View shows all again."
    progress.tell(context, "INFO", said, CODE)


class MAQUETTE_OT_hide_around(Operator):
    """Hide what the model or the stage stands inside, in the view and in renders. All else is shown again"""

    bl_idname = "maquette.hide_around"
    bl_label = "Hide What Is Around"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        show_everything(context)  # first: in a local view what is not part of it counts as hidden
        hidden = [thing for own in _all_of_ours(context) for thing in _hide(context, own)]
        progress.forget(context, CODE)
        names = ", ".join(f"“{thing.name}”" for thing in hidden)
        self.report({"INFO"}, f"Hidden, in renders too: {names}" if hidden else "Nothing stands around it")
        return {"FINISHED"}


def _all_of_ours(context: Context) -> list[Model | StageInScene]:
    return [*stages_in(context.scene), *models_in(context.scene)]


def _hide(context: Context, own: Model | StageInScene) -> list[Object]:
    hidden: list[Object] = []
    while (thing := _around(context, own)) is not None and len(hidden) < MANY:
        thing.hide_set(True, view_layer=context.view_layer)
        thing.hide_render = True
        hidden.append(thing)
    return hidden


def _around(context: Context, own: Model | StageInScene) -> Object | None:
    """A stage is seen from where its photo was taken; a model from outside."""
    if isinstance(own, StageInScene):
        if own.camera is None:
            return None
        places = np.array([own.camera.matrix_world.translation])
    else:
        to_world = np.array(own.mesh.matrix_world)
        places = np.array(own.mesh.bound_box) @ to_world[:3, :3].T + to_world[:3, 3]
    return enclosing(context, places.min(0), places.max(0), _parts(own))


def _parts(own: Model | StageInScene) -> Collection[Object]:
    if isinstance(own, StageInScene):
        return [*own.meshes, *((own.camera,) if own.camera is not None else ())]
    return own.objects
