"""What an artist wants the scan to become: a preset fills the fields, each step has its switch and its numbers."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy.types import Context, PropertyGroup

from ..scene.asset.settings import (
    PRESETS,
    AssetSettings,
    Collider,
    Colour,
    Convention,
    Format,
    Preset,
    Retopo,
)

_SAME = (  # fields that are called alike here and in the settings, with plain values
    "clean",
    "smallest_part",
    "close_holes",
    "triangles",
    "uvs",
    "normal",
    "occlusion",
    "jpeg",
    "lods",
    "lod_ratio",
    "collider_triangles",
    "shelf",
    "catalogue",
)
_CHOICES = {"convention": Convention, "retopo": Retopo, "colour": Colour, "collider": Collider}


def fill_from_preset(group: MAQUETTE_PG_asset, context: Context | None = None) -> None:
    """The preset's values into the fields."""
    settings = PRESETS[Preset(group.preset)]
    for name in _SAME:
        setattr(group, name, getattr(settings, name))
    for name in _CHOICES:
        setattr(group, name, getattr(settings, name).value)
    group.colour = Colour.PHOTOS.value
    group.texture = str(settings.texture)
    group.tags = ", ".join(settings.tags)
    for kind in Format:
        setattr(group, kind.value, kind in settings.formats)


