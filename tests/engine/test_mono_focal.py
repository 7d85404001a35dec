"""The lens and the tilt of made-up cameras in made-up rooms; and silence where lines don't tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.datatypes import FocalSource, Photo
from engine.mono.focal import USUAL, choose_focal, known_focal, millimetres
from engine.mono.vanishing import focal_of, up_of
from engine.relief.frame import LEVEL, tilted
from engine.single import FocalFrom
from tests.boxes import landscape, room, turned

CAMERAS = [
    (1064, 37, 1, -1.7),
    (538, -14, -4, -3.6),
    (534, 60, 6, -2),
    (889, -27, 15, -3.5),
    (975, 44, -11, 3),
    (700, 30, -10, 3),
]


@pytest.mark.parametrize(("focal", "yaw", "pitch", "roll"), CAMERAS)
def test_a_room_tells_the_lens_and_the_tilt(focal: float, yaw: float, pitch: float, roll: float) -> None:
    rotation = turned(yaw, pitch, roll)
    picture = room(focal, rotation, seed=int(focal))
    assert focal_of(picture) == pytest.approx(focal, rel=0.1)
    up = up_of(picture, focal)
    assert up is not None and np.degrees(np.arccos(up @ rotation[:, 2])) < 1
    world = tilted(up)[:, :3]
    np.testing.assert_allclose(world.T @ world, np.eye(3), atol=1e-9)
    assert np.linalg.det(world) == pytest.approx(1) and np.abs(world[:, 2] - up).max() < 1e-9
    assert world[:, 1][2] > 0.9  # still looks along +Y


def test_a_wall_seen_straight_on_tells_no_lens() -> None:
    assert focal_of(room(1060, turned(0.5, 0.2, -2), 3)) is None


def test_landscapes_and_noise_tell_nothing() -> None:
    for seed in range(6):
        assert focal_of(landscape(seed)) is None
        assert up_of(landscape(seed), 800) is None
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    assert focal_of(noise) is None and up_of(noise, 400) is None
    flat = np.full((64, 64, 3), 90, np.uint8)
    assert focal_of(flat) is None and up_of(flat, 64) is None


def test_a_level_camera_is_level() -> None:
    np.testing.assert_allclose(tilted(np.array([0.0, -1.0, 0.0])), LEVEL, atol=1e-12)
    assert tilted(None) is LEVEL


def test_the_surest_source_is_taken() -> None:
    photo = Photo(
        name="a.jpg", path=Path("a.jpg"), content_hash="", width=1600, height=1200, orientation=1, working_width=1600,
        working_height=1200, focal_px=1500, focal_source=FocalSource.EXIF_35MM, camera_key="", sharpness=1, brightness=0.5,
    )  # fmt: skip
    without = replace(photo, focal_source=FocalSource.GUESS)
    picture = room(700, turned(30, -10, 3), 700)  # half the photo's size
    chosen = choose_focal(photo, 50, 1000, picture)
    assert chosen.source is FocalFrom.CHOSEN and chosen.pixels == pytest.approx(50 / 36 * 1600)
    assert choose_focal(photo, None, 1000, picture).source is FocalFrom.EXIF
    assert choose_focal(without, None, 1000, picture).source is FocalFrom.NETWORK
    assert choose_focal(without, None, 5, picture).source is FocalFrom.VANISHING  # such a lens there is not
    seen = choose_focal(without, None, None, picture)
    assert seen.source is FocalFrom.VANISHING and seen.pixels == pytest.approx(1400, rel=0.1)
    usual = choose_focal(without, None, None, landscape(1))
    assert usual.source is FocalFrom.DEFAULT and usual.pixels == USUAL * 1600
    assert known_focal(without, None) is None
    assert millimetres(1600, 1600, 1200) == 36
