"""The immutable values of the road from one photo: its depth, a relief, layers, and the stage that they make together.

Frames are those of `datatypes`. The world of a stage: +Z up, the camera near the origin looking along +Y, metres where the depth
is metric. `cam_from_world` carries how the camera was tilted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from .datatypes import F32, F64, U8, Bool, Photo, TriMesh


class FocalFrom(str, Enum):
    """What a photo's focal length was taken from, the surest first."""

    CHOSEN = "chosen"
    EXIF = "exif"
    NETWORK = "network"
    VANISHING = "vanishing"
    DEFAULT = "default"


@dataclass(frozen=True, kw_only=True)
class MonoDepth:
    """What one photo says of its depth, at a size of its own (the photo's ratio, upright).

    `inverse_depth` is 1 / z along the camera's axis, 0 where it is infinitely far (the sky). Where it is not `metric` its scale
    is chosen so that the usual depth is 4. Pixels of `sky` are at infinity. `up` is a unit vector in the camera's frame, where the
    photo's straight lines tell how the camera was tilted.
    """

    photo: Photo
    K: F64  # (3, 3), for the map's size
    focal_from: FocalFrom
    provider: str
    metric: bool
    inverse_depth: F32  # (H, W)
    sky: Bool  # (H, W)
    up: F64 | None = None  # (3,)

    @property
    def depth(self) -> F32:
        """Along the camera's axis; infinite in the sky."""
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / self.inverse_depth, np.float32)


class Part(int, Enum):
    """What a face of a relief is."""

    FRONT = 0  # what the photo shows
    BACK = 1
    SIDE = 2  # walls between front and back, a plate's rim
    PLATE = 3
    SKY = 4


@dataclass(frozen=True, kw_only=True)
class UvMesh:
    """A mesh whose UVs lead into one picture: u to the right, v up, origin at the lower left. `mesh.filled` is what was invented."""

    mesh: TriMesh
    uvs: F32  # (V, 2)
    part: U8  # (F,) values of Part


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One sheet of a stage. `colour` has straight alpha; where it is `invented` neither colour nor depth is the photo's.

    Its pictures reach beyond the photo by `margin` pixels on all sides, so that a camera that moves finds something there.
    """

    name: str
    colour: U8  # (H, W, 4)
    depth: F32  # (H, W) along the camera's axis, 0 = outside the layer
    invented: Bool  # (H, W)
    surface: UvMesh  # UVs into `colour`
    margin: int = 0


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A photo as a stage: its depth, its camera, its layers from back to front, and how far a camera may move.

    `sway` is the safe amplitude: so far from its place may the camera go sideways and up, in world units, before something shows that no
    layer has. `push` is the same forwards. `pivot` is the depth around which a move turns. `ground` is a plane in world
    (nx, ny, nz, d with n·x + d = 0, n upwards), if the photo shows one. `sun` points from the scene to the light, if it can be told.
    """

    mono: MonoDepth
    cam_from_world: F64  # (3, 4)
    relief: UvMesh
    layers: tuple[Layer, ...]
    sway: float
    push: float
    pivot: float
    ground: F64 | None
    sun: F64 | None
