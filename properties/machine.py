"""What the self-test found; kept on the window manager as `window_manager.maquette_machine`, for as long as Blender runs."""

from __future__ import annotations

import bpy
from bpy.props import CollectionProperty, PointerProperty, StringProperty
from bpy.types import PropertyGroup, WindowManager

from .run import MAQUETTE_PG_line


class MAQUETTE_PG_machine(PropertyGroup):
    """The last self-test."""

    lines: CollectionProperty(type=MAQUETTE_PG_line)
    text: StringProperty(description="All of it, for a bug report")


_register_classes, _unregister_classes = bpy.utils.register_classes_factory((MAQUETTE_PG_machine,))


def register() -> None:
    _register_classes()
    WindowManager.maquette_machine = PointerProperty(type=MAQUETTE_PG_machine)


def unregister() -> None:
    del WindowManager.maquette_machine
    _unregister_classes()
