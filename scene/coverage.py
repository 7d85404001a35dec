"""What the engine found out about the capture ─► face attributes, the cameras' errors and ghost cameras; and the mesh on its way there."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bpy.types import Mesh
from mathutils import Matrix

from ..engine.coverage.residuals import Fit
from ..engine.datatypes import F32, F64, I32, Bool
from ..engine.errors import EngineError
from .cameras import note_fit
from .errors import ModelError
from .ghosts import SENTENCE, set_ghosts
from .mesh import FILLED
from .model import UNREGISTERED, Model, photo_of, solved_from_world
from .overlay import ANGLE, PHOTOS, PIXEL

VERDICT = "maquette_verdict"  # on the model's collection


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the engine wrote, read and checked. `folder` holds the ghosts' pictures."""

    folder: Path
    photos: np.ndarray  # (T,) per triangle that was handed over
    angle: F32
    pixel: F32
    told: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What was handed over, to be recognised when the answer comes."""

    polygons: int
    polygon_of: np.ndarray  # (T,)
    areas: F64  # (T,)
    world_from_handed: Matrix


def hand_over(model: Model, path: Path) -> Handed:
    """Writes the mesh as it is now, in Blender's world; where that is stretched, in the nearest one that is not."""
    mesh = _mesh_of(model)
    world_from_solved = solved_from_world(model).inverted()
    placed = _similarity(np.array(world_from_solved))
    world_from_handed = world_from_solved @ Matrix(placed.tolist()).inverted()
    handed_from_mesh = np.array(world_from_handed.inverted() @ model.mesh.matrix_world)
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.attributes["position"].data.foreach_get("vector", places)
    vertices = places.reshape(-1, 3) @ handed_from_mesh[:3, :3].T + handed_from_mesh[:3, 3]
    faces, polygon_of = _triangles(mesh)
    if np.linalg.det(handed_from_mesh[:3, :3]) < 0:  # mirrored: else all would be backs
        faces = faces[:, ::-1]
    corner = vertices[faces]
    areas = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    with open(path, "wb") as handle:
        np.savez(
            handle,
            vertices=vertices.astype(np.float32),
            faces=faces,
            filled=_filled(mesh)[polygon_of],
            world_from_solved=placed,
        )
    return Handed(polygons=len(mesh.polygons), polygon_of=polygon_of, areas=areas, world_from_handed=world_from_handed)


def read(files: Mapping[str, str]) -> Found:
    """What the engine's result event names. No bpy: a thread may do it."""
    path = Path(files["coverage"])
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        with np.load(files["faces"], allow_pickle=False) as arrays:
            photos, angle, pixel = (arrays[name] for name in ("photos", "angle", "pixel"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise EngineError("broken_coverage", f"The engine's answer can't be read: {error}.", file=path) from error
    return Found(folder=path.parent, photos=photos, angle=angle, pixel=pixel, told=told)


def apply(model: Model, handed: Handed, found: Found) -> Generator[None, None, None]:
    """Into the scene, in slices. The mesh must have the faces that it had when it was handed over."""
    mesh = _mesh_of(model)
    if len(mesh.polygons) != handed.polygons or len(found.photos) != len(handed.polygon_of):
        raise ModelError("The mesh was changed while it was being checked: check it again.")
    for name, kind, values in (
        (PHOTOS, "INT", found.photos),
        (ANGLE, "FLOAT", found.angle),
        (PIXEL, "FLOAT", found.pixel),
    ):
        mean = _per_polygon(values, handed)
        _set_attribute(mesh, name, kind, np.rint(mean).astype(np.int32) if kind == "INT" else mean.astype(np.float32))
        yield
    mesh.update()
    fits = {one["photo"]: Fit(**one) for one in found.told["cameras"]}
    for camera in model.cameras:
        fit = fits.get(photo_of(camera))
        if fit is not None:
            note_fit(camera, fit)
    model.collection[VERDICT] = found.told["verdict"]
    model.collection[UNREGISTERED] = json.dumps(found.told["unregistered"])
    set_ghosts(model, found.told["ghosts"], found.folder, handed.world_from_handed)


def unregistered(model: Model) -> dict[str, str]:
    """Photos without a place, and why."""
    return json.loads(model.collection.get(UNREGISTERED, "{}"))


def _mesh_of(model: Model) -> Mesh:
    if model.mesh.mode == "EDIT":
        raise ModelError("Leave Edit Mode first.")
    if not len(model.mesh.data.polygons):
        raise ModelError("The model's mesh has no faces.")
    return model.mesh.data


def _triangles(mesh: Mesh) -> tuple[I32, I32]:
    """(T, 3) vertices and (T,) polygons. Asking a mesh of triangles for its triangles takes many times as long as its corners."""
    if len(mesh.loops) == 3 * len(mesh.polygons):
        corners = np.empty(len(mesh.loops), np.int32)
        quick = mesh.attributes.get(".corner_vert")
        if quick is not None:
            quick.data.foreach_get("value", corners)
        else:
            mesh.loops.foreach_get("vertex_index", corners)
        return corners.reshape(-1, 3), np.arange(len(mesh.polygons), dtype=np.int32)
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    faces, polygon_of = np.empty(count * 3, np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces)
    mesh.loop_triangles.foreach_get("polygon_index", polygon_of)
    return faces.reshape(-1, 3), polygon_of


def _filled(mesh: Mesh) -> Bool:
    filled = np.zeros(len(mesh.polygons), np.bool_)
    attribute = mesh.attributes.get(FILLED)
    if attribute is not None and attribute.domain == "FACE" and attribute.data_type == "BOOLEAN":
        attribute.data.foreach_get("value", filled)
    return filled


def _per_polygon(values: np.ndarray, handed: Handed) -> F64:
    """A polygon's triangles together, by their areas."""
    weight = np.maximum(handed.areas, 1e-30)
    total = np.bincount(handed.polygon_of, values * weight, handed.polygons)
    return total / np.maximum(np.bincount(handed.polygon_of, weight, handed.polygons), 1e-30)


def _set_attribute(mesh: Mesh, name: str, kind: str, values: np.ndarray) -> None:
    attribute = mesh.attributes.get(name)
    if attribute is not None and (attribute.domain != "FACE" or attribute.data_type != kind):
        mesh.attributes.remove(attribute)
        attribute = None
    if attribute is None:
        attribute = mesh.attributes.new(name, kind, "FACE")
    attribute.data.foreach_set("value", values)


def _similarity(matrix: F64) -> F64:
    """The transform without its stretching."""
    u, sizes, vt = np.linalg.svd(matrix[:3, :3])
    out = matrix.copy()
    out[:3, :3] = np.cbrt(np.prod(sizes)) * u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    return out


def sentences(model: Model) -> list[str]:
    """Why a photo is wanted from each ghost camera."""
    return [str(ghost.data[SENTENCE]) for ghost in model.ghosts]
