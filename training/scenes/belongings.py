"""What people keep in rooms: on tables, on boards and left on the floor. Put where the builder's frame is, as in `things`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from . import patterns, things
from .builder import BARS, LEAVES, Builder, turn


def inside(b: Builder, at: Sequence[float], yaw: float, make: Callable[[Builder], None]) -> None:
    """A thing within the present frame."""
    outer, origin = b.frame
    b.frame = (outer @ turn(yaw), outer @ np.asarray(at, float) + origin)
    make(b)
    b.frame = (outer, origin)


def strew(
    b: Builder, wide: float, deep: float, high: float, count: int, kinds: Sequence[Callable[[Builder], None]]
) -> None:
    """Things at random over a rectangle about the frame's middle."""
    for _ in range(count):
        at = (b.between(-0.48, 0.48) * wide, b.between(-0.45, 0.45) * deep, high)
        inside(b, at, b.between(0, 6.28), b.one_of(kinds))


def row(b: Builder, wide: float, deep: float, high: float, count: int) -> None:
    """Jars, boxes and books side by side, as they stand at the back of a board."""
    x = -wide / 2 + b.between(0, 0.1)
    for _ in range(count):
        w = b.between(0.02, 0.12)
        if x + 2 * w > wide / 2:
            return
        h = b.between(0.04, 0.16)
        if b.chance(0.6):
            b.box((x + w, 0, high + h), (w, b.between(0.25, 0.5) * deep, h), b.look())
        else:
            b.tube((x + w, 0, high + h), w, h, b.look())
        x += 2 * w + b.between(0.0, 0.06)


def paper(b: Builder) -> None:
    white = b.look(
        patterns.PAGES if b.chance(0.5) else patterns.PLAIN, colours=((0.8,) * 3, (0.6,) * 3), size=b.between(5, 40)
    )
    for _ in range(int(b.rng.integers(1, 4))):
        at = (b.between(-0.05, 0.05), b.between(-0.05, 0.05), 0.003)
        b.box(at, (0.105, 0.148, 0.002), white, turn(b.between(0, 1)))


def laptop(b: Builder) -> None:
    body = b.look(calm=1, shine=0.3)
    w, d = b.between(0.14, 0.19), b.between(0.1, 0.13)
    b.box((0, 0, 0.01), (w, d, 0.009), body)
    b.box((0, 0, 0.02), (w * 0.9, d * 0.5, 0.002), b.look(patterns.TILES, size=50, calm=0))
    lean = turn(pitch=-b.between(0.1, 0.5))
    b.box((0, d + 0.02, 0.02 + d), (w, 0.005, d), body, lean)
    on = b.look(patterns.PAGES, size=b.between(4, 12), glow=b.between(0, 1.0))
    b.box((0, d + 0.013, 0.02 + d), (w * 0.94, 0.003, d * 0.92), on, lean)


def desk_lamp(b: Builder) -> None:
    metal = b.look(calm=1, shine=0.5)
    b.tube((0, 0, 0.012), 0.08, 0.012, metal)
    elbow, head = np.array((0.12, 0, b.between(0.25, 0.4))), np.array((-0.1, -0.1, b.between(0.35, 0.55)))
    b.rod((0, 0, 0.02), elbow, 0.008, metal)
    b.rod(elbow, head, 0.008, metal)
    b.cone(head - (0, 0, 0.02), 0.08, 0.06, metal)


def vase(b: Builder) -> None:
    r, h = b.between(0.04, 0.09), b.between(0.08, 0.2)
    b.ball((0, 0, h * 0.5), (r, r, h * 0.5), b.look(calm=0.6, shine=0.5))
    b.tube((0, 0, h), r * 0.5, h * 0.2, b.look(calm=0.6))
    if b.chance(0.6):
        colours = (b.colour(0.7), b.colour(0.7))
        for _ in range(int(b.rng.integers(2, 6))):
            top = np.array((b.between(-0.12, 0.12), b.between(-0.12, 0.12), h * 1.2 + b.between(0.1, 0.3)))
            b.rod((0, 0, h), top, 0.004, b.look(calm=1))
            b.ball(
                top, b.between(0.02, 0.05), b.look(patterns.CLOUDS, colours=colours, size=30), None, (LEAVES, 60, 0.4)
            )


