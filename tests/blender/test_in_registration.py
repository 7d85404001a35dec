"""Enable, disable, enable: nothing is left behind, nothing is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy  # first: it brings addon_utils

# isort: split
import addon_utils
import pytest
from bpy.utils import previews

from .conftest import MODULE

WHEELS = ("cv2", "pycolmap", "quadrants", "PIL", "fast_simplification")
KINDS = ("Operator", "Panel", "PropertyGroup", "AddonPreferences", "UIList", "Menu", "FileHandler")


def ours() -> set[str]:
    """Names of all that Maquette registered."""
    classes = {
        found.__name__
        for kind in KINDS
        for found in getattr(bpy.types, kind).__subclasses__()
        if found.__module__.startswith(MODULE) and getattr(found, "is_registered", False)
    }
    return classes | {
        f"{owner.__name__}.maquette"
        for owner in (bpy.types.Scene, bpy.types.WindowManager)
        if hasattr(owner, "maquette")
    }


def test_disable_leaves_nothing_and_enable_brings_all_back(maquette, part):
    there = ours()
    assert {"Scene.maquette", "WindowManager.maquette", "MAQUETTE_OT_build_model", "MAQUETTE_PT_model"} <= there
    assert bpy.ops.maquette.build_model.get_rna_type()
    addon_utils.disable(MODULE)
    assert not [name for name in dir(bpy.types) if name.startswith("MAQUETTE_")]
    assert not hasattr(bpy.types.Scene, "maquette") and not hasattr(bpy.types.WindowManager, "maquette")
    assert "build_model" not in dir(bpy.ops.maquette)
    addon_utils.enable(MODULE)
    assert ours() == there


def test_register_and_unregister_leave_nothing_behind(maquette, part, watched, tmp_path):
    """Handlers, timers, properties, shortcuts, drawings, previews, commands, tools: all that `traces.py` can see."""
    assert watched.now() - watched.before >= {"command: 1 open", "property Scene.maquette", "class MAQUETTE_PT_model"}
    with_it = watched.now()
    part("operators.cache_size").latest(tmp_path)  # what is only registered when it is needed
    for _ in range(2):
        maquette.unregister()
        left = watched.left()
        maquette.register()  # before a failure, which would else be every later test's too
        assert left == []
        assert watched.now() == with_it


def test_it_can_be_enabled_where_its_wheels_are_missing(maquette):
    """Else nothing could say what is missing. Another process, which has none of them."""
    root = Path(maquette.__file__).parents[1]
    code = (
        "import sys, importlib.util\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {WHEELS!r}: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        f"import bpy; sys.path.insert(0, {str(root)!r}); import maquette; maquette.register()\n"
        "assert bpy.context.scene.maquette; maquette.unregister(); print('registered')\n"
    )
    with TemporaryDirectory() as profile:
        (Path(profile) / "config").mkdir()
        surroundings = os.environ | {"BLENDER_USER_RESOURCES": profile}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=surroundings)
    assert "registered" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("leave", "clean", "said"),
    [
        (
            lambda: bpy.app.handlers.load_post.append(stranger),
            lambda: bpy.app.handlers.load_post.remove(stranger),
            "handler load_post",
        ),
        (
            lambda: setattr(bpy.types.Object, "left", bpy.props.IntProperty()),
            lambda: delattr(bpy.types.Object, "left"),
            "property Object.left",
        ),
        (
            lambda: bpy.types.VIEW3D_MT_add.append(stranger),
            lambda: bpy.types.VIEW3D_MT_add.remove(stranger),
            "drawn into VIEW3D_MT_add",
        ),
        (
            lambda: held.append(bpy.types.SpaceView3D.draw_handler_add(stranger, (), "WINDOW", "POST_VIEW")),
            lambda: bpy.types.SpaceView3D.draw_handler_remove(held.pop(), "WINDOW"),
            "draw handler in SpaceView3D: 1 open",
        ),
        (
            lambda: held.append(previews.new()),
            lambda: previews.remove(held.pop()),
            "previews ",
        ),
    ],
)
def test_what_is_left_behind_would_be_seen(watched, leave, clean, said):
    """The measure itself can fail."""
    before = watched.now()
    leave()
    try:
        assert [line for line in watched.now() - before if line.startswith(said)]
    finally:
        clean()
    assert watched.now() == before


def stranger(*args: object) -> None:
    """Does nothing, and is left where it should not be."""


held: list[object] = []


def test_a_failing_part_leaves_nothing_half_registered(maquette, monkeypatch):
    import importlib

    panels = importlib.import_module(f"{MODULE}.panels")
    maquette.unregister()
    with monkeypatch.context() as patch:
        patch.setattr(panels, "register", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            maquette.register()
        assert not hasattr(bpy.types.Scene, "maquette")
        assert "build_model" not in dir(bpy.ops.maquette)
    maquette.register()
    assert hasattr(bpy.types.Scene, "maquette")


def test_the_wheels_are_there_and_importable(maquette, part):
    assert part("operators.runner").missing_libraries() == []


def test_every_panel_icon_exists(maquette):
    """A wrong icon's name raises only when the panel is drawn."""
    import re
    from pathlib import Path

    known = set(bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys())
    text = "".join(path.read_text(encoding="utf-8") for path in Path(maquette.__file__).parent.glob("panels/*.py"))
    used = set(re.findall(r'icon="(\w+)"', text))
    assert used and used <= known
