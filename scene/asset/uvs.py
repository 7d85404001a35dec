"""Third step: UVs in few charts inside 0–1, none on top of another."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import bpy
import numpy as np
from bpy.types import Mesh, Object
from mathutils import Vector

from .charts import WIDEST, Faces, charts_of
from .tools import edit_mode

LAYER = "UVMap"
PADDING = 1 / 256  # of the square, between charts: 8 texels of 2,048, so that smaller mip levels don't bleed
FEWEST_TEXELS = 2  # of padding in a small texture
SQUEEZED, MOST_SQUEEZED = (
    0.25,
    0.03,
)  # so little texture, against the mean, on more than such a share of a chart's surface
ROUNDS = 6  # of cutting charts that fold over themselves into narrower ones


def unwrap(thing: Object, texture: int) -> int:
    """Cuts, flattens and packs; gives the number of charts."""
    mesh = thing.data
    while mesh.uv_layers:
        mesh.uv_layers.remove(mesh.uv_layers[0])
    mesh.uv_layers.new(name=LAYER)
    chart = charts_of(_faces_of(mesh))
    for step in range(ROUNDS):
        _flatten(thing, chart)
        bad = _folded(thing, chart)
        if not len(bad):
            break
        chart = _cut(mesh, chart, bad, narrower=WIDEST + (1 - WIDEST) * (step + 1) / ROUNDS)
    else:
        _flatten(thing, chart)
        _project(mesh, chart, _folded(thing, chart))
    _pack(thing, max(PADDING, FEWEST_TEXELS / texture))
    return int(chart.max(initial=-1)) + 1


def _faces_of(mesh: Mesh, only: np.ndarray | None = None) -> Faces:
    """The mesh as a graph of its faces; with `only`, of these alone, renumbered."""
    count = len(mesh.polygons)
    normals, middles, areas = (
        np.empty(count * 3, np.float32),
        np.empty(count * 3, np.float32),
        np.empty(count, np.float32),
    )
    mesh.polygons.foreach_get("normal", normals)
    mesh.polygons.foreach_get("center", middles)
    mesh.polygons.foreach_get("area", areas)
    pairs, lengths = _pairs(mesh)
    if only is None:
        only = np.arange(count)
    number = np.full(count, -1)
    number[only] = np.arange(len(only))
    pairs = number[pairs]
    inside = (pairs >= 0).all(1)
    return Faces(
        whole=count,
        normals=normals.reshape(-1, 3)[only].astype(np.float64),
        middles=middles.reshape(-1, 3)[only].astype(np.float64),
        areas=areas[only].astype(np.float64),
        pairs=pairs[inside],
        borders=lengths[inside],
    )


def _pairs(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """(E, 2) faces that share an edge, and the edges' lengths."""
    edge_of_loop, face_of_loop = edge_and_face(mesh)
    order = np.argsort(edge_of_loop, kind="stable")
    same = edge_of_loop[order][1:] == edge_of_loop[order][:-1]
    pairs = np.stack([face_of_loop[order][:-1][same], face_of_loop[order][1:][same]], 1)
    ends = np.empty(len(mesh.edges) * 2, np.int32)
    mesh.edges.foreach_get("vertices", ends)
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    corners = places.reshape(-1, 3)[ends.reshape(-1, 2)]
    lengths = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    return pairs, lengths[edge_of_loop[order][1:][same]]


