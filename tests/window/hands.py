"""An artist's hands: the mouse and the keyboard, the 3D view and its sidebar."""

from __future__ import annotations

import contextlib
import importlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d
from driver import Absent, Until
from mathutils import Vector

DRAG = Path(__file__).resolve().parent / "drag.py"
MODULE = "bl_ext.user_default.maquette"


def part(name: str) -> ModuleType:
    """A module of the installed extension."""
    return importlib.import_module(f"{MODULE}.{name}")


def view(kind: str = "WINDOW") -> dict[str, Any]:
    """The 3D view, to call operators in."""
    window = bpy.context.window_manager.windows[0]
    area = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.width * a.height)
    return {"window": window, "area": area, "region": next(r for r in area.regions if r.type == kind)}


def press(name: str, **values: Any) -> set[str]:
    """An operator's button, as if clicked."""
    group, _, operator = name.partition(".")
    if operator not in dir(getattr(bpy.ops, group)):
        raise Absent(f"there is no {name}")
    call = getattr(getattr(bpy.ops, group), operator)
    with bpy.context.temp_override(**view()):
        assert call.poll(), f"{name} can't be pressed now"
        return call("INVOKE_DEFAULT", True, **values)


def do(name: str, **values: Any) -> set[str]:
    """An operator as a script calls it: it is done when this returns."""
    group, _, operator = name.partition(".")
    if operator not in dir(getattr(bpy.ops, group)):
        raise Absent(f"there is no {name}")
    with bpy.context.temp_override(**view()):
        return getattr(getattr(bpy.ops, group), operator)("EXEC_DEFAULT", True, **values)


def busy() -> bool:
    return bool(part("operators.runner").is_busy())


def said() -> list[str]:
    """What the panel tells."""
    return [line.text for line in bpy.context.window_manager.maquette.messages]


def sidebar(*, to_top: bool = True) -> None:
    """Opens our tab."""
    region = view("UI")["region"]
    if region.active_panel_category != "Maquette":
        region.active_panel_category = "Maquette"
    if to_top:
        scroll(-8_000)


def open_sidebar() -> Iterator[Any]:
    """It has its tabs only once Blender has drawn it."""
    view()["area"].spaces.active.show_region_ui = True
    yield Until(lambda: view("UI")["region"].active_panel_category != "UNSUPPORTED", 20)
    yield 0.5
    sidebar()


@contextlib.contextmanager
def as_panel(name: str) -> Iterator[None]:
    """A panel that is closed at first, as if its header had been clicked: a twin that begins open stands in its place."""
    closed = getattr(bpy.types, name)
    options = set(getattr(closed, "bl_options", ())) - {"DEFAULT_CLOSED"}
    opened = type(f"{name}_opened", (closed,), {"bl_idname": f"{name}_opened", "bl_options": options})
    bpy.utils.unregister_class(closed)
    bpy.utils.register_class(opened)
    try:
        yield
    finally:
        bpy.utils.unregister_class(opened)
        bpy.utils.register_class(closed)


def scroll(pixels: int) -> None:
    """The sidebar; up is negative."""
    step = bpy.ops.view2d.scroll_down if pixels > 0 else bpy.ops.view2d.scroll_up
    with bpy.context.temp_override(**view("UI")):
        for _ in range(abs(pixels) // 40 + 1):  # each call goes as far, whatever it is told
            if step.poll():
                step()


def screen_of(point: Vector) -> tuple[int, int]:
    """Where a place in the scene is on the screen. The window lies in the screen's corner."""
    v = view()
    found = location_3d_to_region_2d(v["region"], v["area"].spaces.active.region_3d, point)
    assert found is not None, "that place is not in view"
    return round(v["region"].x + found.x), round(v["window"].height - (v["region"].y + found.y))


def mouse(x: int, y: int, *more: str) -> None:
    """Moves there, then what xdotool calls `click 1`, `key Escape`, … Never waited for: Blender has to hear it."""
    try:
        subprocess.Popen(["xdotool", "mousemove", str(x), str(y), *more])
    except FileNotFoundError:
        raise Absent("xdotool is not installed") from None


def keys(*names: str) -> None:
    try:
        subprocess.Popen(["xdotool", "key", "--delay", "60", *names])
    except FileNotFoundError:
        raise Absent("xdotool is not installed") from None


def middle() -> tuple[int, int]:
    """Of the 3D view."""
    region = view()["region"]
    return region.x + region.width // 2, view()["window"].height - region.y - region.height // 2


def drop(paths: Sequence[Path]) -> Iterator[Any]:
    """Files into the 3D view, from a file manager that is not there. Blender asks what to do with them."""
    x, y = middle()
    dragging = subprocess.Popen(["python3", str(DRAG), str(x), str(y), *map(str, paths)])
    yield Until(lambda: dragging.poll() is not None, 20)
    assert dragging.returncode == 0, "the window did not take the files"
