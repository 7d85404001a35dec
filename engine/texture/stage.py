"""Mesh, photos, poses ─► a mesh with UVs and its base colour. Making UVs and painting them are two separate steps."""

from __future__ import annotations

import numpy as np

from ..datatypes import F32, F64, I32, Sparse, TexturedMesh, TriMesh, View
from ..errors import EngineError
from ..geometry import view_of
from ..report import Report
from ..settings import TextureSettings
from .blend import paint
from .choose import Choice, consensus, fill_unseen, label_vertices, mix
from .exposure import solve_gains
from .graph import Graph, face_edges, graph_of, near_each_other, split_long_edges, vertex_normals, weld
from .observe import Observations, Shape, observe
from .unwrap import unwrap


def run(mesh: TriMesh, sparse: Sparse, settings: TextureSettings, report: Report) -> TexturedMesh:
    """New UVs, then colours."""
    _check(mesh, sparse)
    with report.step("unwrap", 1, share=0.2) as step:
        padding = max(round(settings.size / 512), 2)
        flat = unwrap(mesh, settings.size, padding, report)
        step.advance()
    return _paint_uvs(flat.mesh, flat.source_vertex, flat.uvs, sparse, settings, report, share=0.8)


def retexture(mesh: TriMesh, uvs: F32, sparse: Sparse, settings: TextureSettings, report: Report) -> TexturedMesh:
    """Colours for UVs that are there already: (V, 2), the mesh split along their seams."""
    _check(mesh, sparse)
    source = np.arange(len(mesh.vertices), dtype=np.int32)
    return _paint_uvs(mesh, source, uvs.astype(np.float32), sparse, settings, report, share=1.0)


def _check(mesh: TriMesh, sparse: Sparse) -> None:
    if len(mesh.faces) == 0:
        raise EngineError("mesh_empty", "The surface has no faces, so there is nothing to texture.")
    if not sparse.posed:
        raise EngineError("no_posed_photos", "No photo has a known place, so the surface can't be coloured.")


def _paint_uvs(
    mesh: TriMesh, source: I32, uvs: F32, sparse: Sparse, settings: TextureSettings, report: Report, *, share: float
) -> TexturedMesh:
    views = [view_of(one, sparse.cameras[one.camera_id], settings.max_side) for one in sparse.posed]
    shape, graph, corner_uvs = _prepare(mesh, uvs)
    observed = observe(views, shape, _sharpness(views), report, share * 0.4)
    with report.step("choose", 1, share=share * 0.2) as step:
        gains = solve_gains(observed)
        choice = _choose(observed, gains, shape, graph, report)
        step.advance()
    picture, guessed = paint(
        views, shape, graph, corner_uvs, choice, observed, gains, settings.size, report, share * 0.4
    )
    report.count("gains", [round(float(g), 3) for g in gains.mean(1)])
    report.count("unseen_vertices", int((choice.unseen >= 1).sum()))
    report.count("texels_guessed", int(guessed.sum()))
    return TexturedMesh(mesh=mesh, source_vertex=source, uvs=uvs, base_colour=picture, guessed=guessed)


def _prepare(mesh: TriMesh, uvs: F32) -> tuple[Shape, Graph, F32]:
    """The surface as it is looked at: without seams, with no face so large that one photo could not choose within it."""
    places, where = weld(mesh.vertices)
    faces = where[mesh.faces]
    solid = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    faces, corner_uvs = faces[solid], uvs[mesh.faces[solid]]
    corner = places[faces].astype(np.float64)
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1).sum() / 2
    longest = 4 * np.sqrt(area / 100_000)
    most = max(2 * len(faces), 300_000)
    places, faces, corner_uvs, _ = split_long_edges(places, faces, corner_uvs, float(longest), most)
    order = near_each_other(places)
    number = np.empty_like(order)
    number[order] = np.arange(len(order), dtype=np.int32)
    places, faces = places[order], number[faces]
    by_place = np.argsort(faces.min(1), kind="stable")
    faces, corner_uvs = faces[by_place], corner_uvs[by_place]
    edges, _ = face_edges(faces)
    length = np.linalg.norm(places[edges[:, 0]] - places[edges[:, 1]], axis=1)
    graph = graph_of(edges, len(places))
    normals: F64 = graph.diffuse(vertex_normals(places, faces), 1).astype(np.float64)
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-30)[:, None]
    shape = Shape(points=places, normals=normals, faces=np.ascontiguousarray(faces), edge=float(np.median(length)))
    return shape, graph, corner_uvs


def _sharpness(views: list[View]) -> F64:
    """(N,) a factor on quality: blurred photos are taken where nothing better is."""
    sharp = np.array([max(view.photo.sharpness, 1e-6) for view in views])
    return np.asarray(np.clip(np.sqrt(sharp / np.median(sharp)), 0.3, 1.2))


def _choose(observed: Observations, gains: F64, shape: Shape, graph: Graph, report: Report) -> Choice:
    colours, trust = consensus(observed, gains, graph, report)
    label = label_vertices(trust, graph, report)
    unseen, views, weights = mix(label, trust, shape.faces, graph, report)
    colours = fill_unseen(colours, label >= 0, graph, report)
    return Choice(colours=colours, unseen=unseen, trust=trust, views=views, weights=weights)
