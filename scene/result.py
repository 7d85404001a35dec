"""What a finished run left on disk, read and checked. No bpy here."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..engine import storage
from ..engine.datatypes import Sparse, TexturedMesh
from ..engine.errors import EngineError
from ..engine.jobs import ModelJob


@dataclass(frozen=True, kw_only=True)
class Result:
    """A model, ready to become Blender data. `pictures` are the cameras' backgrounds, by photo name."""

    name: str
    folder: Path
    textured: TexturedMesh
    sparse: Sparse
    pictures: dict[str, Path]
    report: dict[str, Any]


def files_in(folder: Path) -> dict[str, str]:
    """The `files` of the result event of the run whose OUT this folder was."""
    workspace = ModelJob(photos=(), out=folder).workspace
    files = {
        "report": folder / "report.json",
        "textured": workspace / "textured.npz",
        "sparse": workspace / "sparse.npz",
    }
    for path in files.values():
        if not path.is_file():
            raise EngineError(
                "no_result",
                f"{folder.name} holds no finished model.",
                file=path,
                advice="Choose the folder that a finished run wrote.",
            )
    if (folder / "undistorted").is_dir():
        files["undistorted"] = folder / "undistorted"
    return {name: str(path) for name, path in files.items()}


def read(files: Mapping[str, str], name: str = "") -> Result:
    """The result of a run. `name` is what it will be called; by default like its folder."""
    report_path = Path(files["report"])
    try:
        textured = storage.read_textured(Path(files["textured"]))
        sparse = storage.read_sparse(Path(files["sparse"]))
        report = json.loads(report_path.read_text(encoding="utf-8"))
        _check(textured, sparse)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "broken_result",
            f"The model in {report_path.parent.name} can't be read: {error}.",
            file=report_path.parent,
            advice="Build it again.",
        ) from error
    return Result(
        name=name or report_path.parent.name,
        folder=report_path.parent,
        textured=textured,
        sparse=sparse,
        pictures=pictures_of(sparse, files.get("undistorted")),
        report=report if isinstance(report, dict) else {},
    )


def _check(textured: TexturedMesh, sparse: Sparse) -> None:
    """Wrong indices would crash Blender, not raise."""
    mesh = textured.mesh
    count = len(mesh.vertices)
    if (
        mesh.vertices.shape != (count, 3)
        or textured.uvs.shape != (count, 2)
        or textured.source_vertex.shape != (count,)
    ):
        raise ValueError("vertices, UVs and sources don't fit one another")
    if mesh.faces.ndim != 2 or mesh.faces.shape[1] != 3 or mesh.filled.shape != (len(mesh.faces),):
        raise ValueError("faces and their marks don't fit one another")
    if mesh.faces.size and (mesh.faces.min() < 0 or mesh.faces.max() >= count):
        raise ValueError("a face names a vertex that is not there")
    if not (np.isfinite(mesh.vertices).all() and np.isfinite(textured.uvs).all()):
        raise ValueError("a vertex lies nowhere")
    picture = textured.base_colour
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size or picture.dtype != np.uint8:
        raise ValueError("the texture is no picture")
    if any(posed.camera_id not in sparse.cameras for posed in sparse.posed):
        raise ValueError("a photo has no camera")
    if not all(np.isfinite(posed.cam_from_world).all() for posed in sparse.posed):
        raise ValueError("a camera lies nowhere")
    if sparse.points_in_world.shape != (len(sparse.point_colours), 3) or not np.isfinite(sparse.points_in_world).all():
        raise ValueError("the points and their colours don't fit one another")


def pictures_of(sparse: Sparse, undistorted: str | None) -> dict[str, Path]:
    """For each photo the picture that lies on the pinhole camera: the engine's straightened one, else the photo itself.

    Blender shows a file as it is stored, so that a photo that is upright only by its EXIF would lie on its side.
    """
    found = {}
    for posed in sparse.posed:
        photo = posed.photo
        straight = Path(undistorted) / f"{photo.name}.jpg" if undistorted else None
        if straight is not None and straight.is_file():
            found[photo.name] = straight
        elif photo.orientation == 1 and photo.path.is_file():
            found[photo.name] = photo.path
    return found
