"""What an add-on can leave behind in Blender: a picture of it all, to compare before with after.

Some of it Blender never lists (draw handlers, command-line commands, message bus): for these the calls are counted.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bpy
from bpy.utils import previews

SPACES = [
    kind for name in dir(bpy.types) if hasattr(kind := getattr(bpy.types, name), "draw_handler_add") and name != "Space"
]


class Counts:
    """Handles given and not yet taken back, by kind."""

    def __init__(self) -> None:
        self.open: dict[str, list[Any]] = {}

    def gave(self, kind: str, handle: Any) -> Any:
        self.open.setdefault(kind, []).append(handle)
        return handle

    def took(self, kind: str, handle: Any) -> None:
        self.open[kind] = [other for other in self.open.get(kind, []) if other is not handle]


@contextmanager
def counting(package: str) -> Iterator[Counts]:
    """Counts while it lasts. What it changes in Blender is put back: 4.5 hangs at exit otherwise."""
    counts, undo = Counts(), []

    def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        real = getattr(owner, name)
        own = name in vars(owner)
        setattr(owner, name, make(real))
        undo.append((owner, name, real if own else None))

    for space in SPACES:
        kind = f"draw handler in {space.__name__}"
        replace(space, "draw_handler_add", lambda real, kind=kind: staticmethod(lambda *a: counts.gave(kind, real(*a))))
        replace(
            space,
            "draw_handler_remove",
            lambda real, kind=kind: staticmethod(lambda handle, *a: (real(handle, *a), counts.took(kind, handle))[0]),
        )
    replace(bpy.utils, "register_cli_command", lambda real: lambda *a: counts.gave("command", real(*a)))
    replace(bpy.utils, "unregister_cli_command", lambda real: lambda h: (real(h), counts.took("command", h))[0])
    replace(bpy.msgbus, "subscribe_rna", lambda real: lambda **k: _subscribed(real, counts, package, k))
    replace(bpy.msgbus, "clear_by_owner", lambda real: lambda o: (real(o), counts.took("message bus", o))[0])
    try:
        yield counts
    finally:
        for owner, name, real in reversed(undo):
            if real is None:
                delattr(owner, name)
            else:
                setattr(owner, name, real)


def _subscribed(real: Callable[..., None], counts: Counts, package: str, words: dict[str, Any]) -> None:
    """Blender's own tools subscribe too, whenever a file is loaded."""
    if sys._getframe(2).f_globals.get("__name__", "").startswith(package):
        counts.gave("message bus", words["owner"])
    real(**words)


def picture(counts: Counts, package: str) -> set[str]:
    """All that is there now, a line each. `package` says whose timers and threads are looked for: those can't be listed."""
    found = {f"class {name}" for name in dir(bpy.types)}
    found |= set(_properties()) | set(_handlers()) | set(_shortcuts()) | set(_drawn_into()) | set(_tools())
    found |= {f"previews {number}" for number in previews._uuid_open}
    for kind, handles in counts.open.items():
        found |= {f"{kind}: {len(handles)} open"} if handles else set()
    return found | set(_timers(package)) | set(_threads(package))


def _properties() -> Iterator[str]:
    """On every type that Blender has: `Scene.maquette` and its like."""
    for name in dir(bpy.types):
        kind = getattr(bpy.types, name)
        for prop in getattr(getattr(kind, "bl_rna", None), "properties", ()):
            if prop.is_runtime:
                yield f"property {name}.{prop.identifier}"


def _handlers() -> Iterator[str]:
    for name in dir(bpy.app.handlers):
        functions = getattr(bpy.app.handlers, name)
        if isinstance(functions, list):
            counted = Counter(f"{function.__module__}.{function.__qualname__}" for function in functions)
            yield from (f"handler {name}: {function} {count}x" for function, count in counted.items())


def _shortcuts() -> Iterator[str]:
    for config in bpy.context.window_manager.keyconfigs:
        for keymap in config.keymaps:
            counted = Counter(item.idname for item in keymap.keymap_items)
            yield from (f"shortcut {config.name}/{keymap.name}: {name} {n}x" for name, n in counted.items())


def _drawn_into() -> Iterator[str]:
    """What was appended to Blender's own menus, headers and panels."""
    for name in dir(bpy.types):
        functions = getattr(getattr(getattr(bpy.types, name), "draw", None), "_draw_funcs", ())
        own = getattr(getattr(bpy.types, name), "__module__", "")
        yield from (f"drawn into {name}: {f.__module__}.{f.__qualname__}" for f in functions if f.__module__ != own)


def _tools() -> Iterator[str]:
    from bl_ui.space_toolsystem_toolbar import VIEW3D_PT_tools_active

    def flat(item: Any) -> Iterator[Any]:
        if isinstance(item, (list, tuple)) and not hasattr(item, "idname"):
            for part in item:
                yield from flat(part)
        elif hasattr(item, "idname"):
            yield item

    for mode, tools in VIEW3D_PT_tools_active._tools.items():
        yield from (f"tool {mode}: {tool.idname}" for tool in flat(tools))


def _timers(package: str) -> Iterator[str]:
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(package + "."):
            for thing in list(vars(module).values()):
                if callable(thing) and not isinstance(thing, type) and _is_timer(thing):
                    yield f"timer {name}.{getattr(thing, '__qualname__', thing)}"


def _is_timer(thing: Any) -> bool:
    try:
        return bpy.app.timers.is_registered(thing)
    except (TypeError, ValueError):
        return False


def _threads(package: str) -> Iterator[str]:
    for thread in threading.enumerate():
        target = getattr(thread, "_target", None)
        if target is not None and str(getattr(target, "__module__", "")).startswith(package):
            yield f"thread {target.__module__}.{target.__qualname__}"
