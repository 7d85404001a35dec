"""Made-up scenes under the sky: streets between houses, and open land."""

from __future__ import annotations

import numpy as np

from . import patterns, things
from .builder import Builder, turn


def open_air(b: Builder) -> None:
    """Sun, sky and haze."""
    high = b.between(0.1, 1.4)
    angle = b.between(0, 6.28)
    clear = b.chance(0.7)
    warm = np.array((1.0, 0.55 + 0.4 * min(high, 1), 0.3 + 0.6 * min(high, 1)))
    if clear:
        d = (np.cos(angle) * np.cos(high), np.sin(angle) * np.cos(high), np.sin(high))
        b.sun(d, warm * b.between(0.8, 2.0), b.between(0.005, 0.06))
    blue = np.array((0.25, 0.45, 0.85)) * b.between(0.4, 1.1) if clear else np.ones(3) * b.between(0.4, 0.9)
    pale = blue * 0.4 + np.array((0.6, 0.6, 0.58)) * b.between(0.5, 1.1)
    b.sky(pale, blue, b.between(0, 0.8), b.one_of([0.0, 0.002, b.between(0, 0.03)]))
    b.ambient(blue * 0.1 + 0.1, blue * 0.35 + 0.15)
    b.g[27] = b.between(1, 4)


def street(b: Builder) -> None:
    """A road between houses, with cars, trees, poles and people."""
    open_air(b)
    road = b.between(2.5, 6)
    asphalt = b.look(
        patterns.CLOUDS if b.chance(0.6) else None, size=b.between(2, 15), colours=((0.12,) * 3, (0.2,) * 3), shine=0
    )
    pavement = b.look(patterns.TILES, size=b.between(0.8, 3), shine=0)
    b.box((0, 0, -0.1), (400, 400, 0.1), asphalt)
    for sx in (-1, 1):
        b.box((sx * (road + 10), 0, 0.03), (10, 400, 0.06), pavement)
    y = -6.0
    left = right = y
    while min(left, right) < 60 and b.shapes < 90:
        for sx in (-1, 1):
            at = left if sx < 0 else right
            wide = b.between(5, 16)
            if b.chance(0.85):
                back = road + b.between(2, 5)
                b.put((sx * (back + 4), at + wide / 2, 0), -sx * np.pi / 2)
                things.house(b, wide, 8, b.between(3, 16))
            if sx < 0:
                left += wide + (b.between(1, 8) if b.chance(0.3) else 0)
            else:
                right += wide + (b.between(1, 8) if b.chance(0.3) else 0)
    if b.chance(0.6):
        b.put((0, b.between(35, 90), 0))
        things.house(b, 30, 8, b.between(4, 25))
    for _ in range(int(b.rng.integers(2, 12))):
        sx, at = b.one_of([-1, 1]), b.between(1, 30)
        b.put((sx * (road + b.between(0.3, 1.2)), at, 0), b.between(-0.1, 0.1))
        kind = b.rng.random()
        if kind < 0.3:
            b.put((sx * (road - 1.1), at, 0), b.between(-0.05, 0.05))
            things.car(b)
        elif kind < 0.5:
            things.tree(b, b.between(3, 9))
        elif kind < 0.65:
            things.pole(b, b.between(2, 7))
        elif kind < 0.9:
            b.put((b.between(-1, 1) * (road + 2), at, 0), b.between(0, 6.28))
            things.person(b)
        else:
            things.fence(b, b.between(2, 6))
    if b.chance(0.4):
        b.put((b.between(-0.5, 0.5) * road, b.between(6, 25), 0), b.one_of([0, np.pi]) + b.between(-0.1, 0.1))
        things.car(b)
    b.put((0, 0, 0))

    def place() -> None:
        b.camera(
            (b.between(-0.9, 0.9) * (road + 1.5), -4, b.between(0.8, 2.5)),
            b.between(-0.5, 0.5),
            b.between(-0.15, 0.2),
            b.rng.normal(0, 0.03),
            b.between(0.7, 1.3),
        )

    b.best_view(place)


def land(b: Builder) -> None:
    """Meadows, hills, woods and rocks under the sky."""
    open_air(b)
    if b.chance(0.5):
        b.hills(b.between(2, 40), 1 / b.between(8, 90), b.chance(0.4), b.between(2, 15))
        green = np.array(
            b.one_of([(0.1, 0.16, 0.04), (0.25, 0.2, 0.1), (0.5, 0.42, 0.28), (0.3, 0.3, 0.3), (0.7, 0.72, 0.76)])
        )
        b.looks[0, :16] = (
            *green,
            *(green * b.between(0.3, 0.8)),
            patterns.GRASS,
            b.between(0.3, 4),
            0.5,
            0,
            10,
            0,
            0,
            0.3,
            0.4,
            5,
        )
        b.materials = max(b.materials, 1)
        b.box(
            (0, 0, -0.5 - b.between(0, 3)),
            (3000, 3000, 0.1),
            b.look(patterns.CLOUDS, colours=((0.1, 0.2, 0.25), (0.2, 0.3, 0.35)), size=0.3, shine=0.6),
        )
    else:
        b.box((0, 0, -0.1), (3000, 3000, 0.1), b.look(patterns.GRASS, size=b.between(0.3, 4), shine=0))
        if b.chance(0.5):
            b.box(
                (b.between(-4, 4), 0, 0.0),
                (b.between(0.6, 3), 300, 0.02),
                b.look(calm=0.2, shine=0),
                turn(b.between(-0.3, 0.3)),
            )
    for _ in range(int(b.rng.integers(2, 16))):
        y = np.exp(b.between(np.log(2), np.log(60)))
        b.put((b.between(-0.8, 0.8) * y, y, 0), b.between(0, 6.28))
        kind = b.rng.random()
        if kind < 0.45:
            things.tree(b, b.between(2.5, 12))
        elif kind < 0.65:
            things.bush(b, b.between(0.3, 2))
        elif kind < 0.8:
            things.rock(b, b.between(0.2, 2.5))
        elif kind < 0.88:
            things.house(b, b.between(5, 12), b.between(5, 10), b.between(2.5, 6))
        elif kind < 0.95:
            things.person(b)
        else:
            things.fence(b, b.between(4, 15))
    b.put((0, 0, 0))

    def place() -> None:
        at = (0, 0, b.between(0.6, 3) if b.g[32] == 0 else b.between(1, 4))
        b.camera(at, b.between(-0.6, 0.6), b.between(-0.3, 0.15), b.rng.normal(0, 0.03), b.between(0.7, 1.3))

    b.best_view(place, 3)
