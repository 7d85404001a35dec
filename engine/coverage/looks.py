"""How often, from how wide an angle and how finely the photos saw each face: seen is front-facing, unoccluded, not masked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, Bool, TriMesh, View
from ..errors import EngineError
from ..geometry import is_distorted
from ..images import view_valid
from ..kernels.raster import EMPTY, depth_buffer
from ..report import Report

LOOK_SIDE = 1000  # depth buffers need no more pixels than this on the longer side
GRAZING = 0.17  # cosine: beyond 80 degrees a photo shows nothing of a face that would serve
COARSE = 100_000  # a mesh of fewer faces has faces so large that one place on each would not do
MIDDLE = np.array([[1 / 3, 1 / 3, 1 / 3]])
PLACES = np.concatenate([MIDDLE, np.array([[4, 1, 1], [1, 4, 1], [1, 1, 4]]) / 6])
TOUCHING = 1e-5  # of the depth: what lies on the surface itself is not behind it


@dataclass(frozen=True, kw_only=True)
class Faces:
    """The surface that is looked at."""

    vertices: F32  # (V, 3)
    faces: I32  # (F, 3)
    middles: F64  # (F, 3)
    normals: F64  # (F, 3), of length one
    areas: F64  # (F,)


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Per face. A face that no photo saw has zeros."""

    photos: I32  # (F,) how many photos saw at least half of it
    angle: F32  # (F,) the widest between two of these photos, in degrees
    pixel: F32  # (F,) the side of what the best photo's pixel covers, in the world's unit
    by_view: tuple[np.ndarray, ...]  # per photo which faces it saw, as bits


def faces_of(mesh: TriMesh) -> Faces:
    """The mesh with what is needed of its faces."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double = np.linalg.norm(normals, axis=1)
    return Faces(
        vertices=mesh.vertices,
        faces=np.ascontiguousarray(mesh.faces, np.int32),
        middles=corners.mean(1),
        normals=normals / np.maximum(double, 1e-30)[:, None],
        areas=double / 2,
    )


def look(views: list[View], shape: Faces, report: Report, share: float) -> Looks:
    """All photos, one by one."""
    count = len(shape.faces)
    photos, finest = np.zeros(count, np.int32), np.full(count, np.inf)
    by_view = []
    masked = True
    with report.step("look", len(views), share=share * 0.7) as step:
        for view in views:
            view = at_most(view, LOOK_SIDE)
            depth = depth_from(view, shape)
            masked = _take_away_masked(view, depth, report) if masked else False
            seen, footprint = _seen_faces(view, depth, shape)
            photos += seen
            finest = np.where(seen, np.minimum(finest, footprint * view.width / view.camera.width), finest)
            by_view.append(np.packbits(seen))
            step.advance()
    with report.step("angles", 3 * len(views), share=share * 0.3) as step:
        angle = widest_angle([view.centre_in_world for view in views], by_view, shape.middles, step.advance)
    pixel = np.where(np.isfinite(finest), finest, 0).astype(np.float32)
    return Looks(photos=photos, angle=angle, pixel=pixel, by_view=tuple(by_view))


def at_most(view: View, side: int) -> View:
    """The view with at most so many pixels on its longer side."""
    scale = min(1.0, side / max(view.width, view.height))
    return view.resized(max(round(view.width * scale), 1), max(round(view.height * scale), 1))


def depth_from(view: View, shape: Faces) -> F32:
    """What the view's pixels hit first."""
    pixels, depths = _project(view, shape.vertices)
    return depth_buffer(pixels, depths, shape.faces, view.width, view.height)


def coarse(shape: Faces, cell: float) -> Faces:
    """The same surface with its vertices drawn together in cells of this width: for depth buffers whose pixels are no finer."""
    if len(shape.faces) < COARSE:
        return shape
    low = shape.vertices.min(0).astype(np.float64)
    at = ((shape.vertices - low) / cell).astype(np.int64)
    size = at.max(0) + 1
    _, first, where = np.unique(
        (at[:, 0] * size[1] + at[:, 1]) * size[2] + at[:, 2], return_index=True, return_inverse=True
    )
    faces = where.reshape(-1)[shape.faces]
    open_ = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    faces = np.unique(np.sort(faces[open_], axis=1), axis=0).astype(np.int32)  # a depth buffer knows no front and back
    return replace(shape, vertices=shape.vertices[first], faces=np.ascontiguousarray(faces))


