"""What one photo sees of the surface that is kept and of that which is not: in the photo's own, bent pixels."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F64, Bool, Camera, PosedPhoto, TriMesh
from ..geometry import distort, intrinsics
from ..kernels.raster import EMPTY, depth_buffer

BEYOND = 1.3  # of the corner's distance from the middle: farther out a lens's formula may bend back into the picture
NEARER = 1.002  # of the kept surface's depth: what lies nearer than that stands before it
SPECK = 0.002  # of the picture: a smaller gap in the kept surface is a flaw of the mesh, not a view through it


def kept_in(
    posed: PosedPhoto, camera: Camera, kept: TriMesh, unwanted: TriMesh, width: int, height: int
) -> tuple[Bool, Bool, Bool]:
    """(height, width) each: where the photo shows what is kept, where what is unwanted, and where no surface at all."""
    near = _depth(posed, camera, kept, width, height)
    other = _depth(posed, camera, unwanted, width, height)
    shows_kept = (near < EMPTY) & (near <= other * NEARER)
    shows_unwanted = (other < EMPTY) & ~shows_kept
    nothing = ~shows_kept & ~shows_unwanted
    gaps = _enclosed(nothing, shows_kept)
    return shows_kept | gaps, shows_unwanted, nothing & ~gaps


def _depth(posed: PosedPhoto, camera: Camera, mesh: TriMesh, width: int, height: int) -> np.ndarray:
    if len(mesh.faces) == 0:
        return np.full((height, width), EMPTY, np.float32)
    pixel, depth = bent_pixels(posed, camera, mesh.vertices.astype(np.float64))
    scale = np.array([width / camera.width, height / camera.height])
    return depth_buffer(pixel * scale, depth, mesh.faces, width, height)


def bent_pixels(posed: PosedPhoto, camera: Camera, points: F64) -> tuple[F64, F64]:
    """Where the photo shows the points, through its lens: (N, 2) full-size pixels, and depths; -1 where the lens sees nothing."""
    in_camera = points @ posed.cam_from_world[:, :3].T + posed.cam_from_world[:, 3]
    depth = in_camera[:, 2].copy()
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = in_camera[:, :2] / in_camera[:, 2:]
    K = intrinsics(camera)
    focal = np.array([K[0, 0], K[1, 1]])
    corners = np.array([[0, 0], [camera.width, 0], [0, camera.height], [camera.width, camera.height]])
    reach = BEYOND * np.linalg.norm((corners - K[:2, 2]) / focal, axis=1).max()
    seen = (depth > 0) & (np.linalg.norm(plain, axis=1) < reach)
    depth[~seen] = -1
    pixel = distort(camera, np.where(seen[:, None], plain, 0.0)) * focal + K[:2, 2]
    return pixel, depth


def _enclosed(nothing: Bool, kept: Bool) -> Bool:
    """Small gaps that the kept surface borders and nothing else."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(nothing.astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < SPECK * nothing.size
    small[0] = False
    candidates = small[labels] & nothing
    around = (cv2.dilate(candidates.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~candidates
    beside_other = cv2.dilate((around & ~kept).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    small[np.unique(labels[candidates & beside_other])] = False
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    small[np.unique(rim)] = False
    return np.asarray(small[labels] & nothing)
