"""What rooms of a purpose are fitted with: kitchens' units, workplaces, racks, windows, doors, washrooms' things, stairs.

Each is put where the builder's frame is, standing on z = 0, its front towards -Y, as in `things`."""

from __future__ import annotations

import numpy as np

from . import patterns, things
from .belongings import CARRIED, cable, inside, laptop, paper, row, strew
from .builder import GRID, Builder


def counter(b: Builder, long: float) -> None:
    """A kitchen's or workshop's run of units with what stands on it; cupboards or boards above. Its back at Y = 0.3."""
    high = b.between(0.82, 0.95)
    fronts = b.look(calm=0.8)
    count = max(int(long / b.between(0.4, 0.7)), 1)
    b.box((0, 0.02, high / 2 + 0.03), (long / 2, 0.28, high / 2 - 0.05), fronts)
    gap = b.look(patterns.PLAIN, colours=((0.03,) * 3, (0.05,) * 3))
    for k in range(count + 1):
        b.box(((k / count - 0.5) * long, -0.262, high / 2), (0.004, 0.004, high / 2 - 0.06), gap)
    handle = b.look(calm=1, shine=0.8)
    for k in range(min(count, 6)):
        b.box((((k + 0.5) / count - 0.5) * long, -0.285, high - 0.14), (0.07, 0.01, 0.008), handle)
    b.box((0, 0, high), (long / 2 + 0.01, 0.31, 0.02), b.look(calm=0.4, shine=0.3))
    if b.chance(0.6):  # a basin and its tap
        x, steel = b.between(-0.3, 0.3) * long, b.look(calm=1, shine=0.8)
        b.box((x, -0.02, high + 0.015), (0.25, 0.18, 0.008), b.look(patterns.PLAIN, colours=((0.15,) * 3, (0.2,) * 3)))
        b.rod((x, 0.2, high), (x, 0.2, high + 0.3), 0.012, steel)
        b.rod((x, 0.2, high + 0.3), (x, 0.02, high + 0.26), 0.012, steel)
    if b.chance(0.5):
        b.box((0, 0.295, high + 0.3), (long / 2, 0.006, 0.28), b.look(patterns.TILES, size=b.between(6, 12)))
    inside(b, (0, 0.18, 0), 0, lambda one: row(one, long, 0.2, high + 0.02, int(b.rng.integers(2, 12))))
    strew(b, long, 0.4, high + 0.02, int(b.rng.integers(2, 9)), CARRIED)
    above = b.rng.random()
    if above < 0.6:
        body, low = fronts if b.chance(0.6) else b.look(calm=0.8), b.between(1.35, 1.5)
        top = b.between(0.25, 0.45)
        for k in range(count):
            if b.chance(0.85):
                at = (((k + 0.5) / count - 0.5) * long, 0.14, low + top)
                b.box(at, (long / count / 2 - 0.006, 0.17, top), body)
    elif above < 0.85:
        board = b.look(calm=0.7)
        for z in (1.4, 1.75):
            b.box((0, 0.18, z), (long / 2, 0.12, 0.012), board)
            inside(b, (0, 0.18, z + 0.012), 0, lambda one: row(one, long, 0.2, 0.0, int(b.rng.integers(3, 12))))


def tall_unit(b: Builder) -> None:
    """A refrigerator, wardrobe or locker."""
    w, d, h = b.between(0.28, 0.6), b.between(0.27, 0.35), b.between(0.8, 1.05)
    body = b.look(calm=0.9, shine=0.3)
    b.box((0, 0, h), (w, d, h), body)
    cut = b.between(0.5, 1.4)
    b.box((0, -d, cut), (w, 0.005, 0.006), b.look(patterns.PLAIN, colours=((0.05,) * 3, (0.05,) * 3)))
    b.box((w * 0.8, -d - 0.03, cut + 0.25), (0.012, 0.012, 0.2), b.look(calm=1, shine=0.8))
    for _ in range(int(b.rng.integers(0, 5))):
        at = (b.between(-0.8, 0.6) * w, -d - 0.004, b.between(0.8, 1.8) * h)
        b.box(at, (b.between(0.02, 0.1), 0.003, b.between(0.02, 0.12)), b.look())


