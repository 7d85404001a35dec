"""Where faces lie in the pictures: one picture or UDIM tiles, cut into sheets that fit into memory; one face per texel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, I32
from ..kernels.texture_cover import NOBODY, owners
from ..settings import Tiles
from .graph import connected

FIRST = 1001  # the tile from (0, 0) to (1, 1)
PER_ROW = 10  # tiles in a row; the next row's numbers are that much higher
MOST = 100  # tiles
BORDER = 1e-5  # UVs so near a tile's border lie on it
CROSSING = 0.01  # of the faces may cross a border of UDIM tiles
REPEATS = 3  # times that one face is laid over the same picture, in each direction
TEXEL_BYTES = 12  # four 16-bit sums and a face number


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One picture and the faces in it. `number` is a UDIM tile's, 0 where there is only one picture."""

    number: int
    faces: I32  # (n,)
    uvs: F32  # (n, 3, 2) within the picture: 0..1


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Some rows of one tile. In `faces` the earlier ones own the texels that several cover."""

    tile: int  # its place in the list of tiles
    first: int  # row from the top
    rows: int
    faces: I32  # (n,)
    corners: F32  # (n, 6) texel coordinates from the sheet's upper left corner
    owner: I32 | None  # (rows, size) into `faces`; None where nothing overlaps


def uses_tiles(corner_uvs: F32) -> bool:
    """Whether UVs look like UDIM: some lie in other tiles than the first, and hardly a face crosses a border."""
    low, high = _cells(corner_uvs)
    outside = (low < 0).any(1) | (high[:, 0] >= PER_ROW) | (high[:, 1] >= MOST // PER_ROW)
    crossing = (low != high).any(1)
    elsewhere = ((low > 0).any(1) & ~crossing).any()
    return bool(elsewhere and outside.mean() <= CROSSING / 10 and crossing.mean() <= CROSSING)


def tiles_of(corner_uvs: F32, tiles: Tiles) -> list[Tile]:
    """The pictures that the UVs ask for. A face that crosses a border is in every tile that it touches."""
    udim = tiles is Tiles.ON or (tiles is Tiles.AUTO and uses_tiles(corner_uvs))
    faces, cells = _touched(*_cells(corner_uvs))
    ab, ac = corner_uvs[:, 1] - corner_uvs[:, 0], corner_uvs[:, 2] - corner_uvs[:, 0]
    solid = (ab[:, 0] * ac[:, 1] != ab[:, 1] * ac[:, 0])[faces]
    faces, cells = faces[solid], cells[solid]
    uvs = corner_uvs[faces] - cells[:, None].astype(np.float32)
    if not udim:
        return [Tile(number=0, faces=faces, uvs=uvs)]
    good = (cells >= 0).all(1) & (cells[:, 0] < PER_ROW) & (cells[:, 1] < MOST // PER_ROW)
    number = np.where(good, FIRST + cells[:, 0] + PER_ROW * cells[:, 1], -1)
    found = [int(n) for n in np.unique(number[good])]
    return [Tile(number=n, faces=faces[number == n], uvs=uvs[number == n]) for n in found]


def _cells(corner_uvs: F32) -> tuple[I32, I32]:
    """(F, 2) the lowest and the highest whole tile that each face touches."""
    low = np.floor(corner_uvs.min(1) + BORDER).astype(np.int32)
    high = np.ceil(corner_uvs.max(1) - BORDER).astype(np.int32) - 1
    return low, np.maximum(high, low)


def _touched(low: I32, high: I32) -> tuple[I32, I32]:
    """Each face once for every tile that it touches: (n,) faces and (n, 2) tiles."""
    span = np.minimum(high - low + 1, REPEATS)
    faces, cells = [], []
    for dy in range(int(span[:, 1].max(initial=0))):
        for dx in range(int(span[:, 0].max(initial=0))):
            here = np.nonzero((span[:, 0] > dx) & (span[:, 1] > dy))[0].astype(np.int32)
            faces.append(here)
            cells.append(low[here] + np.array([dx, dy], np.int32))
    order = np.argsort(np.concatenate(faces), kind="stable") if faces else np.zeros(0, int)
    return np.concatenate(faces)[order], np.concatenate(cells)[order]


def batches(tiles: Sequence[Tile], size: int, memory_mb: int, score: F64 | None) -> Iterator[tuple[list[Sheet], float]]:
    """The sheets in groups, each small enough to be painted at once; with each, the share of texels in dispute.

    `score` (F,) says who wins where faces overlap: the higher. None: it is known that none do.
    """
    budget = max(memory_mb * 1_000_000 // TEXEL_BYTES, size)
    rows = min(size, max(budget // size, 1))
    group: list[Sheet] = []
    free, lost, covered = budget, 0, 0
    for index, tile in enumerate(tiles):
        order = _by_score(tile, score)
        faces, corners = tile.faces[order], _texels(tile.uvs[order], size)
        for first in range(0, size, rows):
            sheet, dispute = _sheet(index, first, min(rows, size - first), faces, corners, size, score is not None)
            if group and sheet.rows * size > free:
                yield group, lost / max(covered, 1)
                group, free, lost, covered = [], budget, 0, 0
            group.append(sheet)
            free, lost, covered = free - sheet.rows * size, lost + dispute[0], covered + dispute[1]
    if group:
        yield group, lost / max(covered, 1)


def _by_score(tile: Tile, score: F64 | None) -> np.ndarray:
    """Faces in the order in which they take texels. Those that stay near each other in memory are the quicker ones."""
    if score is None:
        return np.arange(len(tile.faces))
    return np.argsort(-score[tile.faces], kind="stable")


def _texels(uvs: F32, size: int) -> F64:
    """(n, 3, 2): first row on top."""
    corners = uvs.astype(np.float64) * size
    corners[..., 1] = size - corners[..., 1]
    return corners


def _sheet(
    tile: int, first: int, rows: int, faces: I32, corners: F64, size: int, look: bool
) -> tuple[Sheet, tuple[int, int]]:
    """One sheet; how many texels faces lost to others, and how many are covered."""
    inside = (corners[..., 1].max(1) > first - 1) & (corners[..., 1].min(1) < first + rows + 1)
    if not inside.all():
        faces, corners = faces[inside], corners[inside]
    corners = corners - [0, first]
    flat = np.ascontiguousarray(corners.reshape(-1, 6), np.float32)
    owner, dispute = None, (0, 0)
    if look:
        owner, lost = owners(flat.reshape(-1, 3, 2), np.arange(len(flat), dtype=np.int32), size, rows)
        dispute = int(lost.sum(dtype=np.int64)), int((owner != NOBODY).sum())
        owner = owner if dispute[0] else None
    return Sheet(tile=tile, first=first, rows=rows, faces=faces, corners=flat, owner=owner), dispute


def islands(faces: I32, corner_uvs: F32) -> I32:
    """(F,) numbers of the pieces that hang together in the UV map."""
    rows = np.empty((faces.size, 3), np.int32)
    rows[:, 0] = faces.ravel()
    rows[:, 1:] = np.round(corner_uvs.reshape(-1, 2) / BORDER)
    _, node = np.unique(rows.view(np.dtype((np.void, 12))).ravel(), return_inverse=True)
    node = node.reshape(-1, 3).astype(np.int32)
    pairs = np.concatenate([node[:, :2], node[:, 1:]])
    root = connected(pairs, int(node.max(initial=-1)) + 1)
    return np.unique(root[node[:, 0]], return_inverse=True)[1].astype(np.int32).ravel()
