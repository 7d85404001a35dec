"""How an artist wants a reworked mesh to be textured again."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import PropertyGroup

from ..engine.settings import Tiles


class MAQUETTE_PG_retexture(PropertyGroup):
    """Retexturing."""

    size: EnumProperty(
        name="Size",
        description="The side of the texture in pixels; with UDIM, of each tile",
        items=[(str(size), f"{size} px", "") for size in (1024, 2048, 4096, 8192, 16384)],
        default="4096",
    )
    new_uvs: BoolProperty(
        name="New UVs",
        description="Lay the mesh out anew, in a UV map of its own; yours stay. A mesh without UVs gets some anyway",
    )
    tiles: EnumProperty(
        name="UDIM",
        description="Whether each tile of the UV map gets a picture of its own",
        items=[
            (Tiles.AUTO.value, "Automatic", "If UVs lie in several tiles and don't cross their borders"),
            (Tiles.ON.value, "Tiles", "One picture for each tile"),
            (Tiles.OFF.value, "One Picture", "UVs beyond the first tile repeat the picture"),
        ],
    )
    modifiers: BoolProperty(
        name="Modifiers",
        description="Colour the mesh as its modifiers show it; off: as it is without them",
        default=True,
    )
    keep_painted: BoolProperty(
        name="Keep Painted",
        description="What you painted on the texture since the last time stays, as long as the UVs are the same",
        default=True,
    )
    photos: StringProperty(
        name="Photos",
        description="The folder where the photos lie now. Only needed if they were moved since the model was built",
        subtype="DIR_PATH",
    )


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_retexture,))
