"""An object's UVs in a few words, cheap enough for every redraw: looked at in places, not all over."""

from __future__ import annotations

from math import floor

from bpy.types import Object

LOOKS = 400  # corners that are looked at


def words_of(thing: Object) -> str:
    """What the active UV map is like."""
    layers = thing.data.uv_layers
    if layers.active is None:
        return "No UVs: new ones are made"
    name = layers.active.name
    corners = layers.active.uv
    if not len(corners):
        return f"{name}: being edited"
    step = max(len(corners) // LOOKS, 1)
    tiles = set()
    inside = True
    for index in range(0, len(corners), step):
        u, v = corners[index].vector
        inside = inside and -1e-4 <= u <= 1 + 1e-4 and -1e-4 <= v <= 1 + 1e-4
        tiles.add((_tile(u), _tile(v)))
    if inside:
        return f"{name}: inside 0 to 1"
    if all(0 <= u < 10 and 0 <= v < 10 for u, v in tiles):
        return f"{name}: {len(tiles)} UDIM tiles"
    return f"{name}: beyond 0 to 1, the picture repeats"


def _tile(at: float) -> int:
    """A border belongs to the tile before it."""
    return floor(at - 1e-5) if at > 1e-4 or at < -1e-4 else 0
