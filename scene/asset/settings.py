"""What an asset is to be: the steps' switches and numbers, and the presets made of them. No bpy here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Preset(Enum):
    """What the asset is for."""

    GAME = "game"
    FILM = "film"
    WEB = "web"


class Retopo(Enum):
    """How the new mesh is made."""

    TRIANGLES = "triangles"  # the scan's own surface, collapsed to the budget
    QUADS = "quads"  # QuadriFlow: an even flow of quads
    CLOSED = "closed"  # voxels, then collapsed: watertight whatever the scan was
    KEEP = "keep"  # the mesh as the artist made it


class Colour(Enum):
    """Where the base colour comes from."""

    PHOTOS = "photos"  # projected again from the photos: the sharpest
    SCAN = "scan"  # transferred from the scan's texture
    NONE = "none"


class Collider(Enum):
    """The simple shape that a game engine collides with."""

    CONVEX = "convex"
    BOX = "box"
    NONE = "none"


class Convention(Enum):
    """Whose names and axes the asset follows."""

    UNREAL = "unreal"
    UNITY = "unity"
    GODOT = "godot"
    PLAIN = "plain"


class Format(Enum):
    """Files to write; the value is the suffix."""

    GLB = "glb"
    USDZ = "usdz"
    FBX = "fbx"
    OBJ = "obj"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a platform takes, by its own word; 0 is no limit."""

    source: str = ""
    triangles: int = 0
    texture: int = 0  # pixels along a side
    glb_mb: float = 0.0
    usdz_mb: float = 0.0


# Apple, "Integrating Apps and Content with AR Quick Look" (WWDC 2018, confirmed for later systems in its developer forum):
# 100,000 polygons, one set of 2048 px textures. Google, Scene Viewer: 2048 px, 10 MB. Khronos, 3D Commerce Publishing
# Guidelines 1.0, "Single-Item Mobile AR or 3D Web Catalogue View": 3 MB, 150,000 triangles, 2K. The strictest of each.
WEB_LIMITS = Limits(
    source="Apple AR Quick Look, Google Scene Viewer, Khronos 3D Commerce",
    triangles=100_000,
    texture=2048,
    glb_mb=3.0,
    usdz_mb=10.0,
)


@dataclass(frozen=True, kw_only=True)
class AssetSettings:
    """One asset. Each step has its switch."""

    name: str = "Asset"
    convention: Convention = Convention.PLAIN
    clean: bool = True
    smallest_part: float = 0.01  # of the surface: loose parts below it are dropped
    close_holes: int = 24  # edges around a hole that is closed; 0 leaves all open
    retopo: Retopo = Retopo.TRIANGLES
    triangles: int = 10_000
    uvs: bool = True
    colour: Colour = Colour.SCAN
    normal: bool = True
    occlusion: bool = True
    texture: int = 2048
    jpeg: bool = False  # smaller files for the web; PNG keeps every bit
    lods: int = 3  # besides LOD0
    lod_ratio: float = 0.5  # of the level before
    collider: Collider = Collider.CONVEX
    collider_triangles: int = 64
    shelf: bool = True  # into the Asset Browser
    catalogue: str = "Scans"
    tags: tuple[str, ...] = ("scan",)
    formats: tuple[Format, ...] = (Format.GLB,)
    limits: Limits = field(default_factory=Limits)
    occlusion_samples: int = 64


PRESETS: dict[Preset, AssetSettings] = {
    Preset.GAME: AssetSettings(
        convention=Convention.UNREAL,
        triangles=10_000,
        texture=2048,
        lods=3,
        collider=Collider.CONVEX,
        formats=(Format.FBX, Format.GLB),
        tags=("scan", "prop"),
    ),
    Preset.FILM: AssetSettings(
        retopo=Retopo.QUADS,
        triangles=100_000,
        texture=4096,
        lods=0,
        collider=Collider.NONE,
        formats=(Format.FBX, Format.OBJ),
        tags=("scan", "base mesh"),
    ),
    # 30,000: what Google recommends for phones of every kind.
    Preset.WEB: AssetSettings(
        triangles=30_000,
        texture=2048,
        jpeg=True,
        lods=0,
        collider=Collider.NONE,
        formats=(Format.GLB, Format.USDZ),
        limits=WEB_LIMITS,
        tags=("scan", "web"),
    ),
}