def device(b: Builder) -> None:
    """A box with a panel, vents and knobs: a printer, a radio, an instrument, a microwave oven."""
    half = np.array((b.between(0.1, 0.28), b.between(0.08, 0.22), b.between(0.05, 0.18)))
    body = b.look(calm=0.85, shine=0.2)
    b.box((0, 0, half[2]), half, body)
    b.box((b.between(-0.2, 0.2) * half[0], -half[1], half[2]), (half[0] * 0.6, 0.008, half[2] * 0.7), b.look())
    for _ in range(int(b.rng.integers(0, 4))):
        at = (half[0] * b.between(0.6, 0.9), -half[1] - 0.01, half[2] * b.between(0.4, 1.6))
        b.ball(at, 0.012, b.look(calm=1))


def pot(b: Builder) -> None:
    r, h = b.between(0.07, 0.14), b.between(0.03, 0.09)
    metal = b.look(calm=0.9, shine=0.7)
    b.tube((0, 0, h), r, h, metal)
    b.tube((0, 0, 2 * h), r * 1.03, 0.006, metal)
    b.ball((0, 0, 2 * h + 0.02), 0.018, b.look(calm=1))
    b.rod((r, 0, 1.6 * h), (r + b.between(0.05, 0.2), 0, 1.7 * h), 0.011, b.look(calm=1))


def figure(b: Builder) -> None:
    """A toy or statue: head, body, limbs."""
    s, look = b.between(0.03, 0.09), b.look(patterns.CLOUDS if b.chance(0.5) else None, size=b.between(10, 40))
    b.ball((0, 0, 1.3 * s), (0.9 * s, 0.7 * s, 1.2 * s), look)
    b.ball((0, -0.1 * s, 2.9 * s), 0.75 * s, look)
    for sx in (-1, 1):
        b.ball((sx * 0.55 * s, 0, 3.5 * s), 0.28 * s, look)
        b.ball((sx * 0.6 * s, -0.8 * s, 0.3 * s), (0.35 * s, 0.8 * s, 0.33 * s), look)
        b.ball((sx * 1.0 * s, -0.3 * s, 1.7 * s), (0.3 * s, 0.35 * s, 0.75 * s), look, turn(roll=0.5 * sx))


def cable(b: Builder) -> None:
    """Over the floor or the table, bend after bend."""
    look, r = b.look(calm=1), b.between(0.003, 0.012)
    at, heading = np.array((0.0, 0.0, r)), b.between(0, 6.28)
    for _ in range(int(b.rng.integers(3, 8))):
        heading += b.rng.normal(0, 0.7)
        to = at + np.array((np.cos(heading), np.sin(heading), 0)) * b.between(0.08, 0.25)
        b.rod(at, to, r, look)
        at = to


def heap(b: Builder) -> None:
    """Clothes, a bag, a blanket: soft and shapeless."""
    s, cloth = b.between(0.1, 0.3), b.look(calm=0.4, shine=0.0)
    for _ in range(int(b.rng.integers(3, 8))):
        half = b.rng.uniform(0.35, 1.0, 3) * (s, s, s * b.between(0.3, 0.9))
        at = (b.between(-0.7, 0.7) * s, b.between(-0.7, 0.7) * s, half[2] * b.between(0.5, 1.0))
        b.ball(at, half, cloth if b.chance(0.8) else b.look(shine=0.0), turn(b.between(0, 3), b.rng.normal(0, 0.3)))


def bag(b: Builder) -> None:
    w, d, h = b.between(0.12, 0.25), b.between(0.06, 0.14), b.between(0.15, 0.28)
    cloth = b.look(calm=0.7, shine=0.1)
    b.ball((0, 0, h * 0.9), (w * 1.15, d * 1.25, h), cloth, turn(roll=b.rng.normal(0, 0.15)))
    b.box((0, 0, h * 0.6), (w * 0.9, d, h * 0.6), cloth)
    b.ball((0, -d, h * 0.6), (w * 0.7, d * 0.6, h * 0.5), cloth if b.chance(0.5) else b.look())
    for sx in (-1, 1):
        b.rod((sx * w * 0.4, 0, h * 1.7), (sx * w * 0.15, 0, h * 2.2), 0.012, b.look(calm=1))


