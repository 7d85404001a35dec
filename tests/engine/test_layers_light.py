"""The ground and the sun, read off made-up rooms whose floor and light are known; and None where nothing can be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.relief.frame import LEVEL
from engine.relief.ground import camera_of, ground
from engine.relief.sun import sun
from tests.room import Ball, Crate, Room

THINGS = (
    Ball((-0.9, 4.0, -0.4), 0.8, (0.5, 0.55, 0.6)),
    Crate((0.2, 3.2, -1.2), (1.2, 4.0, 0.1), (0.6, 0.5, 0.35)),
    Ball((0.3, 2.6, -0.9), 0.3, (0.5, 0.35, 0.3)),
)


def room(**changes: object) -> Room:
    values = {"things": THINGS, "width": 160, "height": 120, "shadows": True, "textured": 0.4} | changes
    return Room(**values)  # type: ignore[arg-type]


def toward(azimuth: float, height: float) -> np.ndarray:
    a, h = np.radians([azimuth, height])
    return np.array([np.cos(h) * np.sin(a), np.cos(h) * np.cos(a), np.sin(h)])


def encoded(picture: np.ndarray) -> np.ndarray:
    """Light as a camera stores it: sRGB."""
    linear = picture / 255.0
    return np.round(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)).astype(
        np.uint8
    )


def test_the_floor_is_found() -> None:
    found = ground(room().mono())
    assert found is not None
    assert np.degrees(np.arccos(-found.up[1])) < 1 and abs(found.height - 1.2) < 0.03
    plane = found.in_world(LEVEL)
    assert np.allclose(plane, [0, 0, 1, 1.2], atol=0.03)


def test_a_camera_that_looks_down_is_put_upright() -> None:
    """Its depth is seen through a camera that was pitched by 15 degrees; nothing else says so."""
    pitch = np.radians(15)
    c, s = np.cos(pitch), np.sin(pitch)
    turned = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ LEVEL[:, :3]
    pose = np.concatenate([turned, np.zeros((3, 1))], 1)
    one = room()
    _, depth, what = one.cast(pose, samples=1)
    mono = replace(
        one.mono(), inverse_depth=np.where(np.isinf(depth), 0, 1 / depth).astype(np.float32), sky=what == 0, up=None
    )
    found = ground(mono)
    assert found is not None
    camera = camera_of(mono, found)
    up = np.array([0, 0, 1.0])
    assert np.degrees(np.arccos((camera[:, :3] @ up) @ (turned @ up))) < 1.5
    assert np.allclose(found.in_world(camera), [0, 0, 1, 1.2], atol=0.05)
    assert np.allclose(camera_of(mono, None), LEVEL)


def test_a_wall_is_no_ground() -> None:
    assert ground(room(things=(), floor=-50.0).mono()) is None
    noise = np.random.default_rng(1).uniform(0.1, 1, (120, 160)).astype(np.float32)
    assert ground(replace(room().mono(), inverse_depth=noise, sky=np.zeros((120, 160), bool))) is None


LIGHTS = [(-150, 40), (150, 45), (-90, 50), (90, 35), (180, 60), (-120, 30), (-45, 60)]


@pytest.mark.parametrize(("azimuth", "height"), LIGHTS)
def test_the_sun_is_found_or_nothing_is_said(azimuth: float, height: float) -> None:
    truth = toward(azimuth, height)
    one = room(light=truth)
    found = sun(one.mono(), encoded(one.cast()[0]), LEVEL)
    if found is not None:
        assert np.degrees(np.arccos(np.clip(found @ truth, -1, 1))) < 25


def test_the_sun_is_mostly_found() -> None:
    said = 0
    for azimuth, height in LIGHTS[:4]:
        one = room(light=toward(azimuth, height))
        said += sun(one.mono(), encoded(one.cast()[0]), LEVEL) is not None
    assert said >= 3


def test_without_a_direction_there_is_no_sun() -> None:
    one = room(light=np.zeros(3), shadows=False)
    assert sun(one.mono(), encoded(one.cast()[0]), LEVEL) is None
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    assert sun(one.mono(), noise, LEVEL) is None
