"""What an artist sets for the tools of a stage; what they have made says its own numbers, on Blender's own nodes and objects."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy.types import PropertyGroup

from ..engine.settings import Move, MoveSettings

MOVES = [
    (Move.ORBIT.value, "Orbit", "Around the subject, in a lying ellipse"),
    (Move.DOLLY.value, "Dolly", "Straight towards it, and back in a loop"),
    (Move.KEN_BURNS.value, "Ken Burns", "A slow slide while the lens closes in"),
    (Move.HANDHELD.value, "Handheld", "As if somebody held the camera and breathed"),
]
_MOVE = MoveSettings()


class MAQUETTE_PG_stage_tools(PropertyGroup):
    """The tools of a stage."""

    move: EnumProperty(name="Move", description="How the camera moves", items=MOVES, default=_MOVE.move.value)
    amplitude: FloatProperty(
        name="Amount",
        description="How far it goes, as a share of what is safe: above 1 it may look behind what the layers have",
        min=0.0,
        soft_max=1.5,
        max=10.0,
        default=_MOVE.amplitude,
    )
    seconds: FloatProperty(
        name="Length",
        description="In seconds",
        min=0.1,
        soft_max=20.0,
        max=600.0,
        default=_MOVE.seconds,
    )
    fps: IntProperty(name="Frame Rate", description="Frames a second", min=1, max=120, default=_MOVE.fps)
    loop: BoolProperty(name="Loop", description="The end leads back into the start", default=_MOVE.loop)
    seed: IntProperty(name="Seed", description="Another number, another hand", min=0, default=_MOVE.seed)
    blur: FloatProperty(
        name="Blur",
        description="How much what is very far away is blurred: the size of a point there, as a share of the picture's width",
        min=0.0,
        soft_max=0.1,
        max=0.5,
        default=0.015,
        subtype="FACTOR",
        precision=3,
    )
    what: EnumProperty(
        name="Object",
        description="What comes to stand where you click",
        items=[
            ("CUBE", "Cube", "A cube"),
            ("SPHERE", "Sphere", "A ball"),
            ("CYLINDER", "Cylinder", "A column"),
            ("MONKEY", "Monkey", "Suzanne, to judge light and size by"),
            ("ACTIVE", "Active Object", "The object that is active now"),
            ("CURSOR", "3D Cursor", "Only the 3D cursor: add there what you like"),
        ],
        default="MONKEY",
    )
    size: FloatProperty(
        name="Height",
        description="As a share of the picture's height, at that distance",
        min=0.001,
        soft_max=1.0,
        max=10.0,
        default=0.2,
        subtype="FACTOR",
    )
    form: EnumProperty(
        name="Format",
        items=[
            ("MP4", "MP4", "A film that plays everywhere"),
            ("PNG", "PNG Images", "One picture a frame, without loss"),
        ],
    )
    height: IntProperty(
        name="Height", description="Of the film, in pixels; its width follows the photo", min=16, max=8192, default=1080
    )
    output: StringProperty(
        name="Folder",
        description="Where films and exports go. Empty: into the stage's own folder",
        subtype="DIR_PATH",
    )


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_stage_tools,))


def move_settings(group: MAQUETTE_PG_stage_tools) -> MoveSettings:
    """In the engine's words."""
    return MoveSettings(
        move=Move(group.move),
        amplitude=group.amplitude,
        seconds=group.seconds,
        fps=group.fps,
        loop=group.loop,
        seed=group.seed,
    )
