"""A lattice of nodes over the photo, from edge to edge, with the inverse depth at each; what a relief is worked out on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, F64, Bool
from ..single import MonoDepth

MOST_NODES = 1_500_000
LARGEST_TILE = 128  # nodes; tiles are the largest triangles' legs


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """(down + 1, across + 1) nodes; both counts are multiples of `tile`, a power of two. `q` is inverse depth, never 0.

    Nodes that are not `kept` are left out of the relief. Those of `sky` belong to a sheet of its own, far behind the rest.
    """

    width: int  # of the picture that the nodes lie on, in pixels
    height: int
    K: F64  # for that picture
    tile: int
    q: F32
    sky: Bool
    kept: Bool
    soft_q: F32  # as the map has it, ramps and all
    soft_sky: F32  # 0..1

    @property
    def across(self) -> int:
        return int(self.q.shape[1]) - 1

    @property
    def down(self) -> int:
        return int(self.q.shape[0]) - 1

    @property
    def pitch(self) -> tuple[float, float]:
        """Pixels between nodes, across and down."""
        return self.width / self.across, self.height / self.down


def lattice_size(width: int, height: int, faces: int, nodes: int = MOST_NODES) -> tuple[int, int, int]:
    """(across, down, tile): about a node a pixel, fewer of a large photo, and no more than a budget of faces can use."""
    wanted = min(width * height, nodes, max(faces * 40, 4000))
    scale = (wanted / (width * height)) ** 0.5
    across, down = max(width * scale, 4.0), max(height * scale, 4.0)
    tile = 4
    while tile * 2 <= min(LARGEST_TILE, min(across, down) / 3):
        tile *= 2
    while tile * 2 <= LARGEST_TILE and 2 * across * down / tile**2 > faces / 6:
        tile *= 2  # the coarsest mesh must leave most of the budget
    return max(round(across / tile), 1) * tile, max(round(down / tile), 1) * tile, tile


def sampled(mono: MonoDepth, keep: Bool | None, faces: int, nodes: int = MOST_NODES) -> Lattice:
    """The depth map at the nodes. `keep`: what of the photo is wanted, at the map's size; all of it if None."""
    height, width = mono.inverse_depth.shape
    across, down, tile = lattice_size(width, height, faces, nodes)
    x = (np.arange(across + 1) * (width / across) - 0.5).astype(np.float32)
    y = (np.arange(down + 1) * (height / down) - 0.5).astype(np.float32)

    def at_nodes(plane: F32) -> F32:
        maps = np.broadcast_to(x, (down + 1, across + 1)), np.broadcast_to(y[:, None], (down + 1, across + 1))
        return np.asarray(cv2.remap(plane, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    solid = ~mono.sky & (mono.inverse_depth > 0)
    share = at_nodes(solid.astype(np.float32))
    values = at_nodes(np.where(solid, mono.inverse_depth, np.float32(0)))
    q: F32 = np.asarray(values / np.maximum(share, np.float32(1e-6)), np.float32)
    sky = share < 0.5
    least = float(np.median(q[~sky])) / 100 if not sky.all() else 1e-3
    q = np.asarray(np.maximum(np.where(sky, least, q), least), np.float32)
    kept = np.ones_like(sky) if keep is None else at_nodes(keep.astype(np.float32)) >= 0.5
    return Lattice(
        width=width, height=height, K=mono.K, tile=tile, q=q, sky=sky, kept=kept, soft_q=q, soft_sky=1 - share
    )
