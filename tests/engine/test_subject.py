"""The subject by a click, on made-up pictures whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.relief.subject import subject
from tests import cutouts, staged

SIZE = (240, 320)


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    found = mask > 0.5
    return float((found & truth).sum() / max((found | truth).sum(), 1))


def scene(seed: int, *, same_colour: bool = False, same_depth: bool = False):
    """A blob on a floor before a wall: colour, inverse depth, truth, height above the floor."""
    rng = np.random.default_rng(seed)
    tall, wide = SIZE
    v, u = np.mgrid[0:tall, 0:wide].astype(np.float32)
    down = (v + 0.5 - 0.4 * tall) / (0.9 * wide)
    floor = np.maximum(down, 1e-6) / 1.2
    inverse = np.maximum(floor, 1 / 9.0)
    angle = np.arctan2(v - 130, u - 150)
    radius = 45 + 10 * np.sin(3 * angle + seed) + 5 * np.sin(7 * angle)
    truth = np.hypot(u - 150, v - 130) < radius
    inverse = np.where(truth, 1 / 9.0 * 1.06 if same_depth else 1 / 3.0, inverse)
    tone = np.array([(60, 90, 170), (190, 60, 60), (60, 150, 60), (70, 60, 50)][seed % 4])
    colour = np.where(floor[..., None] > 1 / 9, np.array([110, 120, 100]), np.array([170, 150, 130])).astype(np.float32)
    colour[truth] = np.array([140, 135, 115]) if same_colour else tone
    grain = cv2.GaussianBlur(rng.normal(0, 30, (*SIZE, 3)).astype(np.float32), (0, 0), 2) + rng.normal(0, 4, (*SIZE, 3))
    height = 1.2 * (1 - floor / np.maximum(inverse, 1e-6))
    return (
        np.clip(colour + grain, 0, 255).astype(np.uint8),
        inverse.astype(np.float32),
        truth,
        height.astype(np.float32),
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["both", "depth alone", "colour alone"])
def test_one_click_finds_it(seed, kind):
    colour, inverse, truth, _ = scene(seed, same_colour=kind == "depth alone", same_depth=kind == "colour alone")
    mask = subject(colour, inverse, [(150, 130)])
    assert mask.dtype == np.float32 and mask.shape == SIZE and mask.min() >= 0 and mask.max() <= 1
    assert iou(mask, truth) > (0.93 if kind != "colour alone" else 0.85)


def test_the_made_up_stage():
    colour, depth, what = staged.truth()
    inverse = np.where(np.isinf(depth), 0, 1 / depth).astype(np.float32)
    assert iou(subject(colour, inverse, [(48, 36)]), what == 3) > 0.95
    assert iou(subject(colour, inverse, [(10, 5)]), what == 0) > 0.95  # the sky is one, too


def test_what_is_further_away_is_another():
    """Clicking the wall gives the wall, not what stands before it."""
    colour, inverse, truth, _ = scene(1)
    wall = (inverse < 1 / 8.9) & ~truth
    mask = subject(colour, inverse, [(20, 20), (300, 20)])
    assert iou(mask, wall) > 0.9


def two_boxes(gap: int):
    """Two boxes at one depth, `gap` pixels apart."""
    colour, inverse, _, _ = scene(2)
    colour[:], inverse[:] = [170, 150, 130], 1 / 9
    one, other = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    one[80:180, 80:150], other[80:180, 150 + gap : 230] = True, True
    colour[one], colour[other] = [60, 90, 180], [180, 80, 60]
    inverse[one | other] = 1 / 3
    noise = np.random.default_rng(3).normal(0, 5, colour.shape)
    return np.clip(colour + noise, 0, 255).astype(np.uint8), inverse, one, other


def test_more_clicks_add_and_others_remove():
    colour, inverse, one, other = two_boxes(0)
    first = subject(colour, inverse, [(110, 130)])
    assert iou(subject(colour, inverse, [(110, 130), (190, 130)]), one | other) > 0.95
    without = subject(colour, inverse, [(110, 130)], [(190, 130)])
    assert iou(without, one) > 0.95
    assert without[130, 190] < 0.1 and iou(without, one) >= iou(first, one)


def test_two_things_apart_are_added_by_two_clicks():
    colour, inverse, one, other = two_boxes(30)
    assert iou(subject(colour, inverse, [(110, 130)]), one) > 0.95
    assert iou(subject(colour, inverse, [(110, 130), (210, 130)]), one | other) > 0.95


def standing(seed: int):
    """A column on the floor in the floor's own colour: depth runs on from one into the other at its foot."""
    colour, inverse, _, _ = scene(seed)
    tall, wide = SIZE
    v = np.mgrid[0:tall, 0:wide][0].astype(np.float32)
    floor = np.maximum((v + 0.5 - 0.4 * tall) / (0.9 * wide), 1e-6) / 1.2
    inverse = np.maximum(floor, 1 / 9).astype(np.float32)
    truth = np.zeros(SIZE, bool)
    truth[60:200, 140:180] = True
    inverse[truth] = floor[200, 0]
    colour[:] = [170, 150, 130]
    colour[floor > 1 / 9] = [110, 120, 100]
    colour[truth] = [118, 122, 104]
    height = 1.2 * (1 - floor / inverse)
    noise = np.random.default_rng(seed).normal(0, 6, colour.shape)
    return np.clip(colour + noise, 0, 255).astype(np.uint8), inverse, truth, height.astype(np.float32)


