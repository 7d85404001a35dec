"""What an artist sets for the next model; kept on the scene as `scene.maquette`."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import PropertyGroup, Scene

from ..engine.settings import Quality, Region
from .asset import MAQUETTE_PG_asset
from .photos import MAQUETTE_PG_photos
from .region_masks import MAQUETTE_PG_region_masks
from .retexture import MAQUETTE_PG_retexture
from .scale import MAQUETTE_PG_scale
from .stage import MAQUETTE_PG_stage
from .stage_tools import MAQUETTE_PG_stage_tools
from .trust import MAQUETTE_PG_trust
from .unfinished import MAQUETTE_PG_unfinished

AUTOMATIC = "AUTO"  # the texture size that the quality stands for


class MAQUETTE_PG_model(PropertyGroup):
    """The settings of the next model."""

    photos: PointerProperty(type=MAQUETTE_PG_photos)
    asset: PointerProperty(type=MAQUETTE_PG_asset)
    quality: EnumProperty(
        name="Quality",
        description="How much time to spend",
        items=[
            (Quality.DRAFT.value, "Draft", "Quick, to see whether the photos serve"),
            (Quality.STANDARD.value, "Standard", "A good balance of detail and time"),
            (Quality.HIGH.value, "High", "All the detail that the photos hold; takes several times as long"),
        ],
        default=Quality.STANDARD.value,
    )
    faces: IntProperty(
        name="Faces",
        description="The mesh's budget of triangles. 0: what the quality stands for",
        min=0,
        max=20_000_000,
        step=10_000,
    )
    texture: EnumProperty(
        name="Texture",
        description="The side of the texture in pixels",
        items=[(AUTOMATIC, "Automatic", "What the quality stands for")]
        + [(str(size), f"{size} px", "") for size in (1024, 2048, 4096, 8192, 16384)],
    )
    storage: EnumProperty(
        name="Save Texture",
        items=[
            ("PACKED", "In the .blend", "The texture is packed into the .blend file"),
            ("BESIDE", "Beside the .blend", "The texture is a PNG in the folder textures beside the .blend file"),
        ],
    )
    region: EnumProperty(
        name="Keep",
        items=[
            (Region.SUBJECT.value, "Subject", "What the cameras look at, without the background"),
            (Region.ALL.value, "Everything", "All that the photos show"),
        ],
        default=Region.SUBJECT.value,
    )
    watertight: BoolProperty(name="Close All Holes", description="What no photo shows is filled, and marked as filled")
    masks: StringProperty(
        name="Masks",
        description="A folder with a black and white picture for each photo, named like it: white is kept",
        subtype="DIR_PATH",
    )
    output: StringProperty(
        name="Output",
        description="The folder for the results. Empty: a new one in the models folder of the preferences",
        subtype="DIR_PATH",
    )
    scale: PointerProperty(type=MAQUETTE_PG_scale)
    region_masks: PointerProperty(type=MAQUETTE_PG_region_masks)
    retexture: PointerProperty(type=MAQUETTE_PG_retexture)
    stage: PointerProperty(type=MAQUETTE_PG_stage)
    stage_tools: PointerProperty(type=MAQUETTE_PG_stage_tools)
    trust: PointerProperty(type=MAQUETTE_PG_trust)
    unfinished: PointerProperty(type=MAQUETTE_PG_unfinished)


_register_classes, _unregister_classes = bpy.utils.register_classes_factory((MAQUETTE_PG_model,))


def register() -> None:
    _register_classes()
    Scene.maquette = PointerProperty(type=MAQUETTE_PG_model)


def unregister() -> None:
    del Scene.maquette
    _unregister_classes()
