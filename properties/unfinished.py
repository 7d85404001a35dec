"""The model whose run has not come to its end, kept on the scene: a file that is opened again offers to go on with it."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty
from bpy.types import PropertyGroup


class MAQUETTE_PG_unfinished(PropertyGroup):
    """Empty where nothing is unfinished."""

    name: StringProperty(description="What the model will be called")
    folder: StringProperty(description="Where its results go", subtype="DIR_PATH")
    photos: StringProperty(description="The photos' paths, as a JSON list")
    options: StringProperty(description="The rest of the engine's command line, as a JSON list")


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_unfinished,))
