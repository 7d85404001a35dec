"""The texture kernels against their NumPy twins, and the packing and graph work they stand on."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels.raster import EMPTY, depth_buffer, depth_buffer_twin
from engine.kernels.texture_bake import Atlas, Shot, bake, bake_twin, new_sums, resolve
from engine.kernels.texture_cover import NOBODY, owners, owners_twin
from engine.kernels.texture_diffuse import diffuse, diffuse_twin
from engine.report import Report
from engine.texture.blend import fill_gutters
from engine.texture.graph import connected, face_normals, split_long_edges, vertex_graph


def test_depth_buffer_is_its_twin() -> None:
    rng = np.random.default_rng(0)
    pixels, depths = rng.uniform(-8, 48, (90, 2)), rng.uniform(-0.3, 3, 90)
    faces = rng.integers(0, 90, (12, 3)).astype(np.int32)
    fast = depth_buffer(pixels, depths, faces, 40, 30)
    plain = depth_buffer_twin(pixels, depths, faces, 40, 30)
    hit = plain < EMPTY
    assert 0.3 < hit.mean() < 0.99
    assert ((fast < EMPTY) == hit).mean() > 0.998  # a pixel on an edge may fall to either side
    both = hit & (fast < EMPTY)
    assert np.isclose(fast[both], plain[both], rtol=1e-3).mean() > 0.995


def test_depth_is_right_in_perspective() -> None:
    """A plane seen askew: inverse depth is linear in the picture."""
    pixels = np.array([[0.0, 0], [40, 0], [40, 30], [0, 30]])
    inverse = 0.2 + 0.02 * pixels[:, 0]
    depth = depth_buffer(pixels, 1 / inverse, np.array([[0, 1, 2], [0, 2, 3]], np.int32), 40, 30)
    assert np.allclose(1 / depth, 0.2 + 0.02 * (np.arange(40) + 0.5), rtol=1e-4)


def test_owners_are_their_twin() -> None:
    rng = np.random.default_rng(1)
    corners = rng.uniform(-3, 43, (60, 3, 2)).astype(np.float32)
    ranks = rng.permutation(60).astype(np.int32)
    owner, lost = owners(corners, ranks, 40, 30)
    owner_twin, lost_twin = owners_twin(corners, ranks, 40, 30)
    assert (owner == owner_twin).mean() > 0.999
    assert np.abs(lost - lost_twin).max() <= 1
    assert lost.sum() > 100


def test_neighbours_never_share_a_texel() -> None:
    """A square cut into a fan around texel centres: each texel is owned once, none is left out."""
    angle = np.arange(24) / 24 * 2 * np.pi
    rim = np.stack([np.cos(angle), np.sin(angle)], 1) * 15 + 16.5
    points = np.round(np.concatenate([[[16.5, 16.5]], rim]) * 2) / 2  # corners on texel centres and borders
    fan = np.array([[0, 1 + i, 1 + (i + 1) % 24] for i in range(24)])
    corners = points[fan].astype(np.float32)
    corners[::2] = corners[::2, ::-1]  # whichever way round
    owner, lost = owners(corners, np.arange(24, dtype=np.int32), 33, 33)
    assert lost.sum() <= 1  # the common corner at most
    inner = np.hypot(*(np.mgrid[:33, :33] + 0.5 - 16.5)) < 13
    assert (owner[inner] != NOBODY).all()


def test_diffusion_is_its_twin() -> None:
    rng = np.random.default_rng(3)
    faces = rng.integers(0, 80, (120, 3)).astype(np.int32)
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])]
    graph = vertex_graph(faces, 80)
    values = rng.standard_normal((80, 5)).astype(np.float32)
    fast = diffuse(graph.starts, graph.neighbours, values, 4)
    assert np.allclose(fast, diffuse_twin(graph.starts, graph.neighbours, values, 4), atol=1e-5)
    assert fast.std() < 0.8 * values.std()
    assert np.array_equal(diffuse(graph.starts, graph.neighbours, values, 0), values)


@pytest.mark.parametrize("depth_scale", [1, 2])
def test_baking_is_its_twin(depth_scale: int) -> None:
    rng = np.random.default_rng(4)
    points = np.array([[-1, -1, 0], [1, -1, 0.2], [1, 1, 0], [-1, 1, -0.2], [0, 0, 0.3]], np.float32)
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4], [0, 4, 1]], np.int32)  # the last faces away
    uv = np.array([[2.0, 30], [30, 30], [30, 2], [2, 2], [16.3, 15.8]], np.float32)
    corners = uv[faces]
    corners[4] += [32, 0]
    atlas = Atlas(points=points, faces=faces, corners=corners.reshape(-1, 6), width=64, height=64)
    picture = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    K = np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]])
    pose = np.array([[1.0, 0, 0, 0.05], [0, -1, 0, 0.1], [0, 0, -1, 3]])
    depth = np.full((48 // depth_scale, 64 // depth_scale), EMPTY, np.float32)
    depth[: len(depth) // 2, : len(depth[0]) // 2] = 0.5  # something stands before a quarter
    shot = Shot(projection=K @ pose, picture=picture, depth=depth, focal_px=50.0, gain=np.array([1.1, 0.9, 1.0]))
    weights = rng.uniform(0.2, 1, (5, 3)).astype(np.float32)
    shift = rng.uniform(-20, 20, (5, 3)).astype(np.float32)
    picks = np.arange(5, dtype=np.int32)
    sums = new_sums(64, 64)
    bake(atlas, shot, picks, weights, shift, sums)
    twin = np.zeros((64, 64, 4), np.int64)
    bake_twin(atlas, shot, picks, weights, shift, twin)
    found = sums.to_numpy().astype(np.int64)
    assert (found[..., 3] > 0).sum() > 400
    assert (found[:, 32:, 3] == 0).all()  # the back shows nothing
    assert ((found[..., 3] > 0) != (twin[..., 3] > 0)).mean() < 0.002
    both = (found[..., 3] > 0) & (twin[..., 3] > 0)
    assert np.percentile(np.abs(found - twin)[both], 99) <= 0.005 * 65280

    colours = np.full((5, 3), 77, np.float32)
    out, kind = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8)
    resolve(atlas, colours, np.array([0, 0, 0, 0, 0], np.float32), sums, out, kind)
    assert (out[kind == 2] == 77).all() and (kind == 2).sum() > 100  # hidden or turned away: the fill colour
    seen = (kind == 1) & (found[..., 3] > 0.2 * 65280)
    direct = found[..., :3][seen] / found[..., 3:][seen] * 255
    assert np.abs(out[seen] - direct).max() <= 1
    assert (out[kind == 0] == 0).all()


def test_baking_keeps_to_the_texels_that_a_face_owns() -> None:
    """Two triangles on the same texels: each texel has the owner's colour, and no more than a weight of one."""
    points = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0], [-1, -1, 0.5], [1, -1, 0.5], [0, 1, 0.5]], np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    corners = np.tile(np.array([[2.0, 30, 30, 30, 16, 2]], np.float32), (2, 1))
    owner, lost = owners(corners.reshape(-1, 3, 2), np.array([1, 0], np.int32), 32, 48)
    assert lost[0] > 100 and lost[1] == 0
    owner[:, 16:] = np.where(owner[:, 16:] == 0, 1, owner[:, 16:])  # ranks to faces: the second, but for the left half
    owner[:, :16] = np.where(owner[:, :16] == 0, 0, owner[:, :16])
    atlas = Atlas(points=points, faces=faces, corners=corners, width=32, height=48, owner=owner)
    K = np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]])
    pose = np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 3]])
    depth = np.full((48, 64), EMPTY, np.float32)
    picture = np.random.default_rng(2).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    shot = Shot(projection=K @ pose, picture=picture, depth=depth, focal_px=50.0, gain=np.ones(3))
    picks, weights, shift = np.arange(2, dtype=np.int32), np.ones((2, 3), np.float32), np.zeros((6, 3), np.float32)
    sums = new_sums(32, 48)
    bake(atlas, shot, picks, weights, shift, sums)
    twin = np.zeros((48, 32, 4), np.int64)
    bake_twin(atlas, shot, picks, weights, shift, twin)
    found = sums.to_numpy().astype(np.int64)
    assert set(np.unique(found[..., 3])) == {0, 65280}
    assert (found[..., 3] > 0).sum() > 300 and (found[32:, :, 3] == 0).all()
    assert np.percentile(np.abs(found - twin), 99) <= 0.005 * 65280
    colours = np.repeat(np.array([[10.0], [200.0]], np.float32), 3, 0).repeat(3, 1)
    out, kind = np.zeros((48, 32, 3), np.uint8), np.zeros((48, 32), np.uint8)
    resolve(atlas, colours, np.ones(6, np.float32), new_sums(32, 48), out, kind)
    assert set(np.unique(out[:, :16][kind[:, :16] > 0])) == {10} and set(np.unique(out[:, 16:][kind[:, 16:] > 0])) == {
        200
    }


