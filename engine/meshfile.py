"""Reads a mesh that somebody else made, to be textured as it is: our own .npz, or Wavefront OBJ. Every index is checked.

The .npz holds `vertices` (V, 3) in the solved world and `faces` (F, 3); and may hold `corner_uvs` (F, 3, 2), `polygons` (F,)
and, for cameras that were moved, `photos` (N,) names with `cam_from_world` (N, 3, 4).
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import storage
from .datatypes import F32, F64, GivenMesh, TriMesh
from .errors import EngineError

MOST_FACES = 50_000_000
FORMATS = (".npz", ".obj")


def read_mesh(path: Path) -> GivenMesh:
    """The mesh in world. An OBJ is taken as glTF and most programs have it: +Y up."""
    if path.suffix.lower() not in FORMATS:
        raise EngineError(
            "mesh_format",
            f"{path.name} is no mesh that can be read: {' and '.join(FORMATS)} can.",
            file=path,
            advice="Export it as Wavefront OBJ.",
        )
    try:
        return _checked(_read_npz(path) if path.suffix.lower() == ".npz" else _read_obj(path))
    except OSError as error:
        raise EngineError("mesh_gone", f"{path.name} can't be read: {error.strerror or error}.", file=path) from error
    except (ValueError, KeyError, IndexError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "mesh_broken", f"{path.name} can't be read: {error}.", file=path, advice="Export it again."
        ) from error


def write_mesh(path: Path, mesh: GivenMesh) -> None:
    """As .npz."""
    arrays: dict[str, Any] = {
        "vertices": mesh.surface.vertices,
        "faces": mesh.surface.faces,
        "polygons": mesh.polygons,
    }
    if mesh.corner_uvs is not None:
        arrays["corner_uvs"] = mesh.corner_uvs
    if mesh.poses is not None:
        arrays |= camera_arrays(mesh.poses)
    with open(path, "wb") as handle:
        np.savez(handle, **arrays)


def camera_arrays(poses: Mapping[str, F64]) -> dict[str, Any]:
    """Cameras as the .npz holds them."""
    return {
        "photos": np.array(list(poses), dtype=np.str_),
        "cam_from_world": np.array(list(poses.values()), np.float64).reshape(-1, 3, 4),
    }


def _read_npz(path: Path) -> GivenMesh:
    arrays = storage.read_arrays(path)
    faces = np.asarray(arrays["faces"], np.int64)
    poses = None
    if "photos" in arrays:
        matrices = np.asarray(arrays["cam_from_world"], np.float64)
        poses = dict(zip((str(name) for name in arrays["photos"]), matrices, strict=True))
    return _given(
        np.asarray(arrays["vertices"], np.float32),
        faces,
        np.asarray(arrays.get("polygons", np.arange(len(faces))), np.int32),
        np.asarray(arrays["corner_uvs"], np.float32) if "corner_uvs" in arrays else None,
        poses,
    )


def _given(vertices: F32, faces: Any, polygons: Any, corner_uvs: F32 | None, poses: Any = None) -> GivenMesh:
    if faces.ndim != 2 or faces.shape[1] != 3 or vertices.ndim != 2 or vertices.shape[1] != 3:
        raise ValueError("it is not made of triangles")
    if len(faces) > MOST_FACES:
        raise ValueError(f"it has more than {MOST_FACES:,} faces")
    if faces.size and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise ValueError("a face names a vertex that is not there")
    surface = TriMesh(vertices=vertices, faces=faces.astype(np.int32), filled=np.zeros(len(faces), bool))
    return GivenMesh(surface=surface, polygons=polygons.astype(np.int32), corner_uvs=corner_uvs, poses=poses)


def _checked(mesh: GivenMesh) -> GivenMesh:
    count = len(mesh.surface.faces)
    if not np.isfinite(mesh.surface.vertices).all():
        raise ValueError("a vertex lies nowhere")
    if mesh.polygons.shape != (count,):
        raise ValueError("its polygons don't fit its faces")
    if mesh.corner_uvs is not None and (
        mesh.corner_uvs.shape != (count, 3, 2) or not np.isfinite(mesh.corner_uvs).all()
    ):
        raise ValueError("its UVs don't fit its faces")
    for pose in (mesh.poses or {}).values():
        if pose.shape != (3, 4) or not np.isfinite(pose).all():
            raise ValueError("a camera lies nowhere")
    return mesh


def _read_obj(path: Path) -> GivenMesh:
    """Vertices, UVs and faces; all else is passed over. Polygons become fans."""
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: list[tuple[int, int, int]] = []
    corners: list[tuple[int, int, int]] = []
    polygons: list[int] = []
    polygon = 0
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split()
            if not words:
                continue
            if words[0] == "v":
                vertices.append([float(word) for word in words[1:4]])
            elif words[0] == "vt":
                uvs.append([float(word) for word in words[1:3]])
            elif words[0] == "f":
                pairs = [_corner(word, len(vertices), len(uvs)) for word in words[1:]]
                for second, third in itertools.pairwise(pairs[1:]):
                    faces.append((pairs[0][0], second[0], third[0]))
                    corners.append((pairs[0][1], second[1], third[1]))
                    polygons.append(polygon)
                polygon += 1
    y_up = np.array(vertices, np.float32).reshape(-1, 3)
    world = np.ascontiguousarray(np.stack([y_up[:, 0], -y_up[:, 2], y_up[:, 1]], 1))
    named = np.array(corners, np.int64).reshape(-1, 3)
    has_uvs = len(uvs) > 0 and named.size > 0 and bool((named >= 0).all())
    corner_uvs = np.array(uvs, np.float32).reshape(-1, 2)[named] if has_uvs else None
    return _given(world, np.array(faces, np.int64).reshape(-1, 3), np.array(polygons, np.int32), corner_uvs)


def _corner(word: str, vertices: int, uvs: int) -> tuple[int, int]:
    """`7`, `7/3`, `7/3/1`, `-1//2` -> vertex and UV from 0, UV -1 where there is none. Negative ones count from the end."""
    parts = word.split("/")
    vertex = int(parts[0])
    uv = int(parts[1]) if len(parts) > 1 and parts[1] else 0
    vertex = vertex - 1 if vertex > 0 else vertices + vertex
    return vertex, (uv - 1 if uv > 0 else uvs + uv if uv < 0 else -1)
