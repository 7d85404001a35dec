"""The pictures of all views at one size, and the mathematics that leads from one to another."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, F64, U8, View
from ..kernels.ncc import CAM_ROW


def level_view(view: View, shrink: int) -> View:
    """The view at 1 / shrink of its size."""
    return view.resized(max(round(view.width / shrink), 16), max(round(view.height / shrink), 16))


def level_grey(grey: U8, view: View) -> U8:
    if grey.shape == (view.height, view.width):
        return grey
    return np.asarray(cv2.resize(grey, (view.width, view.height), interpolation=cv2.INTER_AREA), np.uint8)


def pixel_K(view: View) -> F64:
    """K for pixels counted from 0 at the first centre."""
    K = view.K.copy()
    K[:2, 2] -= 0.5
    return K


def pair_row(ref: View, source: View, prior: float) -> F32:
    """One row of the kernels' `cams`."""
    row = np.zeros(CAM_ROW, np.float32)
    for start, a, b in ((0, ref, source), (12, source, ref)):
        R = b.rotation @ a.rotation.T
        t = b.translation - R @ a.translation
        row[start : start + 9] = (pixel_K(b) @ R @ np.linalg.inv(pixel_K(a))).ravel()
        row[start + 9 : start + 12] = pixel_K(b) @ t
    row[24] = prior
    return row


def camera_normals(view: View, plane: F32) -> F32:
    """(H, W, >=3) planes (i, gx, gy) -> unit normals in camera axes, towards the camera."""
    K = pixel_K(view)
    y, x = np.mgrid[: view.height, : view.width].astype(np.float32)
    nx, ny = plane[..., 1] * K[0, 0], plane[..., 2] * K[1, 1]
    nz = plane[..., 0] - plane[..., 1] * (x - K[0, 2]) - plane[..., 2] * (y - K[1, 2])
    normal = -np.stack([nx, ny, nz], -1)
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-20), np.float32)


def upsample(plane: F32, view: View) -> F32:
    """(h, w, 4) planes of the coarser level -> (H, W, 4): each pixel continues the plane of the one it lies in."""
    h, w = plane.shape[:2]
    sx, sy = w / view.width, h / view.height
    x = (np.arange(view.width, dtype=np.float32) + 0.5) * sx - 0.5
    y = (np.arange(view.height, dtype=np.float32) + 0.5) * sy - 0.5
    column, row = np.clip(np.round(x), 0, w - 1).astype(int), np.clip(np.round(y), 0, h - 1).astype(int)
    out = plane[row[:, None], column]
    out[..., 0] += out[..., 1] * (x - column) + out[..., 2] * (y - row)[:, None]
    out[..., 1] *= sx
    out[..., 2] *= sy
    return np.ascontiguousarray(out, np.float32)


def seed_planes(view: View, near: float, far: float, pixel: F64, depth: F64, seed: int) -> F32:
    """First planes: half from the nearest sparse point, half anywhere between near and far; tilts at random."""
    rng = np.random.default_rng(seed)
    shape = (view.height, view.width)
    inverse = rng.uniform(1 / far, 1 / near, shape)
    if len(depth):
        nearest = _nearest(view, pixel, depth)
        inverse = np.where(rng.random(shape) < 0.5, nearest, inverse)
    plane = np.zeros((*shape, 4), np.float32)
    plane[..., 0] = inverse
    plane[..., 1] = inverse / view.K[0, 0] * rng.uniform(-0.7, 0.7, shape)
    plane[..., 2] = inverse / view.K[1, 1] * rng.uniform(-0.7, 0.7, shape)
    plane[..., 3] = 4
    return plane


def _nearest(view: View, pixel: F64, depth: F64) -> F64:
    """(H, W) inverse depth of the sparse point that projects nearest."""
    holes = np.full((view.height, view.width), 255, np.uint8)
    x = np.clip(pixel[:, 0], 0, view.width - 1).astype(int)
    y = np.clip(pixel[:, 1], 0, view.height - 1).astype(int)
    holes[y, x] = 0
    _, labels = cv2.distanceTransformWithLabels(holes, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_label = np.zeros(labels.max() + 1)
    of_label[labels[y, x]] = 1 / depth
    return np.asarray(of_label[labels])


def pixel_of(view: View, full: View, pixel: F64) -> F64:
    """Pixels of the full view as pixels of a resized one."""
    return np.asarray(pixel * [view.width / full.width, view.height / full.height])