def crates(b: Builder) -> None:
    """Boxes upon boxes."""
    z = 0.0
    for _ in range(int(b.rng.integers(1, 5))):
        half = (b.between(0.12, 0.32), b.between(0.1, 0.25), b.between(0.07, 0.22))
        look = b.look(patterns.PAGES if b.chance(0.3) else None, size=b.between(2, 6), calm=0.6)
        b.box((b.rng.normal(0, 0.03), b.rng.normal(0, 0.03), z + half[2]), half, look, turn(b.rng.normal(0, 0.2)))
        z += 2 * half[2]


def bin_(b: Builder) -> None:
    r, h = b.between(0.11, 0.2), b.between(0.13, 0.35)
    b.tube((0, 0, h), r, h, b.look(calm=0.8))
    b.ball((0, 0, 2 * h), (r * 0.85, r * 0.85, b.between(0.02, 0.1)), b.look())


def stool(b: Builder) -> None:
    high, r = b.between(0.4, 0.75), b.between(0.14, 0.2)
    b.tube((0, 0, high), r, b.between(0.015, 0.05), b.look(calm=0.6))
    leg = b.look(calm=1, shine=0.5)
    for k in range(4):
        c, s = np.cos(k * np.pi / 2), np.sin(k * np.pi / 2)
        b.rod((0.6 * r * c, 0.6 * r * s, high), (1.1 * r * c, 1.1 * r * s, 0), 0.012, leg)


def wheel(b: Builder, radius: float, thick: float, look: int) -> None:
    """Upright, across X: a tyre of short rods, spokes as a grid in between."""
    count = 14
    rim = [radius * np.array((0, np.cos(a), np.sin(a))) for a in np.linspace(0, 2 * np.pi, count + 1)]
    for one, other in pairwise(rim):
        b.rod(one, other, thick, look)
    b.tube((0, 0, 0), radius * 0.95, thick * 0.3, b.look(calm=1, shine=0.8), things.ACROSS, (BARS, 30, 0.8))


def bicycle(b: Builder) -> None:
    """Or, with a heavy frame, a motorcycle; along Y, turned handlebars."""
    heavy = b.chance(0.4)
    radius, thick = b.between(0.28, 0.36), b.between(0.045, 0.07) if heavy else b.between(0.015, 0.03)
    black, paint = b.look(patterns.PLAIN, colours=((0.02,) * 3, (0.03,) * 3)), b.look(calm=0.95, shine=0.7)
    metal = b.look(patterns.PLAIN, colours=((0.4,) * 3, (0.5,) * 3), shine=0.8)
    front, back = np.array((0, -0.55, radius)), np.array((0, 0.5, radius))
    for hub in (front, back):
        inside(b, hub, 0.0, lambda one: wheel(one, radius, thick, black))
    head, seat, low = np.array((0, -0.4, 0.9)), np.array((0, 0.28, 0.85)), np.array((0, 0.0, radius * 0.9))
    r = 0.03 if heavy else 0.016
    for one, other in ((front, head), (head, seat), (head, low), (low, seat), (low, back), (seat, back)):
        b.rod(one, other, r, metal if heavy else paint)
    b.rod(np.add(head, (-0.3, 0.05, 0.12)), np.add(head, (0.3, 0.05, 0.12)), 0.015, black)
    b.ball(np.add(seat, (0, 0.05, 0.05)), (0.1, 0.28 if heavy else 0.14, 0.05), black)
    if heavy:
        b.ball((0, -0.12, 0.82), (0.15, 0.3, 0.14), paint)
        b.box((0, 0, 0.45), (0.14, 0.2, 0.17), metal)
        b.tube((0.15, 0.25, 0.35), 0.05, 0.4, metal, things.LYING)
        b.ball(np.add(head, (0, -0.12, 0.05)), 0.1, metal)
        for side in (front, back):
            b.ball(np.add(side, (0, 0, radius * 0.75)), (0.07, radius * 0.8, 0.08), paint)


CARRIED: tuple[Callable[[Builder], None], ...] = (
    *things.SMALL, paper, paper, laptop, desk_lamp, vase, device, pot, figure, heap, cable,
)  # fmt: skip
LYING_ABOUT: tuple[Callable[[Builder], None], ...] = (
    bag, bag, crates, crates, bin_, stool, heap, heap, cable, device, things.carton, things.book_pile, figure,
)  # fmt: skip
