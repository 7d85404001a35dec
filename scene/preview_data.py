"""The engine's preview files ─► plain arrays to draw. NumPy alone: a thread does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine import storage
from ..engine.datatypes import F32, U8, Sparse, TriMesh
from ..engine.geometry import intrinsics

FRUSTUM = 0.06  # a drawn camera's depth, of the distance to what it looks at
CLAY = np.array([0.62, 0.58, 0.54])
LIGHTS = ((np.array([0.5, -0.6, 0.7]), 0.7), (np.array([-0.8, 0.3, 0.2]), 0.25))
AMBIENT = 0.25
ORANGE = (1.0, 0.59, 0.16, 1.0)
_PYRAMID = (
    (0, 1),
    (0, 2),
    (0, 3),
    (0, 4),
    (1, 2),
    (2, 3),
    (3, 4),
    (4, 1),
    (5, 1),
    (5, 2),
)  # the last two: which side is up


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Something to draw in Blender's world: as points, as lines between pairs, or as triangles of `index`."""

    shape: str  # POINTS, LINES, TRIS
    positions: F32  # (N, 3)
    colours: F32  # (N, 4)
    index: np.ndarray | None = None  # (F, 3) uint32


def load(what: str, path: Path) -> dict[str, Layer]:
    """What a preview event tells of, by name; a name that was there before is replaced. Nothing where it can't be read (any more)."""
    try:
        return LOADERS[what](path) if what in LOADERS else {}
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return {}


def _sparse(path: Path) -> dict[str, Layer]:
    sparse = storage.read_sparse(path)
    points = _points(sparse.points_in_world, sparse.point_colours)
    corners = frusta(sparse)
    colours = np.tile(np.array(ORANGE, np.float32), (len(corners), 1))
    return {"sparse": points, "cameras": Layer(shape="LINES", positions=corners, colours=colours)}


def _dense(path: Path) -> dict[str, Layer]:
    arrays = storage.read_arrays(path)
    view = path.name.rsplit(".", 2)[0]
    return {f"dense/{view}": _points(arrays["points"], arrays["colours"])}


def _mesh(path: Path) -> dict[str, Layer]:
    mesh = TriMesh(**storage.read_arrays(path))
    shade = np.ones((len(mesh.vertices), 4), np.float32)
    shade[:, :3] = np.clip(shaded(mesh)[:, None] * CLAY, 0, 1)
    return {"mesh": Layer(shape="TRIS", positions=_plain(mesh.vertices), colours=shade, index=_within(mesh))}


LOADERS: dict[str, Callable[[Path], dict[str, Layer]]] = {"sparse": _sparse, "dense": _dense, "mesh": _mesh}


def frusta(sparse: Sparse) -> F32:
    """(20 per camera, 3): the ends of a small pyramid's lines for each camera, with a tick on its upper side."""
    centre = np.median(sparse.points_in_world, axis=0) if len(sparse.points_in_world) else np.zeros(3)
    lines = []
    for posed in sparse.posed:
        camera, pose = sparse.cameras[posed.camera_id], posed.cam_from_world
        rotation, place = pose[:, :3], -pose[:, :3].T @ pose[:, 3]
        pixels = np.array([[0, 0], [camera.width, 0], [camera.width, camera.height], [0, camera.height]], float)
        rays = np.c_[pixels, np.ones(4)] @ np.linalg.inv(intrinsics(camera)).T
        top = (rays[0] + rays[1]) / 2 * [1, 1.35, 1]
        deep = FRUSTUM * float(np.linalg.norm(place - centre))
        corners = np.concatenate([[np.zeros(3)], rays, [top]]) * deep @ rotation + place
        lines.append(corners[np.array(_PYRAMID).ravel()])
    return _plain(np.concatenate(lines) if lines else np.zeros((0, 3)))


def shaded(mesh: TriMesh) -> F32:
    """(V,) how bright each vertex is under two fixed lights, seen from either side."""
    a, b, c = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    normal = np.cross(b - a, c - a)
    total = np.zeros((len(mesh.vertices), 3))
    for corner in range(3):
        for axis in range(3):
            total[:, axis] += np.bincount(mesh.faces[:, corner], normal[:, axis], len(total))
    total /= np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    bright = np.full(len(total), AMBIENT)
    for direction, strength in LIGHTS:
        bright += strength * np.clip(total @ (direction / np.linalg.norm(direction)), 0, 1)
    return bright.astype(np.float32)


def _points(positions: np.ndarray, colours: U8) -> Layer:
    rgba = np.ones((len(colours), 4), np.float32)
    rgba[:, :3] = colours / np.float32(255)
    return Layer(shape="POINTS", positions=_plain(positions), colours=rgba)


def _within(mesh: TriMesh) -> np.ndarray:
    """The faces as a graphics card takes them; one that names a vertex that is not there could crash its driver."""
    if len(mesh.faces) and not 0 <= mesh.faces.min() <= mesh.faces.max() < len(mesh.vertices):
        raise ValueError("a face names a vertex that is not there")
    return np.ascontiguousarray(mesh.faces, np.uint32)


def _plain(positions: np.ndarray) -> F32:
    """Float32, and nothing that lies nowhere."""
    return np.ascontiguousarray(np.nan_to_num(positions), np.float32)