def workplace(b: Builder) -> None:
    """A desk with what people keep on it, drawers below, a chair before it."""
    w, d, high = b.between(1.1, 1.8), b.between(0.6, 0.85), b.between(0.7, 0.78)
    things.table(b, w, d, high)
    if b.chance(0.6):
        inside(
            b, (b.one_of([-1, 1]) * (w / 2 - 0.25), 0.05, 0), 0, lambda one: things.drawers(one, 0.4, 0.5, high - 0.08)
        )
    for _ in range(int(b.rng.integers(0, 3))):
        inside(b, (b.between(-0.35, 0.35) * w, d * 0.22, high), b.rng.normal(0, 0.25), things.monitor)
    inside(b, (b.between(-0.1, 0.1), -d * 0.2, high), b.rng.normal(0, 0.1), b.one_of([things.keyboard, laptop, paper]))
    strew(b, w, d, high, int(b.rng.integers(2, 10)), CARRIED)
    if b.chance(0.85):
        inside(b, (b.between(-0.3, 0.3), -d / 2 - b.between(0.0, 0.5), 0), np.pi + b.rng.normal(0, 0.6), things.chair)
    if b.chance(0.3):
        inside(b, (b.between(-0.3, 0.3), 0.1, 0), 0, cable)


def rack(b: Builder, long: float, high: float) -> None:
    """Open shelves for boxes, tools or goods, on posts."""
    post, board = b.look(calm=1), b.look(calm=0.7)
    deep, levels = b.between(0.2, 0.35), int(b.rng.integers(3, 6))
    for sx in (-1, 1):
        for sy in (-1, 1):
            b.box((sx * long / 2, sy * deep, high / 2), (0.018, 0.018, high / 2), post)
    for k in range(levels):
        z = 0.1 + k * (high - 0.15) / (levels - 1)
        b.box((0, 0, z), (long / 2, deep, 0.014), board)
        x = -long / 2 + 0.05
        while x < long / 2 - 0.1:
            w = b.between(0.06, 0.26)
            h = b.between(0.25, 0.8) * high / levels / 2
            if b.chance(0.85):
                b.box((x + w, b.between(-0.3, 0.1) * deep, z + 0.014 + h), (w, deep * b.between(0.5, 0.8), h), b.look())
            x += 2 * w + b.between(0, 0.08)


def partition(b: Builder, long: float) -> None:
    b.box((0, 0, b.between(0.55, 0.85)), (long / 2, 0.025, b.between(0.55, 0.85)), b.look(calm=0.6, shine=0.0))


def window(b: Builder, wide: float, high: float) -> None:
    """On a wall, its middle at z = 0: bright panes in a frame, a sill, perhaps blinds or curtains."""
    frame = b.look(patterns.PLAIN, colours=((0.75,) * 3, (0.7,) * 3))
    day = b.rng.uniform(0.6, 1.0) * np.array((0.85, 0.95, 1.0))
    far = np.array(b.one_of([(0.3, 0.4, 0.2), (0.5, 0.5, 0.5), (0.7, 0.8, 0.95)]))
    b.box((0, 0, 0), (wide / 2, 0.02, high / 2), frame)
    pane = b.look(patterns.CLOUDS, colours=(day, far), size=b.between(0.4, 3), glow=b.between(0.8, 3.5))
    columns = int(b.rng.integers(1, 5))
    for k in range(columns):
        x = ((k + 0.5) / columns - 0.5) * wide
        b.box((x, -0.015, 0), (wide / columns / 2 - 0.035, 0.012, high / 2 - 0.04), pane)
    b.box((0, -0.1, -high / 2 - 0.02), (wide / 2 + 0.05, 0.12, 0.02), frame)
    kind = b.rng.random()
    if kind < 0.25:
        b.box(
            (0, -0.05, high / 2 * b.between(0.0, 0.7)),
            (wide / 2, 0.012, high / 2 * b.between(0.3, 1.0)),
            b.look(calm=1),
            None,
            (GRID, 25, 0.3),
        )
    elif kind < 0.6:
        cloth = b.look(shine=0.0)
        for sx in (-1, 1):
            for k in range(int(b.rng.integers(2, 5))):
                b.tube((sx * (wide / 2 + 0.12 - 0.1 * k), -0.09, -0.15), 0.055, high / 2 + 0.35, cloth)


