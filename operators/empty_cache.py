"""Free the space that earlier runs take."""

from __future__ import annotations

from bpy.props import BoolProperty
from bpy.types import Context, Event, Operator

from .. import preferences
from ..engine import cache
from ..scene.in_use import paths_in_use
from . import cache_size
from .runner import is_busy


class MAQUETTE_OT_empty_cache(Operator):
    """Delete what earlier runs needed on the way: depth maps, point clouds, runs that were broken off. Asks first"""

    bl_idname = "maquette.empty_cache"
    bl_label = "Free Up Space"
    bl_options = {"INTERNAL"}

    everything: BoolProperty(
        name="Finished Models Too",
        description="Delete finished models that the open file does not use. "
        "Other .blend files that show their photos or import them again will miss them",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work")
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        self._kept, self._used = cache.survey(preferences.models_folder(context)), paths_in_use()
        return context.window_manager.invoke_props_dialog(self, width=420, confirm_text="Delete")

    def draw(self, context: Context) -> None:
        size, tidied, unfinished, models = cache.freed_by(self._kept, self._used, self.everything)
        column = self.layout.column(align=True)
        column.label(text=f"This deletes {in_words(size)}:" if size else "There is nothing to delete.")
        if tidied:
            column.label(text=f"Depth maps and points of {counted(tidied, 'finished model')}", icon="DOT")
        if unfinished:
            column.label(text=f"All of {counted(unfinished, 'run')} that did not finish", icon="DOT")
        if models:
            column.label(text=f"All of {counted(models, 'finished model')} that this file does not use", icon="DOT")
        column.separator()
        stays = "Your photos and the models of the open file stay."
        column.label(text=stays if self.everything else "Finished models and your photos stay.")
        self.layout.prop(self, "everything")

    def execute(self, context: Context) -> set[str]:
        freed = cache.empty(preferences.models_folder(context), paths_in_use(), everything=self.everything)
        cache_size.forget()
        self.report({"INFO"}, f"{in_words(freed)} freed")
        return {"FINISHED"}


def in_words(size: int) -> str:
    """Bytes, as an artist counts them."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size, 0) / 1e6:.0f} MB"


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")
