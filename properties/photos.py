"""The list of photos: a tick for each, and what the engine thinks of it; kept on the scene as `scene.maquette.photos`."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy.types import PropertyGroup

from ..engine.verdicts import WORDS, Verdict

UNSEEN = "unseen"  # the engine has not looked at it
MISSING = "missing"  # the file is not where it was
_VERDICTS = [
    (UNSEEN, "", "Not checked yet"),
    (MISSING, "missing", "The file is not where it was"),
    *((verdict.value, WORDS[verdict], "") for verdict in Verdict),
]


class MAQUETTE_PG_photo(PropertyGroup):
    """One photo. `name` is its file's, to search by."""

    path: StringProperty(name="Photo", subtype="FILE_PATH")
    use: BoolProperty(name="Use", description="Use this photo for the next model", default=True)
    verdict: EnumProperty(
        name="Verdict",
        items=_VERDICTS,
        default=UNSEEN,
    )
    sentence: StringProperty(name="What the engine says")
    sharpness: FloatProperty(name="Sharpness", description="1 is as sharp as the photos around it")


class MAQUETTE_PG_place(PropertyGroup):
    """A folder that photos came from, to look into again."""

    path: StringProperty(subtype="DIR_PATH")


class MAQUETTE_PG_photos(PropertyGroup):
    """All photos, in the order in which they were taken or added."""

    rows: CollectionProperty(type=MAQUETTE_PG_photo)
    active: IntProperty(name="Photo", options={"SKIP_SAVE"})
    folders: CollectionProperty(type=MAQUETTE_PG_place)
    show: EnumProperty(
        name="Show",
        items=[
            ("ALL", "All", "Every photo"),
            ("FAULTS", "With Faults", "Only photos that the engine found a fault with"),
            ("TICKED", "Ticked", "Only photos that the next model is made from"),
        ],
    )
    sort: EnumProperty(
        name="Sort",
        items=[
            ("ORDER", "As Taken", "The order of the folder"),
            ("VERDICT", "Worst First", "What the engine found most fault with comes first"),
            ("SHARPNESS", "Softest First", "The least sharp come first"),
        ],
    )
    mood: EnumProperty(items=[(kind, kind.capitalize(), "") for kind in ("INFO", "WARNING", "ERROR")])
    said: StringProperty(description="What the engine says of the photos together, a line for each advice")


_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (MAQUETTE_PG_photo, MAQUETTE_PG_place, MAQUETTE_PG_photos)
)


def register() -> None:
    _register_classes()


def unregister() -> None:
    _unregister_classes()
