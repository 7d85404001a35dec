"""Enable, disable, enable: nothing is left behind, nothing is missing."""

from __future__ import annotations

import addon_utils
import bpy

from .conftest import MODULE

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


def test_a_failing_part_leaves_nothing_half_registered(maquette, monkeypatch):
    import importlib

    import pytest

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
