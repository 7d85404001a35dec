"""All of a stage's tools together: undo, the panels, and what is grey without a stage."""

from __future__ import annotations

import bpy


def test_undo_takes_each_tool_back(stage, tools):
    tools.what, tools.seconds = "CUBE", 1.0
    steps = (
        lambda: bpy.ops.maquette.stage_move("EXEC_DEFAULT", True),
        lambda: bpy.ops.maquette.stage_focus("EXEC_DEFAULT", True, x=48, y=36),
        lambda: bpy.ops.maquette.stage_fog("EXEC_DEFAULT", True),
        lambda: bpy.ops.maquette.stage_light("EXEC_DEFAULT", True),
        lambda: bpy.ops.maquette.stage_add("EXEC_DEFAULT", True, x=80, y=62),
        lambda: bpy.ops.maquette.stage_subject("EXEC_DEFAULT", True, x=48, y=36),
    )
    for step in steps:
        before = everything()
        bpy.ops.ed.undo_push(message="before")
        step()
        assert everything() != before
        bpy.ops.ed.undo()
        assert everything() == before


def everything() -> list[list[str]]:
    """The names of what the file holds."""
    scene = bpy.context.scene
    kinds = (
        bpy.data.objects,
        bpy.data.cameras,
        bpy.data.lights,
        bpy.data.actions,
        bpy.data.worlds,
        bpy.data.collections,
    )
    held = [sorted(one.name for one in kind) for kind in kinds]
    held += [sorted(group.name for group in bpy.data.node_groups if group.bl_idname == "ShaderNodeTree")]
    held += [[layer.name for layer in scene.view_layers], [scene.camera.name, str(scene.camera.data.dof.use_dof)]]
    return [*held, [str(len(thing.vertex_groups)) for thing in bpy.data.objects]]


class Sheet:
    """A layout that notes what is drawn, and checks that each property and operator is there."""

    def __init__(self, drawn: list[str]) -> None:
        object.__setattr__(self, "drawn", drawn)

    def __setattr__(self, name, value) -> None: ...

    def column(self, **_):
        return self

    row = box = separator = column

    def prop(self, data, name, **_):
        assert name in data.bl_rna.properties, name
        self.drawn.append(name)

    def operator(self, name, **_):
        kind = getattr(bpy.ops.maquette, name.partition(".")[2]).get_rna_type()  # KeyError where there is none
        self.drawn.append(name)
        return type("Values", (), {"__setattr__": lambda _, prop, value: kind.properties[prop]})()

    def label(self, text="", **_):
        self.drawn.append(text)


def test_the_panels_offer_what_comes_next(stage, tools, part):
    from types import SimpleNamespace

    context = SimpleNamespace(
        scene=bpy.context.scene,
        view_layer=bpy.context.view_layer,
        region=SimpleNamespace(width=280),
        preferences=bpy.context.preferences,
    )

    def drawn() -> set[str]:
        found: list[str] = []
        for panel in part("panels.stage_tools").TOOLS:
            stand_in = type("Panel", (), {"draw": panel.draw, "draw_tool": panel.draw_tool})()
            stand_in.layout = Sheet(found)
            stand_in.draw(context)
        return set(found)

    first = drawn()
    buttons = ("move", "focus", "fog", "pick_subject", "light", "add", "film", "glb", "exr")
    assert {f"maquette.stage_{name}" for name in buttons} <= first
    taken_back = {f"maquette.stage_{name}" for name in ("rest", "unfocus", "clear_fog", "clear_light")}
    assert not taken_back & first
    tools.amplitude, tools.move = 1.2, "handheld"
    bpy.ops.maquette.stage_move()
    bpy.ops.maquette.stage_focus(x=48, y=36)
    bpy.ops.maquette.stage_fog()
    bpy.ops.maquette.stage_light()
    later = drawn()
    assert taken_back | {"seed", "aperture_fstop", "energy"} <= later
    assert any("More than is safe" in text for text in later)


def test_without_a_stage_the_tools_are_greyed_out(maquette):
    for name in dir(bpy.ops.maquette):
        if name.startswith("stage_") and name != "stage_photo":
            assert not getattr(bpy.ops.maquette, name).poll(), name
