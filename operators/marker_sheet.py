"""A sheet of markers to print and lay beside the subject."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Event, Operator

from ..engine.protocol import ResultEvent
from ..scene.scale import metres_of
from . import progress
from .engine_operator import EngineOperator


class MAQUETTE_OT_marker_sheet(EngineOperator, Operator):
    """Save a sheet of markers as a PDF or PNG: print it in full size and lay it beside the subject before taking the photos"""

    bl_idname = "maquette.marker_sheet"
    bl_label = "Print Markers"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.pdf;*.png", options={"HIDDEN"})
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: Context, event: Event) -> set[str]:
        settings = context.scene.maquette.scale
        millimetres = metres_of(context.scene, settings.marker_size) * 1000
        self.filepath = f"markers-{millimetres:.4g}mm-{settings.paper.lower()}.pdf"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def words(self, context: Context) -> Sequence[str]:
        settings = context.scene.maquette.scale
        path = Path(bpy.path.abspath(self.filepath))
        path = path if path.suffix.lower() in (".pdf", ".png") else path.with_name(path.name + ".pdf")
        size = metres_of(context.scene, settings.marker_size)
        return ["markers", "-o", str(path), "--size", f"{size:.9g}", "--paper", settings.paper.lower()]

    def begin(self, context: Context) -> None:
        progress.begin_again(context)

    def take(self, context: Context, outcome: ResultEvent) -> str:
        sentence = outcome.summary["lines"][0][1]
        progress.tell(context, "INFO", f"{outcome.files['sheet']}: {sentence}")
        return sentence
