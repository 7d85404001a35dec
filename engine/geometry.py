"""Camera mathematics that every stage shares: projection, lens distortion, views, rotations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .datatypes import F64, Camera, CameraModel, PosedPhoto, Sparse, View


def intrinsics(camera: Camera) -> F64:
    """The (3, 3) pinhole part of a lens, at its full size."""
    p = camera.params
    if camera.model in (CameraModel.PINHOLE, CameraModel.OPENCV):
        fx, fy, cx, cy = p[:4]
    else:
        fx, cx, cy = p[:3]
        fy = fx
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)


def is_distorted(camera: Camera) -> bool:
    """Whether straight lines bend, by more than a hundredth of a pixel in the corner."""
    K = intrinsics(camera)
    corner = np.array([[0.0, 0.0]])
    plain = (corner - K[:2, 2]) / np.array([K[0, 0], K[1, 1]])
    return bool(np.abs(distort(camera, plain) - plain).max() * K[0, 0] > 0.01)


def distort(camera: Camera, xy: F64) -> F64:
    """(N, 2) ideal normalised coordinates -> distorted normalised coordinates."""
    x, y = xy[:, 0], xy[:, 1]
    r2 = x * x + y * y
    p = camera.params
    if camera.model is CameraModel.SIMPLE_RADIAL:
        return xy * (1 + p[3] * r2)[:, None]
    if camera.model is CameraModel.RADIAL:
        return xy * (1 + p[3] * r2 + p[4] * r2 * r2)[:, None]
    if camera.model is CameraModel.OPENCV:
        k1, k2, p1, p2 = p[4:8]
        radial = 1 + k1 * r2 + k2 * r2 * r2
        return np.stack(
            [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y],
            1,
        )
    return xy


def view_of(posed: PosedPhoto, camera: Camera, max_side: int) -> View:
    """The undistorted picture of a posed photo, at most `max_side` pixels on its longer side; never enlarged."""
    scale = min(1.0, max_side / max(camera.width, camera.height))
    width, height = max(round(camera.width * scale), 1), max(round(camera.height * scale), 1)
    K = intrinsics(camera)
    K[0] *= width / camera.width
    K[1] *= height / camera.height
    return View(
        name=posed.photo.name,
        width=width,
        height=height,
        K=K,
        cam_from_world=posed.cam_from_world,
        photo=posed.photo,
        camera=camera,
    )


def project(view: View, points_in_world: F64) -> tuple[F64, F64]:
    """(N, 3) -> pixels (N, 2) and depths (N,)."""
    cam = points_in_world @ view.rotation.T + view.translation
    with np.errstate(divide="ignore", invalid="ignore"):
        pixel = (cam @ view.K.T)[:, :2] / cam[:, 2:]
    return pixel, cam[:, 2]


def rays_in_world(view: View) -> F64:
    """(H, W, 3): per pixel the world direction whose camera z is 1: point = centre + depth * ray."""
    x, y = np.meshgrid(np.arange(view.width) + 0.5, np.arange(view.height) + 0.5)
    directions = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(view.K).T
    rays: F64 = directions @ view.rotation
    return rays


def unproject(view: View, depth: np.ndarray) -> F64:
    """(H, W) depths of the view -> (H, W, 3) world points."""
    points: F64 = view.centre_in_world + rays_in_world(view) * depth[..., None]
    return points


def moved_sparse(sparse: Sparse, world_from_solved: F64) -> Sparse:
    """The same cameras and points in another world: a (4, 4) similarity. Depths grow with its scale."""
    scale = float(np.cbrt(np.linalg.det(world_from_solved[:3, :3])))
    turn, shift = world_from_solved[:3, :3] / scale, world_from_solved[:3, 3]

    def moved(pose: F64) -> F64:
        rotation = pose[:, :3] @ turn.T
        return np.concatenate([rotation, (scale * pose[:, 3] - rotation @ shift)[:, None]], 1)

    return replace(
        sparse,
        posed=tuple(replace(one, cam_from_world=moved(one.cam_from_world)) for one in sparse.posed),
        points_in_world=scale * sparse.points_in_world @ turn.T + shift,
    )
