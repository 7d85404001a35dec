"""The immutable values that the stages hand to one another.

Frames: world is right-handed, +Z up. A camera is COLMAP's: x right, y down, z forward. Pixel centres lie at .5.
`cam_from_world` is (3, 4) float64: x_cam = cam_from_world @ [x_world, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]


class FocalSource(str, Enum):
    """Where a photo's focal length prior comes from."""

    EXIF_35MM = "exif_35mm"
    EXIF_SENSOR = "exif_sensor"
    GUESS = "guess"


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One usable photo. Sizes are upright: after the EXIF orientation has been applied.

    `name` is unique in the set and safe as a file name; by default the file's own name.
    `working_width` and `working_height` are the size that the quality preset asks stages to work at.
    `mask` is an image of the photo's upright shape (any size of the same ratio), 255 = keep; None = keep everything.
    Photos with the same `camera_key` were taken with the same body, lens, zoom and size.
    """

    name: str
    path: Path
    content_hash: str
    width: int
    height: int
    orientation: int
    working_width: int
    working_height: int
    focal_px: float
    focal_source: FocalSource
    camera_key: str
    sharpness: float
    brightness: float
    mask: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Tie:
    """Two photos, by index, that show the same thing: so many matches obey one camera motion. `shift` is how far the usual
    match moves, as a share of the picture's longer side; `share` is how many of the fewer features match."""

    first: int
    second: int
    matches: int
    shift: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What a quick look says of a set before it is solved."""

    ties: tuple[Tie, ...]
    features: tuple[int, ...]  # per photo, without what stands still
    still: bool  # the background stands still while the subject turns
    only_turned: bool  # the camera never moved from its place


class CameraModel(str, Enum):
    """Lens models, by COLMAP's names and parameter order."""

    PINHOLE = "PINHOLE"  # fx fy cx cy
    SIMPLE_PINHOLE = "SIMPLE_PINHOLE"  # f cx cy
    SIMPLE_RADIAL = "SIMPLE_RADIAL"  # f cx cy k
    RADIAL = "RADIAL"  # f cx cy k1 k2
    OPENCV = "OPENCV"  # fx fy cx cy k1 k2 p1 p2


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A solved lens, at the photo's full upright size."""

    model: CameraModel
    width: int
    height: int
    params: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class PosedPhoto:
    """A photo whose place is known."""

    photo: Photo
    camera_id: int
    cam_from_world: F64


@dataclass(frozen=True, kw_only=True)
class Sparse:
    """The solved cameras and their sparse cloud; upright, origin on the ground under the subject.

    Observations are flat and parallel: `seen_point[i]` was seen by `posed[seen_posed[i]]` at `seen_pixel[i]` (full-size,
    distorted pixels). `unregistered` maps a photo's name to the plain reason why it has no place.
    """

    cameras: dict[int, Camera]
    posed: tuple[PosedPhoto, ...]
    points_in_world: F64  # (N, 3)
    point_colours: U8  # (N, 3)
    point_errors: F32  # (N,) mean reprojection error, pixels
    seen_point: I32  # (M,)
    seen_posed: I32  # (M,)
    seen_pixel: F32  # (M, 2)
    unregistered: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class View:
    """A posed photo as an undistorted pinhole picture of a stated size. Pixels by reference: see `engine.images`."""

    name: str
    width: int
    height: int
    K: F64  # (3, 3), for width x height
    cam_from_world: F64  # (3, 4)
    photo: Photo
    camera: Camera

    @property
    def rotation(self) -> F64:
        return self.cam_from_world[:, :3]

    @property
    def translation(self) -> F64:
        return self.cam_from_world[:, 3]

    @property
    def centre_in_world(self) -> F64:
        return np.asarray(-self.rotation.T @ self.translation)

    def resized(self, width: int, height: int) -> View:
        """The same view with another number of pixels."""
        K = self.K.copy()
        K[0] *= width / self.width
        K[1] *= height / self.height
        return replace(self, width=width, height=height, K=K)


@dataclass(frozen=True, kw_only=True)
class DepthMap:
    """Depth along the camera's z for one view at the map's own size; 0 = unknown. Normals are in world, towards the camera."""

    view: View  # resized to the map's size
    depth: F32  # (H, W)
    normal: F32  # (H, W, 3)
    confidence: F32  # (H, W) 0..1
    empty: Bool  # (H, W) nothing of the subject shows here: masked out, or a plain backdrop


@dataclass(frozen=True, kw_only=True)
class PointCloud:
    """Fused surface samples with outward normals. `support` counts the views that agreed, `spacing` is a pixel's footprint."""

    points: F32  # (N, 3) in world
    normals: F32  # (N, 3)
    colours: U8  # (N, 3)
    support: I32  # (N,)
    spacing: F32  # (N,)


@dataclass(frozen=True, kw_only=True)
class Dense:
    """All depth maps (in the order of `Sparse.posed`, read from disk when asked for) and what they say together."""

    maps: Sequence[DepthMap]
    cloud: PointCloud


@dataclass(frozen=True, kw_only=True)
class TriMesh:
    """A triangle mesh in world. `filled` marks faces that no photo measured."""

    vertices: F32  # (V, 3)
    faces: I32  # (F, 3), counter-clockwise seen from outside
    filled: Bool  # (F,)


@dataclass(frozen=True, kw_only=True)
class TexturedMesh:
    """A mesh with UVs and its base colour. `uvs` are per vertex: `mesh` is already split along UV seams.

    UV origin is the lower left corner of the picture (glTF flips it on export). `guessed` marks texels inside charts that
    no photo saw. `source_vertex` leads from each split vertex back to the surface stage's vertex.
    """

    mesh: TriMesh
    source_vertex: I32  # (V,)
    uvs: F32  # (V, 2)
    base_colour: U8  # (T, T, 3), first row on top
    guessed: Bool  # (T, T)


@dataclass(frozen=True, kw_only=True)
class GivenMesh:
    """A mesh that somebody made, in world, to be textured as it is. `polygons` are numbers: triangles of one stay together.

    `poses` are cameras that stand elsewhere than they were solved (by their photo's name); where there are any, photos
    that are not among them are left out.
    """

    surface: TriMesh
    polygons: I32  # (F,)
    corner_uvs: F32 | None = None  # (F, 3, 2), origin at the lower left
    poses: dict[str, F64] | None = None  # cam_from_world (3, 4)
