"""Fifth step: levels of detail that share the first one's UVs and textures."""

from __future__ import annotations

import numpy as np
from bpy.types import Mesh, Object

from .retopo import decimate
from .tools import copy_of, triangles_of

SEAMS = "maquette_seams"  # for the moment: what Decimate should rather leave alone
FEWEST = 12  # triangles: below it nothing is left to simplify


def make_levels(first: Object, count: int, ratio: float, names: list[str]) -> list[Object]:
    """Each level is made from the first, so that errors don't add up."""
    made = []
    for level, name in zip(range(1, count + 1), names, strict=False):
        target = int(triangles_of(first.data) * ratio**level)
        if target < FEWEST:
            break
        copy = copy_of(first, name)
        _mark_seams(copy)
        decimate(copy, target, weights=SEAMS)
        copy.vertex_groups.remove(copy.vertex_groups[SEAMS])
        made.append(copy)
    return made


def _mark_seams(thing: Object) -> None:
    """A group of the vertices where the UVs are torn: collapsing across would smear the texture."""
    seams = seam_vertices(thing.data)
    group = thing.vertex_groups.new(name=SEAMS)
    group.add(seams.tolist(), 1.0, "REPLACE")


def seam_vertices(mesh: Mesh) -> np.ndarray:
    """Vertices whose corners have more than one place in the UVs."""
    corner, uvs = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.loops) * 2, np.float32)
    mesh.loops.foreach_get("vertex_index", corner)
    mesh.uv_layers.active.uv.foreach_get("vector", uvs)
    places = np.unique(np.column_stack([corner, np.round(uvs.reshape(-1, 2) * 65536).astype(np.int64)]), axis=0)
    return np.nonzero(np.bincount(places[:, 0], minlength=len(mesh.vertices)) > 1)[0]
