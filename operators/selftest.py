"""What this machine can do: the engine tries and times it, the panel and the preferences show it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Context, Event, Operator

from .. import preferences
from ..engine import machine
from ..engine.protocol import ResultEvent
from ..engine.recipes import selftest
from . import progress
from .engine_operator import EngineOperator
from .runner import missing_libraries


class MAQUETTE_OT_selftest(EngineOperator, Operator):
    """Find out what this machine can do: which devices work, how fast they are, and whether anything is missing. Takes some seconds"""

    bl_idname = "maquette.selftest"
    bl_label = "Test This Machine"
    bl_options = {"INTERNAL"}

    def words(self, context: Context) -> Sequence[str]:
        return ["selftest", "-o", str(self._folder), "--disk", str(preferences.models_folder(context))]

    def invoke(self, context: Context, event: Event) -> set[str]:
        return self._without_engine(context) or super().invoke(context, event)

    def execute(self, context: Context) -> set[str]:
        return self._without_engine(context) or super().execute(context)

    def begin(self, context: Context) -> None:
        """The last model's messages stay."""
        state = context.window_manager.maquette
        state.cancel, state.stage, state.step, state.progress = False, "Testing this machine", "", 0.0

    def take(self, context: Context, outcome: ResultEvent) -> str:
        show(context, outcome.summary, outcome.summary["lines"])
        return "The machine is tested"

    @property
    def _folder(self) -> Path:
        return Path(bpy.utils.extension_path_user(preferences.__package__, path="selftest", create=True))

    def _without_engine(self, context: Context) -> set[str] | None:
        """Where the engine can't start there is one thing to say, and no device to try."""
        if not missing_libraries():
            return None
        here = machine.look(preferences.models_folder(context))
        lines = selftest.about_machine(here)
        show(context, {"machine": here.as_json()}, lines)
        self.report({"WARNING"}, lines[0][1])
        return {"FINISHED"}


class MAQUETTE_OT_copy_machine(Operator):
    """Copy what the self-test found, with all versions, to paste it into a bug report"""

    bl_idname = "maquette.copy_machine"
    bl_label = "Copy for a Bug Report"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        if not context.window_manager.maquette_machine.text:
            cls.poll_message_set("Test this machine first")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        context.window_manager.clipboard = context.window_manager.maquette_machine.text
        self.report({"INFO"}, "Copied")
        return {"FINISHED"}


def show(context: Context, found: dict[str, Any], lines: Iterable[Sequence[str]]) -> None:
    """The lines for the panels, and all of it as text."""
    state = context.window_manager.maquette_machine
    state.lines.clear()
    for kind, text in lines:
        line = state.lines.add()
        line.kind, line.text = kind, text
    details = {name: value for name, value in found.items() if name != "lines"}
    head = f"Maquette {_version()}, Blender {bpy.app.version_string}"
    state.text = "\n".join([head, *(line.text for line in state.lines), json.dumps(details, indent=1)])
    progress.redraw(context)


def _version() -> str:
    manifest = Path(__file__).resolve().parents[1] / "blender_manifest.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    return next((line.split('"')[1] for line in lines if line.startswith("version")), "?")