def door(b: Builder) -> None:
    """Closed, or ajar into the room."""
    frame, leaf = b.look(calm=1), b.look(calm=0.8)
    for sx in (-1, 1):
        b.box((sx * 0.47, 0, 1.03), (0.04, 0.04, 1.03), frame)
    b.box((0, 0, 2.06), (0.51, 0.04, 0.04), frame)
    ajar = b.between(0.2, 1.6) if b.chance(0.3) else 0.0

    def hung(one: Builder) -> None:
        one.box((0.43, 0, 1.01), (0.43, 0.02, 1.01), leaf)
        one.ball((0.8, -0.05, 1.0), 0.03, one.look(calm=1, shine=0.8))
        if one.chance(0.5):
            for z in (0.55, 1.5):
                one.box((0.43, -0.02, z), (0.28, 0.006, 0.35), one.look(calm=0.9))

    if ajar:
        b.box((0, 0.0, 1.02), (0.43, 0.01, 1.02), b.look(patterns.PLAIN, colours=((0.03,) * 3, (0.08,) * 3)))
    inside(b, (-0.43, -0.02, 0), -ajar, hung)


def washstand(b: Builder) -> None:
    white = b.look(patterns.PLAIN, colours=((0.75,) * 3, (0.7,) * 3), shine=0.6)
    b.box((0, 0, 0.8), (0.3, 0.23, 0.07), white)
    b.ball((0, -0.03, 0.88), (0.23, 0.17, 0.03), b.look(patterns.PLAIN, colours=((0.4,) * 3, (0.5,) * 3)))
    b.tube((0, 0.05, 0.4), 0.09, 0.4, white)
    steel = b.look(calm=1, shine=0.8)
    b.rod((0, 0.18, 0.87), (0, 0.18, 1.02), 0.013, steel)
    b.rod((0, 0.18, 1.02), (0, 0.06, 0.99), 0.013, steel)
    inside(b, (0, 0.22, 1.5), 0, lambda one: things.picture(one, 0.6, 0.8))
    strew(b, 0.5, 0.35, 0.87, int(b.rng.integers(0, 4)), (things.bottle, things.cup, things.can))


def toilet(b: Builder) -> None:
    white = b.look(patterns.PLAIN, colours=((0.75,) * 3, (0.7,) * 3), shine=0.6)
    b.ball((0, -0.12, 0.25), (0.18, 0.26, 0.2), white)
    b.tube((0, -0.12, 0.42), 0.19, 0.02, white)
    b.box((0, 0.2, 0.62), (0.19, 0.09, 0.2), white)
    b.box((0, 0.15, 0.2), (0.12, 0.14, 0.2), white)


def tub(b: Builder) -> None:
    white = b.look(patterns.PLAIN, colours=((0.78,) * 3, (0.7,) * 3), shine=0.6)
    b.box((0, 0, 0.28), (0.8, 0.36, 0.28), white)
    b.box((0, 0, 0.562), (0.7, 0.28, 0.004), b.look(patterns.PLAIN, colours=((0.3,) * 3, (0.45,) * 3)))


def stairs(b: Builder) -> None:
    """Upwards along +Y, with a rail."""
    look, rail = b.look(calm=0.6), b.look(calm=1)
    wide, rise, run = b.between(0.4, 0.7), b.between(0.15, 0.19), b.between(0.25, 0.32)
    steps = int(b.rng.integers(6, 15))
    for k in range(steps):
        b.box((0, (k + 0.5) * run, (k + 0.5) * rise), (wide, run / 2, rise * (k + 1) / 2 if k < 1 else rise / 2), look)
    for k in range(0, steps, 2):
        at = (wide - 0.03, (k + 0.5) * run, (k + 1) * rise)
        b.rod(at, np.add(at, (0, 0, 0.9)), 0.012, rail)
    b.rod((wide - 0.03, 0, 0.9 + rise), (wide - 0.03, steps * run, 0.9 + (steps + 1) * rise), 0.025, rail)


def pillar(b: Builder, high: float) -> None:
    look, r = b.look(calm=0.8, shine=0.0), b.between(0.1, 0.3)
    if b.chance(0.5):
        b.box((0, 0, high / 2), (r, r, high / 2), look)
    else:
        b.tube((0, 0, high / 2), r, high / 2, look)


def board(b: Builder, wide: float) -> None:
    """A white or black board, or a notice board full of papers; its middle at z = 0."""
    grey = b.one_of([0.75, 0.75, 0.04, 0.2])
    b.box(
        (0, 0, 0), (wide / 2, 0.015, 0.6), b.look(patterns.CLOUDS, colours=((grey,) * 3, (grey * 0.85,) * 3), shine=0.2)
    )
    for _ in range(int(b.rng.integers(0, 8))):
        at = (b.between(-0.45, 0.45) * wide, -0.017, b.between(-0.45, 0.45))
        b.box(at, (b.between(0.05, 0.15), 0.003, b.between(0.05, 0.15)), b.look(patterns.PAGES, size=b.between(5, 20)))
