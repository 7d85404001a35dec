"""Triangles of the lattice ─► the sheet: those that a tear crosses are cut in two, each part on its own side's depth.

Both sides of a cut lie on the same line of the photo, so that its own camera sees no gap. The side that lies behind goes on a
little under the one in front, in its own colours, so that no crack or halo shows when the camera moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, Bool
from .lattice import Lattice
from .segments import Table
from .triangulate import Index, Leaves

TUCK = 0.75  # nodes that the side behind goes on under the one in front


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Vertices by where the photo shows them and their inverse depth; `uvs_at` differs from `pixels` only where it is invented."""

    pixels: F64  # (V, 2)
    q: F64  # (V,)
    uvs_at: F64  # (V, 2) pixels
    faces: Index  # (F, 3)
    invented: Bool  # (F,)
    sky: Bool  # (F,)


def faces_of(leaves: Leaves, kept: Bool) -> int:
    """How many faces `cut` will make."""
    keep = kept.ravel()[leaves.corners]
    crossed = leaves.odd.sum(1)
    whole = (crossed == 0) & (keep.sum(1) >= 2)
    total = int(whole.sum())
    a, b = _ends(leaves, crossed == 1, keep)
    total += int(a.sum() + b.sum() + 2 * (a & b).sum())
    two = np.nonzero(crossed == 2)[0]
    lone = np.argmin(leaves.odd[two][:, [1, 2, 0]], 1)  # the corner across from the whole side
    alone = keep[two, lone]
    others = keep[two, (lone + 1) % 3] | keep[two, (lone + 2) % 3]
    total += int(alone.sum() + 2 * others.sum() + 2 * (alone & others).sum())
    three = keep[crossed == 3]
    return total + 2 * int(three.sum() + (three & np.roll(three, -1, 1)).sum())


def _ends(leaves: Leaves, one: Bool, keep: Bool) -> tuple[Bool, Bool]:
    """Whether the two ends of the crossed side are kept."""
    at = np.argmax(leaves.odd[one], 1)
    rows = np.arange(len(at))
    return keep[one][rows, at], keep[one][rows, (at + 1) % 3]


def cut(lattice: Lattice, q: F32, table: Table, leaves: Leaves) -> Sheet:
    """The whole sheet."""
    maker = _Maker(lattice, q, table, leaves)
    crossed = leaves.odd.sum(1)
    maker.whole(np.nonzero(crossed == 0)[0])
    maker.slit(np.nonzero(crossed == 1)[0])
    maker.halved(np.nonzero(crossed == 2)[0])
    maker.starred(np.nonzero(crossed == 3)[0])
    return maker.sheet()


