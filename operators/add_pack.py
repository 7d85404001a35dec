"""The optional PyTorch pack: one click after agreeing to what comes; added beside Maquette's own files, never into Blender's Python."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from .. import preferences
from ..engine.errors import EngineError, Exit
from ..engine.pack import install, pieces
from ..engine.protocol import ResultEvent
from . import networks, progress
from .empty_cache import in_words
from .engine_operator import EngineOperator
from .runner import is_busy

START_PAGE = "https://pytorch.org/get-started/locally/"
GOING = "REMOVED"  # what a pack is called while it is taken away
_threads: list[threading.Thread] = []


class PackChoices:
    """Where the pack comes from: what the dialog and the operator behind it share."""

    wheels: StringProperty(
        name="From Folder",
        description="A folder of wheels (.whl files): the pack is added from there, without the network",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"},
    )
    index: StringProperty(
        name="Another Index",
        description="The address of one more index for pip, such as PyTorch's own for your graphics card. Usually empty",
        options={"SKIP_SAVE"},
    )


class MAQUETTE_OT_add_pack(PackChoices, Operator):
    """Add PyTorch and the libraries that open the strong open depth networks. Shows what comes, and asks first"""

    bl_idname = "maquette.add_pack"
    bl_label = "Add PyTorch Pack"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work already")
            return False
        return True

    def invoke(self, context: Context, event: Event) -> set[str]:
        self._free = shutil.disk_usage(_existing(preferences.pack_home())).free
        return context.window_manager.invoke_props_dialog(self, width=460, confirm_text="Agree and Add")

    def draw(self, context: Context) -> None:
        size, column = pieces.size_here(), self.layout.column(align=True)
        loads, takes = in_words(size.download * 1_000_000), in_words(size.disk * 1_000_000)
        column.label(
            text=f"Loads about {loads} over the network; takes about {takes} on the disk ({in_words(self._free)} free)."
        )
        column.label(text="It goes into Maquette's own folder; Blender's Python stays as it is.")
        column.label(text="One click in the preferences removes all of it.")
        box = self.layout.box().column(align=True)
        for piece in pieces.PIECES:
            row = box.split(factor=0.42)
            row.label(text=f"{piece.name} {piece.version}")
            row.label(text=f"{piece.licence}: {piece.what}")
        self.layout.label(text="These libraries come with others that they need, under free licences, too.")
        self._draw_source()

    def _draw_source(self) -> None:
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "wheels")
        if self.wheels:
            return
        column.prop(self, "index")
        column.operator("wm.url_open", text="PyTorch's Page: Which Index for Which Card", icon="URL").url = START_PAGE
        if not bpy.app.online_access:
            box = self.layout.box()
            box.label(text="Online access is switched off in Blender's preferences.", icon="ERROR")
            box.operator("extensions.userpref_allow_online", text="Allow Online Access", icon="INTERNET")

    def execute(self, context: Context) -> set[str]:
        how = "EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT"
        return bpy.ops.maquette.install_pack(how, wheels=self.wheels, index=self.index)


class MAQUETTE_OT_install_pack(PackChoices, EngineOperator, Operator):
    """Add the PyTorch pack without asking"""

    bl_idname = "maquette.install_pack"
    bl_label = "Add PyTorch Pack"
    bl_options = {"INTERNAL"}

    def words(self, context: Context) -> Sequence[str]:
        self._home = preferences.pack_home()
        words = ["pack", "-o", str(self._home)]
        if self.wheels:
            return [*words, "--wheels", bpy.path.abspath(self.wheels)]
        if not bpy.app.online_access:
            raise EngineError(
                "offline",
                "The pack comes over the network, and online access is switched off in Blender's preferences.",
                exit_code=Exit.ENVIRONMENT,
                advice="Allow it there, or add the pack from a folder of wheels.",
            )
        return [*words, "--index", self.index] if self.index else words

    def begin(self, context: Context) -> None:
        """The last model's messages stay."""
        state = context.window_manager.maquette
        state.cancel, state.stage, state.step, state.progress = False, "Adding the PyTorch pack", "", 0.0

    def release(self, context: Context) -> None:
        """What a hard end left lying about goes; what was loaded stays for the next try, unless it was cancelled."""
        networks.forget()
        outcome = self._run.outcome
        home, cancelled = self._home, getattr(outcome, "code", "") == "cancelled"
        if cancelled or isinstance(outcome, ResultEvent):
            _beside(lambda: install.tidy(home))

    def take(self, context: Context, outcome: ResultEvent) -> str:
        sentence = outcome.summary["lines"][0][1]
        progress.tell(context, "INFO", sentence)
        return sentence


class MAQUETTE_OT_remove_pack(Operator):
    """Remove the PyTorch pack that Maquette added: all of it, at once. Your networks' files stay"""

    bl_idname = "maquette.remove_pack"
    bl_label = "Remove PyTorch Pack"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if is_busy():
            cls.poll_message_set("The engine is at work")
            return False
        return preferences.pack_home().exists()

    def execute(self, context: Context) -> set[str]:
        home = preferences.pack_home()
        going = home.with_name(f"{home.name}.{GOING}")
        try:
            install.remove(going)
            home.rename(going)
        except OSError as error:
            self.report({"ERROR"}, f"The pack is in use by another program: {error.strerror}. Close it and try again.")
            return {"CANCELLED"}
        _beside(lambda: install.remove(going))
        networks.forget()
        self.report({"INFO"}, "The PyTorch pack is removed")
        return {"FINISHED"}


def _beside(work: Callable[[], Any]) -> None:
    """Thousands of files take seconds to go: in a thread with a window, at once without one."""
    if bpy.app.background:
        work()
        return
    _threads[:] = [thread for thread in _threads if thread.is_alive()]
    _threads.append(threading.Thread(target=work, daemon=True))
    _threads[-1].start()


def unregister() -> None:
    for thread in _threads:
        thread.join(2.0)
    _threads.clear()


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
