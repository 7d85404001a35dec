"""What of a model the artist wants, and what not: as two meshes in the engine's solved world."""

from __future__ import annotations

import numpy as np
from bpy.types import Context, Mesh

from ..engine.datatypes import Bool, GivenMesh, TriMesh
from .errors import ModelError
from .model import Model, solved_from_world

DELETED, SELECTED, HIDDEN = "DELETED", "SELECTED", "HIDDEN"  # how the artist said what is not wanted


def split(context: Context, model: Model, how: str) -> tuple[GivenMesh, GivenMesh | None]:
    """What is kept, and what is not where it is still in the mesh."""
    if model.mesh.mode == "EDIT":
        model.mesh.update_from_editmode()
    context.view_layer.update()
    mesh = model.mesh.data
    if not len(mesh.polygons):
        raise ModelError("The model has no faces left.")
    unwanted = _marked(mesh, how)
    if how == SELECTED and not unwanted.any():
        raise ModelError("No face is selected: select what is not wanted in Edit Mode, or choose Deleted.")
    if how == HIDDEN and not unwanted.any():
        raise ModelError("No face is hidden: hide what is not wanted, or choose Deleted.")
    if unwanted.all():
        raise ModelError("All faces are marked as not wanted: leave those that are.")
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    corners, owner = np.empty(3 * count, np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("vertices", corners)
    mesh.loop_triangles.foreach_get("polygon_index", owner)
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    place = np.array(solved_from_world(model) @ model.mesh.matrix_world)
    solved = (points.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3]).astype(np.float32)
    faces, out = corners.reshape(-1, 3), unwanted[owner]
    kept = _given(solved, faces[~out], owner[~out])
    return kept, _given(solved, faces[out], owner[out]) if out.any() else None


def _marked(mesh: Mesh, how: str) -> Bool:
    marks = np.zeros(len(mesh.polygons), bool)
    if how != DELETED:
        mesh.polygons.foreach_get("select" if how == SELECTED else "hide", marks)
    return marks


def _given(vertices: np.ndarray, faces: np.ndarray, owner: np.ndarray) -> GivenMesh:
    surface = TriMesh(vertices=vertices, faces=faces, filled=np.zeros(len(faces), bool))
    return GivenMesh(surface=surface, polygons=owner)
