"""A sheet ─► something solid: a back behind it and walls between, watertight and manifold.

Backs lie on the rays through the front's own vertices: they never stand out beside it as its camera sees it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F64, U8, Bool
from ..settings import Back
from ..single import Part
from .sheet import Sheet
from .triangulate import Index

PLATE_DEPTH = 0.25  # of the relief's width: how deep a relief for print is
APART = 1.001  # a mirrored back keeps so much from its front where that reaches furthest


@dataclass(frozen=True, kw_only=True)
class Solid:
    """Vertices by where the photo shows them and their depth along the camera's axis."""

    pixels: F64  # (V, 2)
    depth: F64  # (V,)
    uvs_at: F64  # (V, 2) pixels
    faces: Index  # (F, 3)
    invented: Bool  # (F,)
    part: U8  # (F,)


def opened(sheet: Sheet) -> Solid:
    """As it is."""
    part = np.where(sheet.sky, Part.SKY.value, Part.FRONT.value).astype(np.uint8)
    return Solid(
        pixels=sheet.pixels,
        depth=1 / sheet.q,
        uvs_at=sheet.uvs_at,
        faces=sheet.faces,
        invented=sheet.invented,
        part=part,
    )


def closed(sheet: Sheet, back: Back, thickness: float, width: float) -> Solid:
    """`thickness` is a share of `width`, which is how wide the photo is at the usual depth."""
    front = sheet.faces[~sheet.invented]
    vertex, faces = fans(front)
    q = sheet.q[vertex]
    piece = _pieces(faces, len(vertex))
    depth = 1 / q
    if back is Back.PLATE:
        low, high = np.quantile(q, 0.02), q.max()
        share = np.clip((high - q) / max(high - low, 1e-12), 0, 1)
        nearest = width_depth(q)
        depth = nearest + share * PLATE_DEPTH * width
        behind = np.full_like(depth, nearest + (PLATE_DEPTH + thickness) * width)
    elif back is Back.MIRRORED:
        furthest = np.zeros(int(piece.max()) + 1)
        np.maximum.at(furthest, piece, depth)
        behind = 2 * furthest[piece] * APART - depth
    else:
        behind = depth + thickness * width
    walls = _walls(faces, len(vertex))
    kinds = [Part.FRONT, Part.PLATE if back is Back.PLATE else Part.BACK, Part.SIDE]
    counts = [len(faces), len(faces), len(walls)]
    return Solid(
        pixels=np.tile(sheet.pixels[vertex], (2, 1)),
        depth=np.concatenate([depth, behind]),
        uvs_at=np.tile(sheet.uvs_at[vertex], (2, 1)),
        faces=np.concatenate([faces, faces[:, ::-1] + len(vertex), walls]),
        invented=np.repeat([False, True, True], counts),
        part=np.repeat(np.array([kind.value for kind in kinds], np.uint8), counts),
    )


def width_depth(q: F64) -> float:
    """The usual depth."""
    return float(1 / np.median(q))


def fans(faces: Index) -> tuple[Index, Index]:
    """(old vertex of each new one, faces): each fan of faces around a vertex gets a vertex of its own, so that no walls meet in a line."""
    corners = faces.ravel()
    following = np.roll(faces, -1, 1).ravel()
    count = int(corners.max()) + 1
    one = np.minimum(corners, following) * count + np.maximum(corners, following)
    order = np.argsort(one, kind="stable")
    pair = np.nonzero(one[order][1:] == one[order][:-1])[0]
    a, b = order[pair], order[pair + 1]  # half-edges of two faces that share an edge, in opposite directions
    a_next, b_next = a - a % 3 + (a + 1) % 3, b - b % 3 + (b + 1) % 3
    label = _components(len(corners), np.concatenate([a, a_next]), np.concatenate([b_next, b]))
    _, first, flat = np.unique(label, return_index=True, return_inverse=True)
    return corners[first], flat.reshape(-1, 3)


def _pieces(faces: Index, count: int) -> Index:
    label = _components(count, np.concatenate([faces[:, 0], faces[:, 1]]), np.concatenate([faces[:, 1], faces[:, 2]]))
    return np.asarray(np.unique(label, return_inverse=True)[1])


def _components(count: int, a: Index, b: Index) -> Index:
    """The smallest number that hangs together with each, by links between numbers."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[a], label[b])
        new = label.copy()
        np.minimum.at(new, label[a], low)
        np.minimum.at(new, label[b], low)
        while (further := new[new] != new).any():
            new = np.where(further, new[new], new)
        if (new == label).all():
            return label
        label = new[label]


def _walls(faces: Index, count: int) -> Index:
    """Two faces for each edge of the rim, from the front to the back, whose vertices are numbered `count` higher."""
    start, end = faces.ravel(), np.roll(faces, -1, 1).ravel()
    rim = ~np.isin(start * count + end, end * count + start)
    a, b = start[rim], end[rim]
    return np.concatenate([np.stack([b, a, a + count], 1), np.stack([b, a + count, b + count], 1)])
