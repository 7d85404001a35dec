"""A model whose size is known already is not rescaled by one careless click: the artist is told, and asked."""

from __future__ import annotations

from bpy.props import BoolProperty
from bpy.types import Context, Event, UIPopupMenu

from ..scene.errors import ModelError
from ..scene.model import active_model
from ..scene.scale import source_of


class AsksBeforeReplacing:
    """Mixed in before what has an `invoke`. From a script nothing is asked; the report tells what was replaced."""

    replace: BoolProperty(options={"HIDDEN", "SKIP_SAVE"}, description="Don't ask, though the size is known already")

    def invoke(self, context: Context, event: Event) -> set[str]:
        known = _known(context)
        if not known or self.replace:
            return super().invoke(context, event)
        name = self.bl_idname

        def ask(menu: UIPopupMenu, context: Context) -> None:
            menu.layout.operator_context = "INVOKE_DEFAULT"
            menu.layout.label(text=f"The size comes from {known} already.", icon="INFO")
            menu.layout.operator(python_name(name), text="Set It Anew", icon="FILE_REFRESH").replace = True

        context.window_manager.popup_menu(ask, title=self.bl_label)
        return {"CANCELLED"}

    def said(self, sentence: str, known: str) -> str:
        """The report's sentence, with what it replaced."""
        return sentence + (f"; before, its size came from {known}" if known else "")


def _known(context: Context) -> str:
    try:
        return source_of(active_model(context))
    except ModelError:
        return ""


def python_name(name: str) -> str:
    """MAQUETTE_OT_x as Blender's layouts want it."""
    return name.replace("_OT_", ".").lower() if "_OT_" in name else name
