"""Layers of made-up rooms: what belongs to which, soft edges without a halo, nothing missing within the safe amplitude."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from engine.relief.film import draw, lens, ready
from engine.relief.frame import LEVEL
from engine.relief.layers import layers
from engine.relief.moves import moved
from engine.relief.sway import PROOF, SHARE, Reach, holes, planned, proven
from engine.report import Report
from engine.settings import Filler, LayerSettings
from engine.single import Layer, MonoDepth
from tests.room import Ball, Crate, Room, a_few_rooms

ROOMS = a_few_rooms(180)


@dataclass(frozen=True)
class Made:
    room: Room
    picture: np.ndarray
    what: np.ndarray
    depth: np.ndarray
    mono: MonoDepth
    layers: tuple[Layer, ...]
    reach: Reach


_made: dict[str, Made] = {}


def made(name: str) -> Made:
    """Once for all tests."""
    if name not in _made:
        room = ROOMS[name]
        picture, depth, what = room.cast()
        mono = room.mono()
        done = layers(mono, picture, LayerSettings(), Report())
        _made[name] = Made(room, picture, what, depth, mono, done, proven(done, mono, LEVEL, planned(mono), Report()))
    return _made[name]


def inner(picture: np.ndarray, layer: Layer) -> np.ndarray:
    """The part of a layer's picture that is the photo's."""
    m = layer.margin
    return picture[m : picture.shape[0] - m, m : picture.shape[1] - m]


@pytest.mark.parametrize("name", ROOMS)
def test_no_hole_within_the_safe_amplitude_and_some_beyond(name: str) -> None:
    one = made(name)
    stage = ready(one.layers, PROOF)
    assert one.reach.sway > 0.9 * planned(one.mono).sway
    assert holes(stage, one.mono, LEVEL, one.reach, 1.0, Report())[0] <= 2e-5
    assert holes(stage, one.mono, LEVEL, one.reach, 3.0, Report())[0] > 0.01
    # and it is a move that one sees: the nearest thing moves against the furthest
    near, far = 1 / one.depth.min(), 1 / one.depth.max()
    shift = one.room.K[0, 0] * one.reach.sway * (near - far) / one.room.width
    assert 0.5 * SHARE < shift < 1.5 * SHARE


def test_the_floor_stays_with_the_wall_that_it_leads_to() -> None:
    """It comes as near as the pillar does, without a jump; the pillar stands before it."""
    one = made("pillar")
    assert [layer.name for layer in one.layers] == ["back", "front"]
    front = inner(one.layers[1].colour[..., 3], one.layers[1]) > 127
    thing = one.what >= 3
    assert (front == thing).mean() > 0.985
    floor = one.what == 2
    assert front[floor].mean() < 0.02


def test_things_one_before_the_other_are_layers_each() -> None:
    one = made("balls")
    assert [layer.name for layer in one.layers] == ["back", "middle", "front"]
    cover = [inner(layer.colour[..., 3], layer) > 127 for layer in one.layers]
    invented = [inner(layer.invented, layer) for layer in one.layers]
    assert cover[1][one.what == 3].mean() > 0.95 and cover[2][one.what == 4].mean() > 0.95
    assert cover[2][one.what == 3].mean() < 0.05
    # a part of the further ball is hidden: it goes on behind the nearer one, and is marked as invented
    behind = cover[1] & (one.what == 4)
    assert behind.sum() > 30 and invented[1][behind].mean() > 0.95


def test_the_sky_is_a_layer_and_far_away() -> None:
    one = made("terrace")
    assert [layer.name for layer in one.layers] == ["sky", "back", "front"]
    sky = one.layers[0]
    assert (inner(sky.colour[..., 3], sky) > 127)[one.what == 0].all()
    assert sky.depth[sky.depth > 0].min() > 3 * np.median(one.depth[np.isfinite(one.depth)])


@pytest.mark.parametrize("name", ROOMS)
def test_from_where_it_was_taken_it_is_the_photo(name: str) -> None:
    one = made(name)
    height, width = one.what.shape
    seen = draw(ready(one.layers, 4 * width), LEVEL, lens(one.mono, (width, height)), (width, height))
    assert seen[..., 3].min() > 0.98
    error = seen[..., :3] - one.picture / 255.0
    assert -10 * np.log10((error**2).mean()) > 29
    assert np.median(np.abs(error)) < 0.012


@pytest.mark.parametrize("name", ROOMS)
def test_from_the_side_it_is_near_to_what_is_there(name: str) -> None:
    """A camera at the end of the move, against the truth cast from there; and against the photo itself, as if nothing had moved."""
    one = made(name)
    height, width = one.what.shape
    pose = moved(LEVEL, np.array([one.reach.sway, 0, 0]), one.reach.pivot, 1.0)
    truth = one.room.cast(pose)[0] / 255.0
    seen = draw(ready(one.layers, 4 * width), pose, lens(one.mono, (width, height)), (width, height))
    error = ((seen[..., :3] - truth) ** 2).mean()
    nothing = ((one.picture / 255.0 - truth) ** 2).mean()
    assert -10 * np.log10(error) > 20
    assert error < 0.6 * nothing


def test_no_halo_clings_to_the_front_layer() -> None:
    """Along the pillar's soft edge its own colour is the pillar's red, not a mix with the wall."""
    one = made("pillar")
    front = one.layers[1]
    alpha = inner(front.colour[..., 3], front)
    colour = inner(front.colour[..., :3], front).astype(float)
    rows = np.zeros_like(alpha, bool)
    rows[int(0.45 * len(rows)) : int(0.9 * len(rows))] = True  # the pillar, below its head
    soft = (alpha > 12) & (alpha < 242) & rows
    red = lambda c: (c[:, 0] - c[:, 1]) / np.maximum(c.sum(1), 1)  # noqa: E731
    pillar, wall = (
        np.median(red(colour[(alpha == 255) & rows])),
        np.median(red(one.picture[one.what == 1].astype(float))),
    )
    assert soft.sum() > 10
    assert np.median(red(colour[soft])) > wall + 0.8 * (pillar - wall)


def test_what_is_invented_is_marked_and_no_more_than_needed() -> None:
    one = made("pillar")
    back = one.layers[0]
    hidden = one.what >= 3
    shown, invented = inner(back.depth > 0, back), inner(back.invented, back)
    assert (shown & hidden).sum() > 0 and invented[shown & hidden].mean() > 0.97
    assert invented[one.what < 3].mean() < 0.06  # but for the rim that the pillar shines through
    assert (shown & hidden).mean() < 0.75 * hidden.mean()  # not all of what is hidden: that would be beyond sense
    outside = np.ones(back.invented.shape, bool)
    m = back.margin
    outside[m:-m, m:-m] = False
    assert back.invented[outside & (back.depth > 0)].all()
    # and in the surface, as faces
    assert 0.05 < back.surface.mesh.filled.mean() < 0.7


def test_hidden_depth_goes_on_from_its_own_side() -> None:
    one = made("pillar")
    back = one.layers[0]
    _, bare, _ = one.room.cast(bare=True, samples=1)
    depth = inner(back.depth, back)
    hidden = (one.what >= 3) & (depth > 0)
    ratio = depth[hidden] / bare[hidden]
    assert np.percentile(np.abs(np.log(ratio)), 80) < 0.12
    assert (depth[hidden] > 1.005 * one.depth[hidden]).mean() > 0.97


def test_nothing_to_part_is_one_layer() -> None:
    room = Room((), width=150, height=100)
    picture = room.cast(samples=1)[0]
    done = layers(room.mono(), picture, LayerSettings(filler=Filler.SMOOTH), Report())
    assert [layer.name for layer in done] == ["back"]
    assert proven(done, room.mono(), LEVEL, planned(room.mono()), Report()).sway > 0


def test_fewer_layers_where_fewer_are_asked_for() -> None:
    room = Room((Ball((-0.9, 5.0, -0.4), 0.8, (0.2, 0.4, 0.8)), Crate((0.2, 3.0, -1.2), (0.9, 3.5, 0.1), (0.8, 0.6, 0.2))), width=150, height=100)  # fmt: skip
    picture = room.cast(samples=1)[0]
    settings = LayerSettings(count=2, faces=800, filler=Filler.SMOOTH, max_side=120)
    done = layers(room.mono(), picture, settings, Report())
    assert [layer.name for layer in done] == ["back", "front"]
    assert max(done[0].colour.shape[:2]) - 2 * done[0].margin == 120
    assert all(len(layer.surface.mesh.faces) < 2 * 800 for layer in done)


def test_a_cut_through_one_surface_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thing rises from the floor without a jump, so a cut must pass through it somewhere, and here it does so raggedly, beside a
    white part of it: within the safe amplitude no white shows in the blue one."""
    base = Room((), width=240, height=160).mono()
    y, x = np.mgrid[0:160, 0:240].astype(np.float32)
    thing = (x > 60) & (x < 190) & (y > 40) & (y < 120)
    floor = 0.2 + 0.25 * y / 160
    inverse = np.where(thing, floor + 0.25 * np.clip((x - 70) / 100, 0, 1), floor).astype(np.float32)
    picture = np.full((160, 240, 3), 230, np.uint8)
    picture[thing & (x > 130)] = (30, 60, 200)
    ragged = 132 + 5 * ((y // 4) % 2) + 4 * ((y // 9) % 2)
    monkeypatch.setattr("engine.relief.layers.cut", lambda *_: (thing & (x > ragged)).astype(np.int32))
    mono = replace(base, inverse_depth=inverse, sky=np.zeros(inverse.shape, bool))
    done, reach = layers(mono, picture, LayerSettings(), Report()), planned(mono)
    assert [layer.name for layer in done] == ["back", "front"]
    stage = ready(done, 960)
    for way in ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0)):
        pose = moved(LEVEL, 0.9 * np.array(way) * [reach.sway, reach.sway, reach.push], reach.pivot, 1.0)
        seen = draw(stage, pose, lens(mono, (240, 160)), (240, 160))
        blue = seen[55:105, 138:170]
        assert (blue[..., 0] > 0.35).mean() < 0.002
        assert np.abs(blue[..., :3] - np.array((30, 60, 200)) / 255).mean() < 0.01


def test_a_large_photo_turns_around_the_same_depth_and_it_takes_no_seconds() -> None:
    """Sorting each of 12 million pixels took two."""
    small = made("pillar").mono
    times = 4000 // small.inverse_depth.shape[1]
    large = replace(
        small,
        inverse_depth=small.inverse_depth.repeat(times, 0).repeat(times, 1),
        sky=small.sky.repeat(times, 0).repeat(times, 1),
        K=np.diag([times, times, 1.0]) @ small.K,
    )
    assert large.inverse_depth.size > 8e6
    spent = []
    for _ in range(3):
        began = time.process_time()
        found = planned(large)
        spent.append(time.process_time() - began)
    assert found.pivot == pytest.approx(planned(small).pivot, rel=0.01)
    assert found.sway == pytest.approx(planned(small).sway, rel=0.01)
    assert min(spent) < 0.6
