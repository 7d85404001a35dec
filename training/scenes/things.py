"""What stands about in made-up scenes: furniture, crockery, people, plants, cars, houses. Each is put where the builder's frame is,
standing on z = 0, its front towards -Y."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import patterns
from .builder import BARS, GRID, LEAVES, Builder, turn

LYING = turn(pitch=np.pi / 2)  # a tube along Y
ACROSS = turn(roll=np.pi / 2)  # a tube along X


def table(b: Builder, wide: float, deep: float, high: float, look: int | None = None) -> None:
    """A top on legs, on two sides or on one foot."""
    top = b.look(calm=0.3) if look is None else look
    legs = top if b.chance(0.5) else b.look()
    thick = b.between(0.01, 0.03)
    if b.chance(0.2):
        b.tube((0, 0, high - thick), min(wide, deep) / 2, thick, top)
    else:
        b.box((0, 0, high - thick), (wide / 2, deep / 2, thick), top)
    kind = b.rng.random()
    if kind < 0.6:
        r, inset = b.between(0.012, 0.045), b.between(0.03, 0.1)
        for sx in (-1, 1):
            for sy in (-1, 1):
                at = (sx * (wide / 2 - inset), sy * (deep / 2 - inset), high / 2 - thick)
                b.box(at, (r, r, high / 2 - thick), legs)
    elif kind < 0.8:
        for sx in (-1, 1):
            b.box((sx * (wide / 2 - 0.03), 0, high / 2), (0.015, deep / 2, high / 2 - thick), legs)
    else:
        b.tube((0, 0, high / 2), b.between(0.03, 0.08), high / 2, legs)
        b.tube((0, 0, 0.02), 0.3 * min(wide, deep), 0.02, legs)


def drawers(b: Builder, wide: float, deep: float, high: float) -> None:
    """A chest, cupboard or counter with doors and handles."""
    body = b.look(calm=0.5)
    b.box((0, 0, high / 2), (wide / 2, deep / 2, high / 2), body)
    rows, columns = int(b.rng.integers(1, 5)), int(b.rng.integers(1, 4))
    front = body if b.chance(0.4) else b.look(calm=0.6)
    knob = b.look(calm=1, shine=0.8)
    for i in range(rows):
        for j in range(columns):
            x = (-0.5 + (j + 0.5) / columns) * wide
            z = (i + 0.5) / rows * high
            b.box((x, -deep / 2, z), (wide / columns / 2 - 0.012, 0.012, high / rows / 2 - 0.012), front)
            if rows * columns <= 8:
                b.box((x, -deep / 2 - 0.02, z), (0.03, 0.008, 0.006), knob)


def shelf(b: Builder, wide: float, deep: float, high: float) -> None:
    """Boards with books and boxes."""
    wood = b.look(calm=0.6)
    boards = int(b.rng.integers(2, 6))
    for i in range(boards + 1):
        b.box((0, 0, i * high / boards), (wide / 2, deep / 2, 0.012), wood)
    for sx in (-1, 1):
        b.box((sx * wide / 2, 0, high / 2), (0.012, deep / 2, high / 2), wood)
    if b.chance(0.8):
        b.box((0, deep / 2, high / 2), (wide / 2, 0.006, high / 2), wood)
    for i in range(boards):
        room = high / boards
        x = -wide / 2 + 0.03
        while x < wide / 2 - 0.08 and b.chance(0.93):
            w = b.between(0.05, 0.3)
            w = min(w, wide / 2 - x - 0.02)
            h = b.between(0.4, 0.85) * room
            d = b.between(0.4, 0.9) * deep / 2
            rows = b.look(patterns.STRIPES if b.chance(0.5) else patterns.PAGES, size=b.between(8, 30))
            b.box((x + w / 2, deep / 2 - d - 0.01, i * room + h / 2 + 0.012), (w / 2, d, h / 2), rows)
            x += w + (b.between(0, 0.15) if b.chance(0.4) else 0.005)


def chair(b: Builder) -> None:
    """With four legs or on castors."""
    seat, high = b.look(), b.between(0.4, 0.5)
    frame = seat if b.chance(0.4) else b.look(calm=0.9)
    w, thick = b.between(0.19, 0.27), b.between(0.012, 0.05)
    b.box((0, 0, high), (w, w, thick), seat)
    back = b.between(0.18, 0.35)
    hole = (BARS, b.between(6, 14), b.between(0.4, 0.7)) if b.chance(0.3) else None
    b.box((0, w, high + 0.12 + back), (w, 0.015 + thick / 3, back), seat, turn(pitch=b.between(-0.2, 0)), hole)
    if b.chance(0.35):
        b.tube((0, 0, high / 2), 0.025, high / 2, frame)
        for k in range(5):
            angle = k * 2 * np.pi / 5
            at = (0.15 * np.cos(angle), 0.15 * np.sin(angle), 0.05)
            b.box(at, (0.16, 0.02, 0.018), frame, turn(yaw=angle))
    else:
        r = b.between(0.01, 0.022)
        for sx in (-1, 1):
            for sy in (-1, 1):
                b.box((sx * (w - r), sy * (w - r), high / 2), (r, r, high / 2), frame)
    if b.chance(0.3):
        for sx in (-1, 1):
            b.box((sx * w, 0, high + 0.2), (0.02, w * 0.8, 0.015), frame)
            b.box((sx * w, 0, high + 0.1), (0.015, 0.015, 0.1), frame)


def sofa(b: Builder, wide: float) -> None:
    """Seat, back, arms, cushions."""
    cloth = b.look(calm=0.5, shine=0.0)
    deep = b.between(0.35, 0.5)
    b.box((0, 0, 0.2), (wide / 2, deep, 0.2), cloth)
    b.box((0, deep, 0.45), (wide / 2, 0.12, 0.4), cloth, turn(pitch=-0.1))
    for sx in (-1, 1):
        b.box((sx * wide / 2, 0, 0.3), (0.1, deep, 0.3), cloth)
    for _ in range(int(b.rng.integers(0, 4))):
        at = (b.between(-0.4, 0.4) * wide, deep - 0.25, 0.58)
        b.ball(at, (0.22, 0.09, 0.2), b.look(), turn(b.between(-0.4, 0.4), -0.3))


def bed(b: Builder) -> None:
    cloth = b.look(calm=0.4, shine=0.0)
    w = b.between(0.45, 0.9)
    b.box((0, 0, 0.18), (w, 1.0, 0.18), b.look())
    b.box((0, 0, 0.42), (w, 1.0, 0.1), b.look(calm=0.8))
    b.box((0, -0.3, 0.5), (w + 0.03, 0.72, 0.06), cloth)
    for sx in (-0.5, 0.5):
        b.ball((sx * w, 0.75, 0.58), (0.42 * w, 0.22, 0.1), b.look(calm=0.7))
    b.box((0, 1.03, 0.5), (w, 0.03, b.between(0.3, 0.6)), b.look())


def monitor(b: Builder) -> None:
    """A screen on its foot; it may be on."""
    w, h = b.between(0.2, 0.35), b.between(0.13, 0.22)
    dark = b.look(patterns.PLAIN, colours=((0.02,) * 3, (0.02,) * 3), shine=0.4)
    on = b.look(patterns.PAGES, size=b.between(2, 8), glow=b.between(0.2, 1.2), shine=0.3) if b.chance(0.5) else dark
    b.box((0, 0, h + 0.12), (w, 0.02, h), dark)
    b.box((0, -0.02, h + 0.12), (w - 0.015, 0.003, h - 0.015), on)
    b.box((0, 0.03, 0.1), (0.03, 0.02, 0.1), dark)
    b.box((0, 0.03, 0.008), (0.12, 0.09, 0.008), dark)


def keyboard(b: Builder) -> None:
    b.box((0, 0, 0.012), (b.between(0.14, 0.23), 0.065, 0.012), b.look(patterns.TILES, size=50, calm=0))


def cup(b: Builder) -> None:
    r, h = b.between(0.03, 0.05), b.between(0.03, 0.07)
    look = b.look()
    b.tube((0, 0, h), r, h, look)
    if b.chance(0.6):
        b.box((r * 1.3, 0, h), (r * 0.35, 0.006, h * 0.5), look)


def bottle(b: Builder) -> None:
    r, h = b.between(0.025, 0.05), b.between(0.06, 0.13)
    look = b.look(calm=0.6)
    b.tube((0, 0, h), r, h, look)
    if b.chance(0.5):
        b.tube((0, 0, h), r * 1.01, h * 0.5, b.look(patterns.PAGES, size=12))
    b.cone((0, 0, 2 * h + 0.03), r, 0.03, look)
    b.tube((0, 0, 2 * h + 0.04), r * 0.35, 0.05, look)


def can(b: Builder) -> None:
    r = b.between(0.025, 0.06)
    h = r * b.between(0.6, 2.5)
    if b.chance(0.25):
        b.tube((0, 0, r), r, h, b.look(calm=0.2), ACROSS if b.chance(0.5) else LYING)
    else:
        b.tube((0, 0, h), r, h, b.look(calm=0.2))


def carton(b: Builder) -> None:
    half = np.exp(b.rng.uniform(np.log(0.02), np.log(0.16), 3))
    b.box((0, 0, half[2]), half, b.look(patterns.PAGES if b.chance(0.5) else None, size=b.between(3, 20)))


def book_pile(b: Builder) -> None:
    z = 0.0
    for _ in range(int(b.rng.integers(1, 6))):
        half = (b.between(0.06, 0.12), b.between(0.08, 0.15), b.between(0.006, 0.03))
        b.box((b.between(-0.02, 0.02), b.between(-0.02, 0.02), z + half[2]), half, b.look(), turn(b.between(-0.4, 0.4)))
        z += 2 * half[2]


def fruit(b: Builder) -> None:
    r = b.between(0.025, 0.08)
    half = (r, r * b.between(0.8, 1.2), r * b.between(0.8, 1.5))
    b.ball((0, 0, half[2]), half, b.look(), turn(b.between(0, 3)))


def bowl(b: Builder) -> None:
    r = b.between(0.07, 0.14)
    b.tube((0, 0, 0.03), r, 0.03, b.look(calm=0.7))
    look = b.look()
    for k in range(int(b.rng.integers(0, 5))):
        b.ball((r * 0.5 * np.cos(k * 1.6), r * 0.5 * np.sin(k * 1.6), 0.09), 0.04, look)


def bust(b: Builder, scale: float = 1.0, cloth: int | None = None) -> None:
    """Head, hair, neck and shoulders; z = 0 is where the chest ends."""
    tone = np.array(b.one_of([(0.78, 0.5, 0.38), (0.6, 0.34, 0.22), (0.3, 0.15, 0.09), (0.85, 0.6, 0.48)]))
    skin = b.look(patterns.CLOUDS if b.chance(0.5) else patterns.PLAIN, colours=(tone, tone * 0.85), size=8, shine=0.1)
    hair = b.look(patterns.CLOUDS, size=40, shine=0.2)
    dark = b.look(patterns.PLAIN, colours=((0.03,) * 3, (0.03,) * 3))
    cloth = b.look() if cloth is None else cloth
    s, lean = scale, b.between(-0.4, 0.4)
    b.ball((0, 0, 0.16 * s), np.array((0.24, 0.13, 0.2)) * s, cloth)
    for sx in (-1, 1):
        b.ball((sx * 0.2 * s, 0, 0.12 * s), np.array((0.085, 0.09, 0.2)) * s, cloth, turn(roll=-0.35 * sx))
    b.tube((0, 0, 0.38 * s), 0.058 * s, 0.09 * s, skin)
    face = turn(yaw=lean)
    at = np.array((0, -0.02, 0.52)) * s
    b.ball(at, np.array((0.078, 0.098, 0.118)) * s, skin, face)
    b.ball(at + face @ (np.array((0, -0.1, -0.01)) * s), np.array((0.015, 0.028, 0.025)) * s, skin, face)
    for sx in (-1, 1):
        b.ball(at + face @ (np.array((sx * 0.032, -0.082, 0.02)) * s), 0.013 * s, dark)
    b.ball(at + face @ (np.array((0, -0.085, -0.06)) * s), np.array((0.026, 0.014, 0.008)) * s, b.look(calm=1))
    if b.chance(0.85):
        full = b.between(1.02, 1.25)
        b.ball(
            at + np.array((0, 0.03, 0.03)) * s, np.array((0.085, 0.1, 0.112)) * s * full, hair, face, (LEAVES, 60, 0.02)
        )
        if b.chance(0.4):
            b.ball(at + np.array((0, 0.06, -0.1)) * s, np.array((0.1, 0.06, 0.17)) * s, hair)


def person(b: Builder) -> None:
    """Standing or walking."""
    s = b.between(0.85, 1.1)
    trousers, cloth = b.look(calm=0.7), b.look()
    stride = b.between(0, 0.3)
    for sx in (-1, 1):
        b.tube((sx * 0.09 * s, sx * stride * 0.3, 0.43 * s), 0.075 * s, 0.43 * s, trousers, turn(pitch=-sx * stride))
        b.ball((sx * 0.1 * s, sx * stride * 0.6 - 0.05, 0.04), (0.05, 0.13, 0.05), b.look(calm=1))
        swing = turn(pitch=sx * stride * 1.5, roll=-0.1 * sx)
        b.tube((sx * 0.25 * s, 0, 1.13 * s), 0.045 * s, 0.3 * s, cloth, swing)
    b.ball((0, 0, 1.1 * s), (0.19 * s, 0.12 * s, 0.32 * s), cloth)
    outer, origin = b.frame
    b.frame = (outer, outer @ np.array((0, 0, 1.12 * s)) + origin)
    bust(b, s, cloth)
    b.frame = (outer, origin)


def plant(b: Builder, high: float) -> None:
    """A pot with leaves."""
    r = high * b.between(0.12, 0.22)
    b.tube((0, 0, r), r, r, b.look(calm=0.7))
    colour = np.array((0.08, 0.2, 0.05)) * b.between(0.5, 1.8)
    leaf = b.look(patterns.CLOUDS, colours=(colour, colour * 0.4), size=20)
    for _ in range(int(b.rng.integers(2, 6))):
        at = (b.between(-1, 1) * r, b.between(-1, 1) * r, b.between(0.45, 0.85) * high)
        half = b.rng.uniform(0.15, 0.35, 3) * high
        b.ball(at, half, leaf, turn(b.between(0, 6)), (LEAVES, 6.0 / r, b.between(0.5, 0.8)))


def lamp(b: Builder, high: float) -> None:
    stem = b.look(calm=1)
    b.tube((0, 0, high / 2), 0.012, high / 2, stem)
    b.tube((0, 0, 0.01), 0.12, 0.01, stem)
    warm = (1.0, 0.85, 0.6)
    b.cone((0, 0, high), b.between(0.1, 0.22), 0.12, b.look(patterns.PLAIN, colours=(warm, warm), glow=b.between(0, 2)))


def picture(b: Builder, wide: float, high: float) -> None:
    """On a wall, its middle at z = 0: a picture, window, mirror, board or door."""
    frame = b.look(calm=0.8)
    b.box((0, 0, 0), (wide / 2, 0.012, high / 2), frame)
    kind = b.rng.random()
    if kind < 0.3:  # a bright window
        light = b.rng.uniform(0.5, 1.0, 3)
        pane = b.look(patterns.CLOUDS, colours=(light, light * 0.6), size=b.between(0.5, 3), glow=b.between(0.8, 3))
    else:
        pane = b.look(patterns.PAGES if b.chance(0.5) else None, size=b.between(0.7, 5), calm=0.2)
    edge = min(wide, high) * b.between(0.02, 0.08)
    panes = int(b.rng.integers(1, 4)) if kind < 0.3 else 1
    for i in range(panes):
        x = (-0.5 + (i + 0.5) / panes) * wide
        b.box((x, -0.012, 0), (wide / panes / 2 - edge, 0.008, high / 2 - edge), pane)


def curtain(b: Builder, high: float) -> None:
    cloth = b.look(patterns.STRIPES if b.chance(0.4) else None, size=b.between(3, 12), shine=0.0)
    for i in range(int(b.rng.integers(3, 7))):
        b.tube((i * 0.11, 0, high / 2), 0.06, high / 2, cloth)


def radiator(b: Builder) -> None:
    b.box((0, 0, 0.4), (b.between(0.3, 0.7), 0.05, 0.28), b.look(calm=1), None, (BARS, 14, 0.3))


def tree(b: Builder, high: float) -> None:
    """Leafy, a conifer, or bare."""
    bark = np.array((0.12, 0.08, 0.05)) * b.between(0.5, 2)
    trunk = b.look(patterns.WOOD, colours=(bark, bark * 0.5), size=5, shine=0)
    r = high * b.between(0.015, 0.04)
    b.tube((0, 0, high * 0.3), r, high * 0.3, trunk)
    green = np.array(b.one_of([(0.1, 0.2, 0.04), (0.06, 0.12, 0.04), (0.25, 0.2, 0.04), (0.3, 0.12, 0.03)]))
    leaf = b.look(patterns.CLOUDS, colours=(green * b.between(0.7, 1.6), green * 0.35), size=6 / high * 4, shine=0)
    if b.chance(0.25):
        for i in range(4):
            z = high * (0.35 + 0.18 * i)
            b.cone((0, 0, z), high * (0.24 - 0.05 * i), high * 0.16, leaf)
        return
    for _ in range(int(b.rng.integers(3, 8))):
        angle, out = b.between(0, 6.28), b.between(0, 0.2) * high
        at = (out * np.cos(angle), out * np.sin(angle), high * b.between(0.5, 0.9))
        half = b.rng.uniform(0.1, 0.24, 3) * high
        b.ball(at, half, leaf, turn(b.between(0, 3)), (LEAVES, b.between(15, 60) / high, b.between(0.35, 0.75)))


def bush(b: Builder, high: float) -> None:
    green = np.array((0.08, 0.17, 0.04)) * b.between(0.6, 1.8)
    leaf = b.look(patterns.CLOUDS, colours=(green, green * 0.4), size=15, shine=0)
    for _ in range(int(b.rng.integers(1, 4))):
        at = (b.between(-0.5, 0.5) * high, b.between(-0.5, 0.5) * high, 0.4 * high)
        b.ball(at, b.rng.uniform(0.35, 0.7, 3) * high, leaf, None, (LEAVES, 25 / high, b.between(0.1, 0.6)))


def rock(b: Builder, size: float) -> None:
    stone = b.look(
        patterns.CLOUDS, colours=(b.rng.uniform(0.1, 0.4) * np.ones(3), b.rng.uniform(0.05, 0.2) * np.ones(3))
    )
    for _ in range(2):
        half = b.rng.uniform(0.4, 1.0, 3) * size
        b.ball((b.between(-0.3, 0.3) * size, 0, 0.2 * size), half, stone, turn(b.between(0, 3), b.between(-0.5, 0.5)))


def car(b: Builder) -> None:
    paint, dark = b.look(calm=0.95, shine=0.8), b.look(patterns.PLAIN, colours=((0.02,) * 3, (0.03,) * 3), shine=0.6)
    long, wide = b.between(1.8, 2.3), b.between(0.8, 0.95)
    tall = b.between(0.25, 0.45)
    b.box((0, 0, 0.55), (wide, long, 0.28), paint)
    b.box((0, 0.1, 0.85 + tall), (wide * 0.88, long * 0.55, tall), paint)
    b.box((0, 0.1, 0.83 + tall), (wide * 0.9, long * 0.5, tall * 0.7), dark)
    b.box((0, 0.1, 0.83 + tall), (wide * 0.7, long * 0.57, tall * 0.7), dark)
    for sx in (-1, 1):
        for sy in (-1, 1):
            b.tube((sx * wide, sy * long * 0.62, 0.33), 0.33, 0.1, dark, ACROSS)


def house(b: Builder, wide: float, deep: float, high: float) -> None:
    wall = b.look(patterns.WINDOWS if b.chance(0.6) else patterns.TILES, size=b.between(0.25, 0.5), shine=0.0)
    b.box((0, 0, high / 2), (wide / 2, deep / 2, high / 2), wall)
    if b.chance(0.4):
        slope = turn(roll=np.pi / 4)
        b.box((0, 0, high), (wide / 2.83, deep / 2 + 0.2, wide / 2.83), b.look(patterns.TILES, size=3), slope)
    for _ in range(int(b.rng.integers(0, 4))):
        x, z = b.between(-0.4, 0.4) * wide, b.between(0.2, 0.9) * high
        b.box((x, -deep / 2, z), (b.between(0.5, 1.2), b.between(0.1, 0.7), b.between(0.05, 0.6)), b.look())
    b.box((b.between(-0.3, 0.3) * wide, -deep / 2, 1.1), (0.55, 0.06, 1.1), b.look())


def fence(b: Builder, long: float) -> None:
    kind = (BARS, b.between(3, 10), b.between(0.4, 0.8)) if b.chance(0.6) else (GRID, b.between(3, 12), 0.5)
    b.box((0, 0, 0.5), (long / 2, 0.02, b.between(0.4, 0.8)), b.look(calm=0.8), None, kind)


def pole(b: Builder, high: float) -> None:
    b.tube((0, 0, high / 2), b.between(0.03, 0.12), high / 2, b.look(calm=0.8))
    if b.chance(0.5):
        b.box((0, -0.1, high * 0.85), (b.between(0.2, 0.5), 0.02, b.between(0.2, 0.5)), b.look(patterns.PAGES, size=2))


def oddment(b: Builder) -> None:
    """No thing in particular: a few shapes that hang together."""
    s = b.between(0.03, 0.12)
    for _ in range(int(b.rng.integers(1, 5))):
        at = b.rng.uniform(-1, 1, 3) * s + (0, 0, s)
        half = np.exp(b.rng.uniform(np.log(0.15), np.log(1.0), 3)) * s
        rotation = turn(b.between(0, 6), b.between(-1, 1))
        kind = b.rng.random()
        if kind < 0.45:
            b.box(at, half, b.look(), rotation)
        elif kind < 0.75:
            b.ball(at, half, b.look(), rotation)
        else:
            b.tube(at, half[0], half[1], b.look(), rotation)


SMALL: tuple[Callable[[Builder], None], ...] = (
    cup, bottle, can, can, carton, carton, carton, book_pile, fruit, bowl, oddment, oddment, keyboard,
)  # fmt: skip