def test_the_ground_is_no_part_of_what_stands_on_it():
    colour, inverse, truth, height = standing(5)
    without, knowing = subject(colour, inverse, [(160, 120)]), subject(colour, inverse, [(160, 120)], height=height)
    assert iou(knowing, truth) > 0.9 and iou(knowing, truth) >= iou(without, truth) - 0.01


def test_the_edge_is_the_photo_s_at_full_size():
    """Depth is three times as coarse as the photo, and its edge is off by a few pixels."""
    colour, inverse, truth, _ = scene(3)
    big = cv2.resize(colour, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(truth.astype(np.uint8), None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR) > 0
    shifted = np.roll(inverse, 2, axis=1)
    mask = subject(big, shifted, [(450, 390)])
    assert mask.shape == big.shape[:2] and iou(mask, fine) > 0.93


def test_a_lone_click_somewhere_flat_does_not_fail():
    colour = np.full((*SIZE, 3), 128, np.uint8)
    mask = subject(colour, np.full(SIZE, 0.25, np.float32), [(10, 10)])
    assert mask.shape == SIZE and mask[10, 10] > 0.5
    with pytest.raises(ValueError):
        subject(colour, np.full(SIZE, 0.25, np.float32), [])


def on_a_chipped_floor(seed: int):
    """A thing with a stripe and a pale sole on a terrazzo floor: colour, exact inverse depth, a small network's,
    truth, its middle.

    The network's is blurred and sees a third of what the thing rises from the floor."""
    rng = np.random.default_rng(seed)
    tall, wide = 360, 480
    v, u = np.mgrid[0:tall, 0:wide].astype(np.float32)
    horizon = rng.uniform(0.2, 0.4)
    inverse = np.maximum((v / tall - horizon) * rng.uniform(0.5, 0.8), 0.06)
    colour = np.full((tall, wide, 3), rng.uniform(170, 215), np.float32)
    for _ in range(900):
        x, y = rng.uniform(0, wide), rng.uniform(horizon * tall, tall)
        radius = 1.5 + 7 * (y / tall - horizon) * rng.uniform(0.5, 1.5)
        chip = (x, y), (2 * radius, 1.3 * radius), rng.uniform(0, 180)
        cv2.ellipse(colour, chip, rng.uniform(40, 220, 3).tolist(), -1)
    colour[inverse <= 0.0601] = rng.uniform(90, 200, 3)
    middle = rng.uniform(0.35, 0.65) * wide, rng.uniform(0.55, 0.7) * tall
    half = rng.uniform(0.13, 0.25) * wide
    low = rng.uniform(0.45, 0.9) * half
    across, down = (u - middle[0]) / half, (v - middle[1]) / low
    truth = np.abs(across) ** 3 + np.abs(down) ** 3 < 1 + 0.15 * np.sin(3 * np.arctan2(down, across) + seed)
    bottom = int(np.where(truth.any(1))[0].max())
    shadow = np.hypot(across / 1.15, (v - bottom) / (0.2 * low)) < 1
    colour[shadow] *= 0.65
    tone = rng.uniform(20, 200, 3) * (1 - 0.35 * down)[..., None]
    colour[truth] = tone[truth]
    colour[truth & (np.abs(across - 0.3) < 0.18)] *= 0.3
    colour[truth & (v > bottom - 0.3 * low)] = 222
    colour = cv2.GaussianBlur(colour, (0, 0), 0.7) + rng.normal(0, 4, colour.shape)
    exact = np.where(truth, np.maximum(inverse[bottom, 0], inverse * 0.98), inverse).astype(np.float32)
    coarse = cv2.GaussianBlur(inverse + 0.35 * (exact - inverse), (0, 0), 9).astype(np.float32)
    coarse = cv2.resize(cutouts.as_network(coarse, seed, blur=1.5), (wide, tall))
    return np.clip(colour, 0, 255).astype(np.uint8), exact, coarse, truth, middle


@pytest.mark.parametrize("seed", range(20, 24))
@pytest.mark.parametrize("exact", [True, False])
def test_a_thing_on_a_patterned_floor_is_not_the_floor(seed, exact):
    colour, fine, coarse, truth, (x, y) = on_a_chipped_floor(seed)
    mask = subject(colour, fine if exact else coarse, [(x - 15, y)])
    assert iou(mask, truth) > 0.8


@pytest.mark.parametrize("seed", range(20, 24))
def test_a_click_on_the_floor_is_not_for_the_thing(seed):
    colour, fine, coarse, truth, (x, y) = on_a_chipped_floor(seed)
    tall, wide = truth.shape
    floor = (fine > 0.0601) & ~truth
    alone = subject(colour, fine, [(0.07 * wide, 0.93 * tall)]) > 0.5
    assert (alone & truth).sum() < 0.1 * truth.sum() and (alone & floor).sum() > 0.9 * alone.sum()
    told = subject(colour, coarse, [(0.07 * wide, 0.93 * tall)], [(x, y)])
    assert told[int(y), int(x)] < 0.1 and told[int(0.93 * tall), int(0.07 * wide)] > 0.9


@pytest.mark.parametrize("coarse", [False, True])
def test_things_of_any_outline_before_things(coarse):
    """Everything patterned, one click in the middle of each: most edges of colour are no edges of things."""
    found = []
    for seed in (30, 31):
        made = cutouts.make_scene(seed, 480, 360)
        depth = made.inverse_depth
        if coarse:
            depth = cv2.resize(cutouts.as_network(depth, seed, blur=2.0), (480, 360))
        for thing in range(1, 7):
            labels, stats = cv2.connectedComponentsWithStats((made.thing == thing).astype(np.uint8))[1:3]
            if len(stats) < 2:
                continue
            truth = labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
            if truth.mean() < 0.015:
                continue
            deep = cv2.distanceTransform(truth.astype(np.uint8), cv2.DIST_L2, 5)
            y, x = np.unravel_index(int(deep.argmax()), deep.shape)
            found.append(iou(subject(made.picture, depth, [(x, y)]), truth))
    assert len(found) > 6 and np.mean(found) > 0.85


def test_the_same_clicks_give_the_same():
    colour, _, coarse, _, (x, y) = on_a_chipped_floor(20)
    first = subject(colour, coarse, [(x, y)])
    cv2.setRNGSeed(99)
    assert np.array_equal(first, subject(colour, coarse, [(x, y)]))
