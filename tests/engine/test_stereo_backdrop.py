"""A plain backdrop is found and left out; a textured room, and the subject itself, are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.stereo.backdrop import plain_backdrop, taken_before_backdrop
from tests.synthetic import Truth


def studio(noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A textured disc before a paper sweep with soft light, and where the disc is."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:300, :400]
    sweep = 190 + 0.12 * x + 25 * np.exp(-((y - 200) ** 2) / 4000)
    disc = (x - 200) ** 2 + (y - 160) ** 2 < 80**2
    leather = cv2.GaussianBlur(rng.normal(0, 1, (300, 400)), (0, 0), 1.5)
    picture = np.where(disc, 90 + 40 * leather / leather.std(), sweep)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + rng.normal(0, noise, picture.shape)
    return picture.clip(0, 255).astype(np.uint8), disc


@pytest.mark.parametrize("noise", [0.0, 0.6])
def test_the_sweep_goes_and_the_subject_stays(noise: float) -> None:
    grey, disc = studio(noise)
    backdrop = plain_backdrop(grey)
    inner = cv2.erode(disc.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    outer = cv2.dilate(disc.astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
    assert backdrop[inner].mean() == 0
    assert backdrop[outer].mean() > 0.98
    assert taken_before_backdrop([backdrop] * 3)


def test_a_plain_patch_inside_the_subject_is_not_backdrop() -> None:
    grey, _ = studio(0.0)
    cv2.circle(grey, (200, 160), 30, 120, -1)
    assert plain_backdrop(grey)[140:180, 180:220].mean() == 0


def test_a_textured_floor_below_a_plain_sky_is_no_backdrop(truth: Truth) -> None:
    greys = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in truth.pictures]
    backdrops = [plain_backdrop(g) for g in greys]
    assert not taken_before_backdrop(backdrops)
    for backdrop, kind in zip(backdrops, truth.kinds, strict=True):
        assert backdrop[(kind == 1) | (kind == 2)].mean() < 0.02
