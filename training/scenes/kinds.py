"""Which made-up scenes there are and how often each is made: rooms, desks, portraits, streets, land, clutter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import patterns, things
from .builder import Builder, turn
from .indoors import desk, furnish_wall, light_room, pedestal, room, shell
from .outdoors import land, open_air, street
from .purposes import furnished


def portrait(b: Builder) -> None:
    """One or two people near the camera, before a room, a wall or the open."""
    if b.chance(0.6):
        wide, deep, high = b.between(2.5, 7), b.between(4, 12), b.between(2.3, 3.3)
        shell(b, wide, deep, high)
        light_room(b, wide, deep, high)
        for _ in range(int(b.rng.integers(1, 7))):
            furnish_wall(b, wide, deep)
        start = -deep / 2 + 0.4
    else:
        open_air(b)
        b.box((0, 0, -0.1), (300, 300, 0.1), b.look(patterns.GRASS if b.chance(0.5) else None, size=3))
        for _ in range(int(b.rng.integers(0, 8))):
            b.put((b.between(-8, 8), b.between(4, 20), 0))
            things.tree(b, b.between(3, 9)) if b.chance(0.6) else things.bush(b, b.between(0.6, 2))
        start = -0.5
    eye = b.between(1.2, 1.7)
    away = b.between(0.6, 2.5)
    for _ in range(1 if b.chance(0.7) else 2):
        b.put((b.between(-0.25, 0.25) * away, start + away + b.between(0, 0.3), 0), b.between(-0.5, 0.5))
        things.person(b)
    b.put((0, 0, 0))
    b.look_at(
        (0, start, eye),
        (b.between(-0.15, 0.15), start + away, b.between(1.2, 1.6)),
        b.rng.normal(0, 0.04),
        b.between(0.5, 1.0),
    )


def clutter(b: Builder) -> None:
    """No place in particular: shapes of all sizes, any way up, so that what hides what is learnt apart from what things are."""
    light_room(b, 4, 4, 4)
    if b.chance(0.5):
        shell(b, b.between(2, 6), b.between(4, 9), b.between(2, 4))
    else:
        b.sky(b.rng.uniform(0.2, 0.9, 3), b.rng.uniform(0.2, 0.9, 3), b.between(0, 1), 0)
        b.box(
            (0, b.between(4, 12), 0), (60, 0.1, 60), b.look(calm=0.2), turn(b.between(-0.6, 0.6), b.between(-0.5, 0.5))
        )
    for _ in range(int(b.rng.integers(8, 40))):
        y = np.exp(b.between(np.log(0.7), np.log(6)))
        at = (b.between(-0.6, 0.6) * y, y - 2, 1.2 + b.between(-0.5, 0.5) * y)
        half = np.exp(b.rng.uniform(np.log(0.03), np.log(0.3), 3)) * y * 0.6
        rotation = turn(b.between(0, 6), b.between(-1.5, 1.5), b.between(-1.5, 1.5))
        hole = (int(b.rng.integers(1, 4)), b.between(3, 20), b.between(0.2, 0.7)) if b.chance(0.15) else None
        kind = b.rng.random()
        if kind < 0.5:
            b.box(at, half, b.look(calm=0.25), rotation, hole)
        elif kind < 0.8:
            b.ball(at, half, b.look(calm=0.25), rotation, hole)
        else:
            b.tube(at, half[0], half[1], b.look(calm=0.25), rotation, hole)
    b.camera((0, -2.2, 1.2), 0, b.rng.normal(0, 0.1), b.rng.normal(0, 0.3), b.between(0.7, 1.2))


SHARES: tuple[tuple[Callable[[Builder], None], float], ...] = (
    (room, 0.14),
    (furnished, 0.36),
    (desk, 0.2),
    (pedestal, 0.06),
    (portrait, 0.09),
    (street, 0.08),
    (land, 0.07),
    (clutter, 0.08),
)


def build(seed: int) -> Builder:
    """The scene of a number: of a kind by its share."""
    rng = np.random.default_rng(seed)
    b = Builder(rng)
    kinds, shares = zip(*SHARES, strict=True)
    kinds[int(rng.choice(len(kinds), p=np.array(shares) / sum(shares)))](b)
    return b