def visible(view: View, depth: F32, points: F64, normals: F64, tolerance: float = 0.0) -> tuple[Bool, F64, F64]:
    """Per point: whether nothing is before it, the cosine of the angle to its normal (negative: its back), and its depth.

    `tolerance` is a length by which the depth buffer's surface may lie before the true one.
    """
    pixels, z = _project(view, points)
    ray = view.centre_in_world - points
    cosine = (ray * normals).sum(1) / np.maximum(np.linalg.norm(ray, axis=1), 1e-30)
    with np.errstate(invalid="ignore"):
        inside = (z > 0) & (pixels >= 0).all(1) & (pixels[:, 0] < view.width) & (pixels[:, 1] < view.height)
    index = np.nonzero(inside)[0]
    x, y = pixels[index].astype(int).T
    slant = np.clip(np.abs(cosine[index]), 0.02, 1)
    slope = np.minimum(np.sqrt(1 - slant**2) / slant, 6)
    slack = z[index] / view.K[0, 0] * (1 + 2 * slope) + TOUCHING * z[index] + tolerance * (1 + slope)
    free = np.zeros(len(points), bool)
    free[index] = z[index] <= depth[y, x] + slack
    return free, cosine, z


def widest_angle(centres: list[F64], by_view: list[np.ndarray], middles: F64, advance: Callable[[], None]) -> F32:
    """(F,) degrees between the two photos that see a face from the most different sides.

    Found by going from the mean direction to the one farthest from it, from there to the farthest, and once more: all
    pairs would take as many steps as there are pairs.
    """
    count = len(middles)
    places = middles.astype(np.float32)
    mean = np.zeros((count, 3), np.float32)
    for centre, bits in zip(centres, by_view, strict=True):
        seen = _unpacked(bits, count)
        mean[seen] += _toward(places[seen], centre)
    start = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
    widest = np.zeros(count, np.float32)
    for turn in range(3):
        lowest, farthest = np.full(count, 2, np.float32), start.copy()
        for centre, bits in zip(centres, by_view, strict=True):
            index = np.nonzero(_unpacked(bits, count))[0]
            way = _toward(places[index], centre)
            cosine = (way * start[index]).sum(1)
            further = cosine < lowest[index]
            lowest[index[further]], farthest[index[further]] = cosine[further], way[further]
            advance()
        if turn:
            angle = np.degrees(np.arccos(np.clip(lowest, -1, 1)))
            widest = np.maximum(widest, np.where(lowest < 1.5, angle, 0)).astype(np.float32)
        start = farthest
    return widest


def _toward(places: F32, centre: F64) -> F32:
    way = centre.astype(np.float32) - places
    return np.asarray(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12))


def _unpacked(bits: np.ndarray, count: int) -> Bool:
    return np.unpackbits(bits, count=count).astype(bool)


def _seen_faces(view: View, depth: F32, shape: Faces) -> tuple[Bool, F64]:
    """Which faces show at least half of their places; the side of what a pixel of this view covers there."""
    corners = shape.vertices[shape.faces] if len(shape.faces) < COARSE else None
    free, cosine, z = visible(view, depth, shape.middles, shape.normals)
    shown = free.astype(np.int8)
    if corners is not None:
        for place in PLACES[1:]:
            points = np.einsum("k,fkc->fc", place, corners)
            shown += visible(view, depth, points, shape.normals)[0]
        free = shown * 2 >= len(PLACES)
    seen = free & (cosine > GRAZING)
    footprint = z / view.K[0, 0] / np.sqrt(np.maximum(cosine, GRAZING))
    return seen, footprint


def _take_away_masked(view: View, depth: F32, report: Report) -> bool:
    """Nothing counts as seen where the photo is masked out or has no pixels. False where the masks are gone."""
    if view.photo.mask is None and not is_distorted(view.camera):
        return True
    try:
        valid = view_valid(view)
    except EngineError:
        report.warn(
            "masks_gone", "The photos or their masks are no longer there, so masks are left out of the coverage."
        )
        return False
    if not valid.all():
        depth[cv2.erode(valid.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0] = 0
    return True


def _project(view: View, points: np.ndarray) -> tuple[F64, F64]:
    """As `geometry.project`, several times faster for many points: no narrow matrix products."""
    P = view.K @ view.cam_from_world
    x, y, z = (points[:, i].astype(np.float64) for i in range(3))
    u, v, w = (P[i, 0] * x + P[i, 1] * y + P[i, 2] * z + P[i, 3] for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([u / w, v / w], 1), w


def is_hit(depth: F32) -> Bool:
    """Where a pixel shows any surface."""
    return np.asarray(depth < EMPTY)
