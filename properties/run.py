"""What the running engine tells, and the last result; kept on the window manager as `window_manager.maquette`."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, PointerProperty, StringProperty
from bpy.types import PropertyGroup, WindowManager


class MAQUETTE_PG_line(PropertyGroup):
    """One thing told to the artist."""

    kind: EnumProperty(items=[(kind, kind.capitalize(), "") for kind in ("INFO", "WARNING", "ERROR")])
    text: StringProperty()
    code: StringProperty(description="What it is about, for the button that helps")


class MAQUETTE_PG_run(PropertyGroup):
    """The run that is going on, or the last one."""

    cancel: BoolProperty(description="Set by the Cancel button; the running operator sees it")
    shown_in: StringProperty(description="The panel that tells of it: STAGE, else the model's")
    stage: StringProperty()
    step: StringProperty()
    remaining: StringProperty(description="How much longer it takes, in words")
    progress: FloatProperty(min=0.0, max=1.0, subtype="FACTOR")
    messages: CollectionProperty(type=MAQUETTE_PG_line)
    facts: CollectionProperty(type=MAQUETTE_PG_line)
    folder: StringProperty(description="Where the last result lies", subtype="DIR_PATH")


_register_classes, _unregister_classes = bpy.utils.register_classes_factory((MAQUETTE_PG_line, MAQUETTE_PG_run))


def register() -> None:
    _register_classes()
    WindowManager.maquette = PointerProperty(type=MAQUETTE_PG_run)


def unregister() -> None:
    del WindowManager.maquette
    _unregister_classes()