class MAQUETTE_PG_asset(PropertyGroup):
    """Scan to asset."""

    preset: EnumProperty(
        name="For",
        description="What the asset is for. Choosing sets all fields below",
        items=[
            (Preset.GAME.value, "Game Prop", "10,000 triangles, levels of detail, a collider; FBX and GLB"),
            (Preset.FILM.value, "Film Base Mesh", "Even quads to sculpt and to subdivide, 4K textures; FBX and OBJ"),
            (
                Preset.WEB.value,
                "Web and AR",
                "One light mesh with small textures, within the limits of phones; GLB and USDZ",
            ),
        ],
        update=fill_from_preset,
    )
    convention: EnumProperty(
        name="Names",
        description="Whose names objects, textures and files bear",
        items=[
            (Convention.UNREAL.value, "Unreal", "SM_Name_LOD0, T_Name_D, UCX_…; normal maps with green down (DirectX)"),
            (Convention.UNITY.value, "Unity", "Name_LOD0, Name_BaseMap, Name_collider; an LOD group by itself"),
            (Convention.GODOT.value, "Godot", "name_lod0, name_albedo, name-convcolonly; one file per level"),
            (Convention.PLAIN.value, "Plain", "Name, Name_BaseColor, Name_collider"),
        ],
        default=Convention.UNREAL.value,
    )
    name: StringProperty(name="Name", description="What the asset is called. Empty: like the model")
    clean: BoolProperty(name="Clean", description="Drop loose crumbs and close small holes first", default=True)
    smallest_part: FloatProperty(
        name="Drop Below",
        description="Loose parts with less than this share of the surface are dropped",
        subtype="FACTOR",
        min=0.0,
        max=0.5,
        default=0.01,
        precision=3,
    )
    close_holes: IntProperty(
        name="Close Holes",
        description="Holes with up to so many edges around them are closed. 0 leaves all open",
        min=0,
        max=1000,
        default=24,
    )
    retopo: EnumProperty(
        name="Mesh",
        description="How the new mesh is made",
        items=[
            (
                Retopo.TRIANGLES.value,
                "Triangles",
                "The scan's own surface, simplified: keeps the most shape (Decimate)",
            ),
            (Retopo.QUADS.value, "Quads", "Even quads that follow the shape, to sculpt and subdivide (QuadriFlow)"),
            (Retopo.CLOSED.value, "Watertight", "Closed everywhere, whatever the scan was (voxels, then Decimate)"),
            (Retopo.KEEP.value, "As It Is", "The mesh as it stands: you did the retopology yourself"),
        ],
    )
    triangles: IntProperty(
        name="Triangles",
        description="The budget. A quad counts as two",
        min=50,
        max=5_000_000,
        default=10_000,
        step=1000,
    )
    uvs: BoolProperty(
        name="New UVs",
        description="Lay the mesh out in few charts. Off only keeps UVs of a mesh as it is",
        default=True,
    )
    colour: EnumProperty(
        name="Color",
        description="Where the base color comes from",
        items=[
            (Colour.PHOTOS.value, "From Photos", "The photos are projected onto the new mesh: the sharpest"),
            (Colour.SCAN.value, "From Scan", "The scan's texture is transferred: what you painted there stays"),
            (Colour.NONE.value, "None", "No base color"),
        ],
    )
    texture: EnumProperty(
        name="Texture",
        description="The side of all textures in pixels",
        items=[(str(size), f"{size} px", "") for size in (512, 1024, 2048, 4096, 8192)],
        default="2048",
    )
    normal: BoolProperty(
        name="Normals", description="Bake the scan's fine shape into a normal map for the light mesh", default=True
    )
    occlusion: BoolProperty(name="Occlusion", description="Bake how much sky each place sees", default=True)
    jpeg: BoolProperty(name="JPEG Textures", description="Smaller files, a little less exact. Off: PNG", default=False)
    lods: IntProperty(
        name="Extra Levels",
        description="Coarser meshes for afar, besides LOD0. They share its textures",
        min=0,
        max=5,
        default=3,
    )
    lod_ratio: FloatProperty(
        name="Ratio",
        description="Triangles of each level against the one before",
        subtype="FACTOR",
        min=0.1,
        max=0.9,
        default=0.5,
    )
    collider: EnumProperty(
        name="Collider",
        description="The simple shape that a game collides with; it holds the whole mesh",
        items=[
            (Collider.CONVEX.value, "Convex", "A convex hull with few triangles"),
            (Collider.BOX.value, "Box", "A box"),
            (Collider.NONE.value, "None", "No collider"),
        ],
    )
    collider_triangles: IntProperty(
        name="Collider Triangles",
        description="At most so many. Unity and PhysX take no more than 255",
        min=12,
        max=255,
        default=64,
    )
    shelf: BoolProperty(
        name="Asset Browser", description="Mark the asset, with a preview picture, a catalog and tags", default=True
    )
    catalogue: StringProperty(
        name="Catalog", description="Where it stands in the Asset Browser. Slashes make folders", default="Scans"
    )
    tags: StringProperty(name="Tags", description="Words to find it by, with commas between", default="scan, prop")
    glb: BoolProperty(name="GLB", description="glTF in one file: web, Godot, Blender", default=True)
    usdz: BoolProperty(name="USDZ", description="For AR on iPhones and iPads, and for USD pipelines")
    fbx: BoolProperty(name="FBX", description="For Unreal, Unity and most other tools", default=True)
    obj: BoolProperty(name="OBJ", description="The oldest and plainest: mesh, UVs and base color")
    folder: StringProperty(
        name="Folder",
        description="Where the files go. Empty: the folder 'asset' among the model's results",
        subtype="DIR_PATH",
    )


def settings_of(group: MAQUETTE_PG_asset, name: str) -> AssetSettings:
    """What the fields say, as the recipe takes it. `name` stands in for an empty one."""
    preset = PRESETS[Preset(group.preset)]
    values = {field: getattr(group, field) for field in _SAME}
    values |= {field: kind(getattr(group, field)) for field, kind in _CHOICES.items()}
    return AssetSettings(
        **values,
        name=group.name or name,
        texture=int(group.texture),
        tags=tuple(tag.strip() for tag in group.tags.split(",") if tag.strip()),
        formats=tuple(kind for kind in Format if getattr(group, kind.value)),
        limits=preset.limits,
    )


register, unregister = bpy.utils.register_classes_factory((MAQUETTE_PG_asset,))