class _Maker:
    """Gathers faces. A vertex is a node, or the nearer or further end of a cut side, or a middle: numbered in that order."""

    def __init__(self, lattice: Lattice, q: F32, table: Table, leaves: Leaves) -> None:
        self.lattice, self.table, self.leaves = lattice, table, leaves
        self.kept, self.sky = lattice.kept.ravel(), lattice.sky.ravel()
        columns = lattice.across + 1
        node = np.arange(lattice.q.size)
        pitch = np.array(lattice.pitch)
        self.pixels = [np.stack([node % columns, node // columns], 1) * pitch]
        self.q = [q.ravel().astype(np.float64)]
        self.uvs_at = [self.pixels[0]]
        self._add_cuts(pitch)
        self.faces: list[Index] = []
        self.owners: list[Index] = []
        self.invented: list[Bool] = []
        self._hems: list[tuple[Index, Index, F64, Index, Bool]] = []

    def _add_cuts(self, pitch: F64) -> None:
        """Two vertices for each cut side in use."""
        leaves = self.leaves
        used, first = np.unique(leaves.sides[leaves.odd], return_index=True)
        one = leaves.corners[leaves.odd][first]
        other = np.roll(leaves.corners, -1, 1)[leaves.odd][first]
        ahead = leaves.forward[leaves.odd][first]
        start, end = np.where(ahead, one, other), np.where(ahead, other, one)
        at = self.table.at[used].astype(np.float64)[:, None]
        place = self.pixels[0][start] * (1 - at) + self.pixels[0][end] * at
        self.slot = used
        self.base = len(self.q[0])
        self._more(np.repeat(place, 2, 0), np.stack([self.table.first[used], self.table.last[used]], 1).ravel())

    def _more(self, pixels: F64, q: F64, uvs_at: F64 | None = None) -> Index:
        """New vertices; their numbers."""
        start = sum(map(len, self.q))
        self.pixels.append(pixels)
        self.q.append(np.asarray(q, np.float64))
        self.uvs_at.append(pixels if uvs_at is None else uvs_at)
        return np.arange(start, start + len(pixels))

    def _cut_of(self, rows: Index, side: Index | int, at_start: bool) -> Index:
        """The vertex of a leaf's cut side that is on the sheet of the corner where the side begins in the leaf, or of the next."""
        slot = np.searchsorted(self.slot, self.leaves.sides[rows, side])
        first = self.leaves.forward[rows, side] == at_start
        return np.asarray(self.base + 2 * slot + ~first)

    def _put(self, faces: Index, owner: Index, invented: bool = False) -> None:
        keep = self.kept[owner]
        self.faces.append(faces[keep])
        self.owners.append(owner[keep])
        self.invented.append(np.full(int(keep.sum()), invented))

    def whole(self, rows: Index) -> None:
        corners = self.leaves.corners[rows]
        keep = self.kept[corners]
        self._put(corners[keep.sum(1) >= 2], corners[np.arange(len(rows)), np.argmax(keep, 1)][keep.sum(1) >= 2])

    def slit(self, rows: Index) -> None:
        """A tear ends at the corner across from the side that it crosses."""
        side = np.argmax(self.leaves.odd[rows], 1)
        a, b, c = (self.leaves.corners[rows, (side + k) % 3] for k in range(3))
        x, x_2 = self._cut_of(rows, side, True), self._cut_of(rows, side, False)
        self._put(np.stack([a, x, c], 1), a)
        self._put(np.stack([x_2, b, c], 1), b)
        self._hem(x, c, x_2, c, a, b)

    def halved(self, rows: Index) -> None:
        """A tear parts one corner from the other two."""
        lone = np.argmin(self.leaves.odd[rows][:, [1, 2, 0]], 1)
        a, b, c = (self.leaves.corners[rows, (lone + k) % 3] for k in range(3))
        last = (lone + 2) % 3
        x, y = self._cut_of(rows, lone, True), self._cut_of(rows, last, False)
        x_2, y_2 = self._cut_of(rows, lone, False), self._cut_of(rows, last, True)
        self._put(np.stack([a, x, y], 1), a)
        others = np.where(self.kept[b], b, c)
        self._put(np.stack([x_2, b, c], 1), others)
        self._put(np.stack([x_2, c, y_2], 1), others)
        self._hem(x, y, x_2, y_2, a, others)

    def _hem(self, *ends: Index) -> None:
        """Remembers where the side behind is to go on under the one in front: along x → y on the side of the node `a`, and
        along the same line, x_2 → y_2, on the side of `others`."""
        both = self.kept[ends[4]] & self.kept[ends[5]]
        x, y, x_2, y_2, a, others = (end[both] for end in ends)
        q, pixels = np.concatenate(self.q), np.concatenate(self.pixels)
        behind = q[x] + q[y] < q[x_2] + q[y_2]
        run = pixels[y] - pixels[x]
        away = np.stack([-run[:, 1], run[:, 0]], 1)
        toward = pixels[a] - pixels[x]
        away *= -np.sign((away * toward).sum(1))[:, None]
        away = np.where(behind[:, None], away, -away)
        first, second = np.where(behind, y, x_2), np.where(behind, x, y_2)
        self._hems.append((first, second, away, np.where(behind, a, others), behind))

    def starred(self, rows: Index) -> None:
        """Three sheets meet in the middle."""
        if not len(rows):
            return
        cuts = [(self._cut_of(rows, k, True), self._cut_of(rows, (k + 2) % 3, False)) for k in range(3)]
        places = [np.concatenate(self.pixels)[ahead] for ahead, _ in cuts]
        middle = np.mean(places, 0)
        q = np.concatenate(self.q)
        owns = [self._more(middle, (q[ahead] + q[behind]) / 2) for ahead, behind in cuts]
        corners = self.leaves.corners[rows].T
        for k, (ahead, behind) in enumerate(cuts):
            self._put(np.stack([corners[k], ahead, owns[k]], 1), corners[k])
            self._put(np.stack([corners[k], owns[k], behind], 1), corners[k])
            other = (k + 1) % 3
            self._hem(ahead, owns[k], cuts[other][1], owns[other], corners[k], corners[other])

    def _put_hems(self) -> None:
        if not self._hems:
            return
        first, second, away, owner, _ = (np.concatenate(part) for part in zip(*self._hems, strict=True))
        ends, at = np.unique(np.concatenate([first, second]), return_inverse=True)
        total = np.stack([np.bincount(at, np.tile(away[:, k], 2), len(ends)) for k in (0, 1)], 1)
        ahead = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)
        reach = ahead * TUCK * np.array(self.lattice.pitch)
        size = [self.lattice.width, self.lattice.height]
        pixels, q = np.concatenate(self.pixels)[ends], np.concatenate(self.q)[ends]
        hem = self._more(np.clip(pixels + reach, 0, size), q, np.clip(pixels - reach, 0, size))
        outer_1, outer_2 = hem[at[: len(first)]], hem[at[len(first) :]]
        self._put(np.stack([first, second, outer_2], 1), owner, invented=True)
        self._put(np.stack([first, outer_2, outer_1], 1), owner, invented=True)

    def sheet(self) -> Sheet:
        self._put_hems()
        faces, owners = np.concatenate(self.faces), np.concatenate(self.owners)
        used, flat = np.unique(faces, return_inverse=True)
        return Sheet(
            pixels=np.concatenate(self.pixels)[used],
            q=np.concatenate(self.q)[used],
            uvs_at=np.concatenate(self.uvs_at)[used],
            faces=flat.reshape(-1, 3),
            invented=np.concatenate(self.invented),
            sky=self.sky[owners],
        )
