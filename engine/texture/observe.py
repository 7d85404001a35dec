"""What each photo says about each vertex: whether it sees it, how well, and in what colour. Photos are read one by one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, U8, Bool, View
from ..images import load_view, view_valid
from ..kernels.raster import EMPTY, depth_buffer
from ..report import Report

LOOK_SIDE = 1600  # depth buffers and vertex colours need no more pixels than this on the longer side
RISKY = 0.004  # of the longer side: so near to a silhouette, background may shine onto the surface
BORDER = 0.02  # of the longer side: lenses are poor at the photo's border


@dataclass(frozen=True, kw_only=True)
class Observations:
    """Per view and vertex. Quality 0 = not seen; else about 0..1, more is better."""

    quality: np.ndarray  # (N, V) float16
    colours: U8  # (N, V, 3)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The surface that is looked at: welded, long edges split."""

    points: F32  # (V, 3) in world
    normals: F64  # (V, 3)
    faces: I32  # (F, 3)
    edge: float  # median edge length


def look_view(view: View) -> View:
    """The view at the size for depth buffers."""
    scale = min(1.0, LOOK_SIDE / max(view.width, view.height))
    return view.resized(max(round(view.width * scale), 1), max(round(view.height * scale), 1))


def _project(view: View, points: F32) -> tuple[F64, F64]:
    """As `geometry.project`, several times faster for many points: no narrow matrix products."""
    P = view.K @ view.cam_from_world
    x, y, z = (points[:, i].astype(np.float64) for i in range(3))
    u, v, w = (P[i, 0] * x + P[i, 1] * y + P[i, 2] * z + P[i, 3] for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([u / w, v / w], 1), w


def depth_of(view: View, shape: Shape) -> F32:
    """The view's depth buffer; 0, so that nothing counts as seen, where the photo is masked out or has no pixels."""
    pixels, depths = _project(view, shape.points)
    depth = depth_buffer(pixels, depths, shape.faces, view.width, view.height)
    valid = view_valid(view)
    if not valid.all():
        depth[cv2.erode(valid.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0] = 0
    return depth


def observe(views: list[View], shape: Shape, sharpness: F64, report: Report, share: float) -> Observations:
    """All photos' views of all vertices."""
    count = len(shape.points)
    quality = np.zeros((len(views), count), np.float16)
    colours = np.zeros((len(views), count, 3), np.uint8)
    with report.step("look", len(views), share=share) as step:
        nearness = np.zeros((len(views), count), np.float32)
        for i, view in enumerate(views):
            seen, good, density, colour = _look(look_view(view), shape, report)
            quality[i, seen], colours[i, seen] = good * sharpness[i], colour
            nearness[i, seen] = density
            step.advance()
    best = np.percentile(nearness[nearness > 0], 90) if (nearness > 0).any() else 1.0
    for i in range(len(views)):
        quality[i] *= np.minimum(nearness[i] / best, 1.5).astype(np.float16)
    return Observations(quality=quality, colours=colours)


def _look(view: View, shape: Shape, report: Report) -> tuple[I32, F64, F64, U8]:
    """Seen vertices, how good the photo is there, pixels per unit of length, and the colours."""
    pixels, z = _project(view, shape.points)
    depth = depth_buffer(pixels, z, shape.faces, view.width, view.height)
    report.check()
    inside = (z > 0) & (pixels >= 0).all(1) & (pixels[:, 0] < view.width) & (pixels[:, 1] < view.height)
    index = np.nonzero(inside)[0]
    ray = shape.points[index] - view.centre_in_world
    cosine = -(ray * shape.normals[index]).sum(1) / np.maximum(np.linalg.norm(ray, axis=1), 1e-30)
    index, cosine = index[cosine > 0.08], cosine[cosine > 0.08]
    x, y = pixels[index].astype(int).T
    focal = view.K[0, 0]
    slope = np.sqrt(1 - np.minimum(cosine, 1) ** 2) / cosine
    visible = z[index] <= depth[y, x] + z[index] / focal * (2 + 2 * np.minimum(slope, 6))
    index, cosine, x, y = index[visible], cosine[visible], x[visible], y[visible]
    valid = view_valid(view)
    safety = _safety(view, depth, valid)[y, x]
    report.check()
    good = cosine**1.5 * safety
    side = max(view.width, view.height)
    rim = np.minimum.reduce([x + 0.5, y + 0.5, view.width - x - 0.5, view.height - y - 0.5]) / (BORDER * side)
    good *= np.clip(rim, 0.05, 1)
    use = safety > 0
    if not use.any():
        return np.zeros(0, np.int32), np.zeros(0), np.zeros(0), np.zeros((0, 3), np.uint8)
    picture = _softened(load_view(view), valid, shape.edge * focal / max(float(np.median(z[index])), 1e-9))
    colour = _sample(picture, pixels[index[use]])
    return index[use].astype(np.int32), good[use], focal / z[index[use]], colour


def _sample(picture: U8, pixels: F64) -> U8:
    """(n, 3) colours between pixels. OpenCV takes no more than 32767 places in a row."""
    places = np.zeros((-(-len(pixels) // 1024) * 1024, 2), np.float32)
    places[: len(pixels)] = pixels - 0.5
    grid = places.reshape(-1, 1024, 2)
    out = cv2.remap(picture, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8).reshape(-1, 3)[: len(pixels)]


def _softened(picture: U8, valid: Bool, edge_px: float) -> U8:
    """The picture blurred to about what lies between two vertices; nothing of what is masked out gets in."""
    sigma = float(np.clip(edge_px / 2, 0.7, 6.0))
    if valid.all():
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    keep = valid.astype(np.float32)
    total = cv2.GaussianBlur(picture * keep[..., None], (0, 0), sigma)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(keep, (0, 0), sigma), 1e-3)[..., None] + 0.5, np.uint8)


def _safety(view: View, depth: F32, valid: Bool) -> F32:
    """(H, W) 0 where masked out, little near silhouettes and near the mask's border, 1 elsewhere."""
    # A plane's inverse depth is linear in the picture: only bends and jumps are left after a Laplacian.
    inverse = np.where(depth < EMPTY, 1 / depth, 0).astype(np.float32)
    jump = np.abs(cv2.Laplacian(inverse, cv2.CV_32F, ksize=1))
    edge = jump > 4 / view.K[0, 0] * inverse
    edge[depth >= EMPTY] = True
    free = (~edge & valid).astype(np.uint8)
    far = cv2.distanceTransform(free, cv2.DIST_L2, 3)
    safety = np.clip(far / max(RISKY * max(view.width, view.height), 1.5), 0.02, 1) ** 2
    return np.where(valid, safety, 0).astype(np.float32)
