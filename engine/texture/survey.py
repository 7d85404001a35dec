"""What the photos know of a surface, before it is painted: which of them sees each part, in what colour, and who is to be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, Sparse, TriMesh, View
from ..geometry import view_of
from ..report import Report
from .choose import Choice, consensus, fill_unseen, label_vertices, mix
from .exposure import solve_gains
from .graph import Graph, face_edges, face_normals, graph_of, near_each_other, split_long_edges, vertex_normals, weld
from .observe import Observations, Shape, observe

DECENT = 0.1  # quality from which on a photo's say counts in full


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The surface as it is looked at (welded, long edges split) and what was seen of it."""

    views: list[View]
    shape: Shape
    graph: Graph
    corner_uvs: F32  # (F, 3, 2) of the shape's faces
    observed: Observations
    gains: F64  # (N, 3)
    choice: Choice


def survey(mesh: TriMesh, corner_uvs: F32, sparse: Sparse, max_side: int, report: Report, share: float) -> Survey:
    """Looks at the surface from all posed photos. `corner_uvs` (F, 3, 2) are split along with the faces."""
    views = [view_of(one, sparse.cameras[one.camera_id], max_side) for one in sparse.posed]
    shape, graph, corner_uvs = prepare(mesh, corner_uvs)
    observed = observe(views, shape, sharpness(views), report, share * 0.67)
    with report.step("choose", 1, share=share * 0.33) as step:
        gains = solve_gains(observed)
        choice = _choose(observed, gains, shape, graph, report)
        step.advance()
    report.count("gains", [round(float(g), 3) for g in gains.mean(1)])
    report.count("unseen_vertices", int((choice.unseen >= 1).sum()))
    return Survey(
        views=views, shape=shape, graph=graph, corner_uvs=corner_uvs, observed=observed, gains=gains, choice=choice
    )


def seen_share(found: Survey) -> float:
    """The share of the surface's area that a photo shows."""
    area = face_normals(found.shape.points, found.shape.faces)[1]
    seen = 1 - found.choice.unseen[found.shape.faces].mean(1)
    return float((seen * area).sum() / max(area.sum(), 1e-30))


def agreement(found: Survey) -> float:
    """0..1: how far the photos agree on the colours of what several of them see; little where the surface lies wrong."""
    quality = found.observed.quality.astype(np.float32)
    several = (quality > 0.02).sum(0) >= 2
    votes = np.minimum(quality[:, several] / DECENT, 1)
    trust = found.choice.trust[:, several].astype(np.float32)
    agree = np.sqrt(np.clip(trust / np.maximum(quality[:, several], 1e-6), 0, 1))
    return float((votes * agree).sum() / max(float(votes.sum()), 1e-6))


def prepare(mesh: TriMesh, corner_uvs: F32) -> tuple[Shape, Graph, F32]:
    """The surface as it is looked at: without seams, with no face so large that one photo could not choose within it."""
    places, where = weld(mesh.vertices)
    faces = where[mesh.faces]
    solid = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    faces, corner_uvs = faces[solid], corner_uvs[solid]
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


def sharpness(views: list[View]) -> F64:
    """(N,) a factor on quality: blurred photos are taken where nothing better is."""
    sharp = np.array([max(view.photo.sharpness, 1e-6) for view in views])
    return np.asarray(np.clip(np.sqrt(sharp / np.median(sharp)), 0.3, 1.2))


def _choose(observed: Observations, gains: F64, shape: Shape, graph: Graph, report: Report) -> Choice:
    colours, trust = consensus(observed, gains, graph, report)
    label = label_vertices(trust, graph, report)
    unseen, views, weights = mix(label, trust, shape.faces, graph, report)
    colours = fill_unseen(colours, label >= 0, graph, report)
    return Choice(colours=colours, unseen=unseen, trust=trust, views=views, weights=weights)
