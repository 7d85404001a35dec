"""The kernels of layers and films against their NumPy twins."""

from __future__ import annotations

import numpy as np

from engine.kernels.inpaint import search, search_twin, vote, vote_twin
from engine.kernels.shade import paint, paint_twin


def test_paint_is_its_twin() -> None:
    rng = np.random.default_rng(0)
    pixels, depths = rng.uniform(-8, 48, (60, 2)), rng.uniform(-0.3, 3, 60)
    texels = rng.uniform(0, 20, (60, 2)).astype(np.float32)
    faces = rng.integers(0, 60, (14, 3)).astype(np.int32)
    texture = np.full((20, 24, 4), 0.5, np.float32)
    texture[..., :3] = np.linspace(0, 0.5, 24)[None, :, None]
    fast = np.full((30, 40, 4), 0.25, np.float32)
    plain = fast.copy()
    paint(pixels, depths, texels, faces, texture, fast)
    paint_twin(pixels, depths, texels, faces, texture, plain)
    assert 0.2 < (plain[..., 3] > 0.3).mean() < 0.99
    assert (np.abs(fast - plain).max(-1) < 2e-3).mean() > 0.99  # a pixel on an edge may fall to either side


def test_a_picture_painted_on_itself_comes_back() -> None:
    """A tilted plane, its texels where the camera saw them: perspective is right, and pixel centres lie at .5."""
    rng = np.random.default_rng(1)
    texture = np.ones((30, 40, 4), np.float32)
    texture[..., :3] = rng.random((30, 40, 3))
    corners = np.array([[0.0, 0], [40, 0], [40, 30], [0, 30]])
    faces = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    picture = np.zeros((30, 40, 4), np.float32)
    # shifted by a whole pixel along a plane whose inverse depth is linear
    paint(corners, 1 / (0.2 + 0.01 * corners[:, 0]), corners.astype(np.float32), faces, texture, picture)
    assert np.abs(picture[..., 3] - 1).max() < 1e-4
    inner = picture[2:-2, 2:-2, :3]
    assert np.abs(inner - texture[2:-2, 2:-2, :3]).max() > 0.01  # it is seen in perspective: not a plain copy
    flat = np.zeros_like(picture)
    paint(corners, np.ones(4), corners.astype(np.float32), faces, texture, flat)
    assert np.abs(flat - texture).max() < 1e-3


def _a_hole() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    colour = np.zeros((26, 30, 4), np.float32)
    colour[..., :3] = (np.indices((26, 30)).sum(0) // 3 % 2)[..., None] * 0.6 + rng.random((26, 30, 3)) * 0.1
    domain = np.ones((26, 30), np.int32)
    domain[8:15, 9:17] = 2
    domain[:3] = 0
    good = np.zeros((26, 30), np.int32)
    good[5:24, 2:6] = 1
    good[17:24, 2:28] = 1
    targets = np.argwhere(domain == 2).astype(np.int32)
    index = np.full(domain.shape, -1, np.int32)
    index[targets[:, 0], targets[:, 1]] = np.arange(len(targets))
    places = np.argwhere(good == 1)
    field = places[rng.integers(0, len(places), len(targets))].astype(np.int32)
    return {"colour": colour, "domain": domain, "good": good, "targets": targets, "index": index, "field": field}


def test_search_is_its_twin() -> None:
    hole = _a_hole()
    for round_ in range(3):
        fast, cost = search(**hole, radius=2, step=1, reach=8, seed=round_)
        plain, price = search_twin(**hole, radius=2, step=1, reach=8, seed=round_)
        assert np.allclose(cost, price, atol=1e-5)
        assert (fast == plain).all(1).mean() > 0.97  # two places may be as good as each other
        assert hole["good"][fast[:, 0], fast[:, 1]].all()
        hole["field"] = plain
    assert cost.mean() < 0.5 * search(**_a_hole(), radius=2, step=1, reach=8, seed=0)[1].mean() + 0.02


def test_vote_is_its_twin() -> None:
    hole = _a_hole()
    field, cost = search(**hole, radius=2, step=1, reach=8, seed=0)
    rest = {name: hole[name] for name in ("colour", "targets", "index")} | {"field": field, "cost": cost}
    assert np.abs(vote(**rest, radius=2, softness=0.02) - vote_twin(**rest, radius=2, softness=0.02)).max() < 1e-4
