"""Names by a game engine's convention. No bpy here.

Unreal: Epic's recommended prefixes (SM_, M_, T_), collision UCX_/UBX_ + the render mesh's name + _00 (FBX static mesh pipeline).
Unity: meshes NAME_LOD0, NAME_LOD1 … become a LOD group by themselves; it has no names for colliders, `_collider` is for people.
Godot: file names in snake_case; the suffix -convcolonly becomes a convex collision shape on import and is not drawn.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .settings import Collider, Convention

COLOUR, NORMAL, OCCLUSION = "colour", "normal", "occlusion"

_SUFFIXES = {
    Convention.UNREAL: {COLOUR: "D", NORMAL: "N", OCCLUSION: "ORM"},
    Convention.UNITY: {COLOUR: "BaseMap", NORMAL: "Normal", OCCLUSION: "Occlusion"},
    Convention.GODOT: {COLOUR: "albedo", NORMAL: "normal", OCCLUSION: "orm"},
    Convention.PLAIN: {COLOUR: "BaseColor", NORMAL: "Normal", OCCLUSION: "AO"},
}


@dataclass(frozen=True, kw_only=True)
class Names:
    """All names of one asset."""

    base: str
    convention: Convention
    levels: int = 0  # LODs besides the first

    @property
    def root(self) -> str:
        """The asset as one thing: its files, and the parent of its levels."""
        return f"SM_{self.base}" if self.convention is Convention.UNREAL else self.base

    def mesh(self, level: int = 0) -> str:
        """A level's object; without further levels it bears no number."""
        if not self.levels:
            return self.root
        return f"{self.root}_lod{level}" if self.convention is Convention.GODOT else f"{self.root}_LOD{level}"

    def collider(self, kind: Collider) -> str:
        """The collider that belongs to the first level's mesh."""
        if self.convention is Convention.UNREAL:
            return f"{'UBX' if kind is Collider.BOX else 'UCX'}_{self.mesh()}_00"
        return f"{self.root}-convcolonly" if self.convention is Convention.GODOT else f"{self.root}_collider"

    @property
    def material(self) -> str:
        return f"M_{self.base}" if self.convention is Convention.UNREAL else self.base

    def texture(self, what: str) -> str:
        prefix = "T_" if self.convention is Convention.UNREAL else ""
        return f"{prefix}{self.base}_{_SUFFIXES[self.convention][what]}"

    @property
    def packs_orm(self) -> bool:
        """Occlusion, roughness and metal in one picture; Unity would read its green as the occlusion."""
        return self.convention in (Convention.UNREAL, Convention.GODOT)

    @property
    def flips_green(self) -> bool:
        """Unreal's normal maps point down in green (DirectX), all others' up (OpenGL)."""
        return self.convention is Convention.UNREAL


def names_for(name: str, convention: Convention, levels: int) -> Names:
    """From what the artist calls it: letters, digits and underscores alone, as every engine and disk takes them."""
    folded = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", folded) or ["Asset"]
    if convention is Convention.GODOT:
        base = "_".join(word.lower() for word in words)
    elif convention is Convention.UNREAL:
        base = "".join(word[0].upper() + word[1:] for word in words)
    else:
        base = "_".join(words)
    return Names(base=base, convention=convention, levels=levels)
