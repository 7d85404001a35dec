"""Fifth step: levels of detail that share the first one's UVs and textures."""

from __future__ import annotations

from bpy.types import Object

from .decimate import decimate
from .tools import copy_of, triangles_of

FEWEST = 12  # triangles: below it nothing is left to simplify


def make_levels(first: Object, count: int, ratio: float, names: list[str]) -> list[Object]:
    """Each level is made from the first, so that errors don't add up.

    Decimate keeps UV seams in place by itself. Guarding them with weights was tried: the shape then collapsed between them.
    """
    made = []
    for level, name in zip(range(1, count + 1), names, strict=False):
        target = int(triangles_of(first.data) * ratio**level)
        if target < FEWEST:
            break
        copy = copy_of(first, name)
        decimate(copy, target)
        made.append(copy)
    return made