def edge_and_face(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    edges, sizes = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("edge_index", edges)
    mesh.polygons.foreach_get("loop_total", sizes)
    return edges, np.repeat(np.arange(len(sizes)), sizes)


def _flatten(thing: Object, chart: np.ndarray) -> None:
    """Seams where charts meet, then each laid flat."""
    mesh = thing.data
    edges, faces = edge_and_face(mesh)
    low, high = np.full(len(mesh.edges), np.iinfo(np.int64).max), np.full(len(mesh.edges), -1)
    np.minimum.at(low, edges, chart[faces])
    np.maximum.at(high, edges, chart[faces])
    mesh.edges.foreach_set("use_seam", low != high)
    with edit_mode(thing):
        bpy.ops.uv.select_all(action="SELECT") if bpy.ops.uv.select_all.poll() else None
        bpy.ops.uv.unwrap(method="ANGLE_BASED", fill_holes=True, margin=0.0)
        bpy.ops.uv.average_islands_scale()


def uv_triangles(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """(T, 3, 2) triangles in the UV plane and the face that each belongs to."""
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops, faces = np.empty(count * 3, np.int32), np.empty(count, np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", faces)
    uvs = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers.active.uv.foreach_get("vector", uvs)
    return uvs.reshape(-1, 2)[loops].reshape(-1, 3, 2).astype(np.float64), faces


def _folded(thing: Object, chart: np.ndarray) -> np.ndarray:
    """The charts whose faces are turned over, squeezed or lie on one another."""
    mesh = thing.data
    corners, faces = uv_triangles(mesh)
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    signed = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    real = np.empty(len(mesh.polygons), np.float32)
    mesh.polygons.foreach_get("area", real)
    turned = np.bincount(chart[faces], (signed < 0) * np.abs(signed), chart.max() + 1)
    whole = np.maximum(np.bincount(chart[faces], np.abs(signed), chart.max() + 1), 1e-30)
    flat = np.bincount(faces, np.abs(signed), len(real))
    thin = flat < SQUEEZED * real * (flat.sum() / max(real.sum(), 1e-30))  # little texture for much surface
    squeezed = np.bincount(chart, real * thin, chart.max() + 1) / np.maximum(np.bincount(chart, real), 1e-30)
    odd = (turned / whole > 0.01) | (squeezed > MOST_SQUEEZED)
    return np.unique(np.concatenate([np.nonzero(odd)[0], chart[list(_overlapping(corners, faces, chart))]]))


def _overlapping(corners: np.ndarray, faces: np.ndarray, chart: np.ndarray) -> Iterable[int]:
    """Faces under which another of their own chart lies: each chart is drawn on a grid of its own, texel by texel."""
    found: set[int] = set()
    order = np.argsort(chart[faces], kind="stable")
    starts = np.searchsorted(chart[faces][order], np.arange(chart.max() + 2))
    for begin, end in itertools.pairwise(starts):
        rows = order[begin:end]
        if len(rows) < 3:
            continue
        count = cover_count(corners[rows])
        if (count > 1).sum() > 0.003 * (count > 0).sum():
            found.add(int(faces[rows[0]]))
    return found


def cover_count(corners: np.ndarray, side: int = 0) -> np.ndarray:
    """(H, W) how many triangles hold each texel's middle. With `side` the square 0–1 is drawn, else what they span."""
    if side:
        at = corners * side
        height = width = side
    else:
        low, span = corners.min((0, 1)), np.maximum(np.ptp(corners.reshape(-1, 2), axis=0), 1e-12)
        side = int(np.clip(np.sqrt(len(corners) * 40), 16, 400))
        at = (corners - low) / span.max() * side
        width, height = (np.ceil(span / span.max() * side).astype(int) + 1).tolist()
    count = np.zeros((height, width), np.int32)
    for triangle in at:
        x0, y0 = np.maximum(np.floor(triangle.min(0)).astype(int), 0)
        x1, y1 = np.ceil(triangle.max(0)).astype(int)
        x, y = np.arange(x0, min(x1, width)) + 0.4999, (np.arange(y0, min(y1, height)) + 0.5001)[:, None]
        if not x.size or not y.size:
            continue
        inside = True
        (ax, ay), (bx, by), (cx, cy) = triangle
        turn = 1 if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) >= 0 else -1
        for (px, py), (qx, qy) in (((ax, ay), (bx, by)), ((bx, by), (cx, cy)), ((cx, cy), (ax, ay))):
            inside = inside & (((qx - px) * (y - py) - (qy - py) * (x - px)) * turn > 0)
        count[y0 : y0 + y.shape[0], x0 : x0 + x.shape[0]] += inside
    return count


def _cut(mesh: Mesh, chart: np.ndarray, bad: np.ndarray, narrower: float) -> np.ndarray:
    """These charts are cut anew, into ones that look less far around."""
    chart = chart.copy()
    for number in bad:
        inside = np.nonzero(chart == number)[0]
        chart[inside] = chart.max() + 1 + charts_of(_faces_of(mesh, inside), min(narrower, 0.98))
    return np.unique(chart, return_inverse=True)[1]


def _project(mesh: Mesh, chart: np.ndarray, bad: np.ndarray) -> None:
    """What could not be laid flat otherwise is seen straight on, at the others' scale."""
    if not len(bad):
        return
    faces = _faces_of(mesh)
    corners, _ = uv_triangles(mesh)
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    scale = np.sqrt(np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]).sum() / 2 / max(faces.areas.sum(), 1e-30))
    layer = mesh.uv_layers.active.uv
    for number in bad:
        inside = np.nonzero(chart == number)[0]
        axis = Vector((faces.normals[inside] * faces.areas[inside, None]).sum(0))
        turn = axis.to_track_quat("Z", "Y").inverted()
        for face in inside:
            for loop in mesh.polygons[face].loop_indices:
                place = turn @ mesh.vertices[mesh.loops[loop].vertex_index].co
                layer[loop].vector = place.xy * scale


def _pack(thing: Object, margin: float) -> None:
    """Into the square. Blender's packer by outlines fills it best.

    Twice: the margin is added before charts are scaled to fit, and the second time they have their size already. (The
    method that knows the margin beforehand tries sizes for half a minute.)
    """
    with edit_mode(thing):
        for _ in range(2):
            bpy.ops.uv.pack_islands(
                rotate=True, scale=True, margin_method="ADD", margin=margin, shape_method="CONCAVE", merge_overlap=False
            )
    mesh = thing.data
    uvs = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers.active.uv.foreach_get("vector", uvs)
    mesh.uv_layers.active.uv.foreach_set("vector", np.clip(uvs, 0, 1))
    mesh.update()