def test_gutters_take_the_nearest_colour() -> None:
    picture, inside = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), bool)
    picture[8:24, 8:24], inside[8:24, 8:24] = (200, 10, 10), True
    picture[40:56, 40:56], inside[40:56, 40:56] = (10, 10, 200), True
    before = picture.copy()
    filled = fill_gutters(picture, inside, Report())
    assert np.array_equal(filled[inside], before[inside])
    assert (filled[6:26, 6:26, 0] > 160).all() and (filled[38:58, 38:58, 2] > 160).all()
    assert filled.max(2).min() > 50


def test_long_edges_are_split_without_cracks() -> None:
    vertices = np.array([[0, 0, 0], [4, 0, 0], [4, 1, 0], [0, 1, 0], [4, 0.5, 3]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3], [1, 4, 2]], np.int32)
    uvs = vertices[faces][..., :2].copy()
    points, split, split_uvs, origin = split_long_edges(vertices, faces, uvs, 0.5, 10_000)
    corners = points[split].astype(float)
    sides = np.linalg.norm(corners - np.roll(corners, -1, 1), axis=2)
    assert sides.max() <= 0.5
    before = face_normals(vertices, faces)[1]
    assert np.allclose(np.bincount(origin, face_normals(points, split)[1]), before, rtol=1e-5)
    flat = origin < 2
    assert np.allclose(split_uvs[flat], points[split[flat]][..., :2], atol=1e-6)
    edges = np.sort(np.stack([split, np.roll(split, -1, 1)], 2).reshape(-1, 2), 1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    open_edges = points[edges[count == 1]].astype(float)
    outline = 4 + 4 + 1 + 2 * np.hypot(3, 0.5)
    assert count.max() == 2  # a crack would add to the border
    assert np.isclose(np.linalg.norm(open_edges[:, 0] - open_edges[:, 1], axis=1).sum(), outline, rtol=1e-5)


def test_connected_parts() -> None:
    root = connected(np.array([[5, 4], [4, 2], [0, 3]]), 7)
    assert root.tolist() == [0, 1, 2, 0, 2, 2, 6]
