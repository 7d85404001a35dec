"""The solved cameras as a COLMAP model in text: original photo names, distorted lenses at full size, the mesh's +Z-up world."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..datatypes import F64, Sparse


def write_colmap(folder: Path, sparse: Sparse) -> None:
    """Writes cameras.txt, images.txt and points3D.txt into an existing folder."""
    slot = _slots(sparse)
    (folder / "cameras.txt").write_text(_cameras(sparse), encoding="utf-8", newline="\n")
    (folder / "images.txt").write_text(_images(sparse, slot), encoding="utf-8", newline="\n")
    (folder / "points3D.txt").write_text(_points(sparse, slot), encoding="utf-8", newline="\n")


def _slots(sparse: Sparse) -> np.ndarray:
    """Per observation its place in its photo's list."""
    slot = np.zeros(len(sparse.seen_point), int)
    for index in range(len(sparse.posed)):
        mine = np.nonzero(sparse.seen_posed == index)[0]
        slot[mine] = np.arange(len(mine))
    return slot


def _cameras(sparse: Sparse) -> str:
    lines = ["# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]"]
    for number, camera in sorted(sparse.cameras.items()):
        params = " ".join(repr(float(p)) for p in camera.params)
        lines.append(f"{number} {camera.model.value} {camera.width} {camera.height} {params}")
    return "\n".join(lines) + "\n"


def _images(sparse: Sparse, slot: np.ndarray) -> str:
    lines = ["# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME", "# POINTS2D[] as (X, Y, POINT3D_ID)"]
    for index, posed in enumerate(sparse.posed):
        numbers = [*quaternion(posed.cam_from_world[:, :3]), *posed.cam_from_world[:, 3]]
        pose = " ".join(repr(float(n)) for n in numbers)
        lines.append(f"{index + 1} {pose} {posed.camera_id} {posed.photo.name}")
        mine = np.nonzero(sparse.seen_posed == index)[0]
        seen = zip(sparse.seen_pixel[mine].tolist(), sparse.seen_point[mine].tolist(), strict=True)
        lines.append(" ".join(f"{x:.3f} {y:.3f} {point + 1}" for (x, y), point in seen))
    return "\n".join(lines) + "\n"


def _points(sparse: Sparse, slot: np.ndarray) -> str:
    lines = ["# POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as (IMAGE_ID, POINT2D_IDX)"]
    order = np.argsort(sparse.seen_point, kind="stable")
    bounds = np.searchsorted(sparse.seen_point[order], np.arange(len(sparse.points_in_world) + 1))
    for index, (xyz, colour, error) in enumerate(
        zip(sparse.points_in_world, sparse.point_colours, sparse.point_errors, strict=True)
    ):
        mine = order[bounds[index] : bounds[index + 1]]
        where = " ".join(repr(float(n)) for n in xyz)
        track = " ".join(f"{sparse.seen_posed[k] + 1} {slot[k]}" for k in mine)
        lines.append(f"{index + 1} {where} {colour[0]} {colour[1]} {colour[2]} {float(error):.4f} {track}")
    return "\n".join(lines) + "\n"


def quaternion(rotation: F64) -> F64:
    """(w, x, y, z) of a rotation matrix, w >= 0: the eigenvector that the rotation's symmetric 4x4 form holds."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    form = np.array(
        [
            [a + e + i, h - f, c - g, d - b],
            [h - f, a - e - i, b + d, c + g],
            [c - g, b + d, e - a - i, f + h],
            [d - b, c + g, f + h, i - a - e],
        ]
    )
    q = np.linalg.eigh(form)[1][:, 3]
    return np.asarray(q if q[0] >= 0 else -q)
