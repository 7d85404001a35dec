"""The engine's events ─► the window manager's properties that the panel shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bpy.types import Context

from ..engine.errors import EngineError
from ..engine.protocol import ErrorEvent, Event, ProgressEvent, StageEvent, WarningEvent
from ..engine.terminal import STAGE_TITLES

STAGE = "STAGE"  # the panel of stages, as `shown_in` names it
LENS_FROM = {
    "chosen": "as you said",
    "exif": "from the file",
    "network": "as the network reads it",
    "vanishing": "from lines that run together",
    "default": "a guess: drag it",
}


def begin(context: Context) -> None:
    """A run starts: nothing of the last one is shown any more."""
    begin_again(context)
    context.window_manager.maquette.facts.clear()


def begin_again(context: Context) -> None:
    """A run on a model that is there already: what is known about it stays."""
    state = context.window_manager.maquette
    state.cancel, state.shown_in = False, ""
    state.stage, state.step, state.remaining, state.progress = "Starting", "", "", 0.0
    state.messages.clear()


def show_in_stage(context: Context) -> None:
    """The run makes a stage: its panel tells of it."""
    context.window_manager.maquette.shown_in = STAGE


def show(context: Context, event: Event) -> None:
    """One event."""
    state = context.window_manager.maquette
    if isinstance(event, StageEvent):
        state.stage, state.step = STAGE_TITLES.get(event.name, event.name), ""
    elif isinstance(event, ProgressEvent):
        state.step = event.step.capitalize() + (f" {event.done}/{event.total}" if event.total not in (1, 1000) else "")
        state.progress = event.overall
    elif isinstance(event, WarningEvent):
        tell(context, "WARNING", sentence_of(event), event.code)
    elif isinstance(event, ErrorEvent):
        tell(context, "INFO" if event.code == "cancelled" else "ERROR", sentence_of(event), event.code)


def show_remaining(context: Context, words: str) -> None:
    """How long it takes yet, in words; empty while nobody knows."""
    context.window_manager.maquette.remaining = words


def show_stopping(context: Context) -> None:
    """It was asked to stop."""
    state = context.window_manager.maquette
    state.stage, state.step, state.remaining = "Stopping", "", ""


def begin_placing(context: Context) -> None:
    """The engine is done; Blender's part begins."""
    state = context.window_manager.maquette
    state.stage, state.step, state.remaining, state.progress = "Bringing it into the scene", "", "", 1.0


def show_status(context: Context) -> None:
    """The same in the status bar, for a look while working elsewhere."""
    state = context.window_manager.maquette
    if context.workspace is not None:
        left = f", {state.remaining}" if state.remaining else ""
        context.workspace.status_text_set(f"Maquette: {state.stage} {state.progress:.0%}{left}   Esc: Cancel")


def tell(context: Context, kind: str, text: str, code: str = "") -> None:
    """A line for the artist. What the `code` is known for decides about the button that comes with it."""
    _add(context.window_manager.maquette.messages, kind, text, code)


def forget(context: Context, *codes: str) -> None:
    """What was told of these is no longer so."""
    messages = context.window_manager.maquette.messages
    for index in reversed(range(len(messages))):
        if messages[index].code in codes:
            messages.remove(index)


def tell_error(context: Context, error: EngineError | OSError) -> None:
    """Why it did not work, or that it was cancelled."""
    code = getattr(error, "code", "")
    tell(context, "INFO" if code == "cancelled" else "ERROR", str(error), code)


def show_facts(context: Context, folder: str, report: Mapping[str, Any]) -> None:
    """What a result is, from the head of its report.json."""
    state = context.window_manager.maquette
    state.folder = folder
    state.facts.clear()
    if "registered" in report and "photos" in report:
        _add(state.facts, "INFO", f"{report['registered']} of {report['photos']} photos found their place")
    if "faces" in report:
        how = "invented" if "focal_35mm" in report else "filled"
        filled = f", {report['filled_faces']:,} of them {how}" if report.get("filled_faces") else ""
        _add(state.facts, "INFO", f"{report['faces']:,} faces{filled}")
    if "focal_35mm" in report:
        known = LENS_FROM.get(report.get("focal_from", ""), "")
        _add(state.facts, "INFO", f"{report['focal_35mm']:.0f} mm lens" + (f", {known}" if known else ""))
    if report.get("metric") is False:
        _add(state.facts, "INFO", "Its real size is not known: give the distance")
    if "texture" in report:
        _add(state.facts, "INFO", f"{report['texture']} px texture")
    if "seconds" in report:
        seconds = round(report["seconds"])
        device = f" on {report['device']}" if report.get("device") else ""
        _add(state.facts, "INFO", f"{seconds // 60}:{seconds % 60:02d} min{device}")


def sentence_of(event: WarningEvent | ErrorEvent) -> str:
    """An event in words."""
    where = f" ({event.file})" if event.file and event.file not in event.sentence else ""
    return f"{event.sentence}{where}" + (f" {event.advice}" if event.advice else "")


def redraw(context: Context) -> None:
    """The panels are drawn anew, and not the scene beside them: that may be an artist's heavy one."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            elif area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def redraw_views(context: Context) -> None:
    """The 3D views are drawn anew."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _add(lines: Any, kind: str, text: str, code: str = "") -> None:
    line = lines.add()
    line.kind, line.text, line.code = kind, text, code
