"""Made-up scenes within walls: furnished rooms, desks from near by, single things on a ground."""

from __future__ import annotations

import numpy as np

from . import belongings, patterns, things
from .builder import Builder, turn


def room(b: Builder) -> None:
    """A room with furniture anywhere, seen from within."""
    if b.chance(0.5):
        b.settle()
    wide, deep, high = b.between(2.2, 8), b.between(2.5, 10), b.between(2.2, 3.4)
    shell(b, wide, deep, high)
    light_room(b, wide, deep, high)
    for _ in range(int(b.rng.integers(4, 15))):
        furnish_wall(b, wide, deep)
    for _ in range(int(b.rng.integers(1, 9))):
        furnish_floor(b, wide, deep)

    def place() -> None:
        at = (b.between(-0.42, 0.42) * wide, b.between(-0.47, 0.1) * deep, b.between(0.5, 1.8))
        pitch = b.one_of([b.between(-0.25, 0.12), b.between(-0.7, 0.0), b.between(-1.1, -0.3)])
        yaw = b.between(-0.9, 0.9) if b.chance(0.7) else b.between(-np.pi, np.pi)
        b.camera(at, yaw, pitch, b.rng.normal(0, 0.05), b.between(0.75, 1.35))

    b.best_view(place)


def shell(b: Builder, wide: float, deep: float, high: float) -> None:
    """Floor, walls and ceiling; at times a passage to a room beyond."""
    floor = b.look(
        b.one_of([patterns.WOOD, patterns.TILES, patterns.CLOUDS, patterns.CHECKER, patterns.PLAIN, None]),
        size=np.exp(b.between(0, 3)),
    )
    wall, other = b.look(calm=0.75, shine=0.0), b.look(calm=0.7, shine=0.0)
    ceiling = b.look(patterns.PLAIN, colours=(b.rng.uniform(0.5, 0.9) * np.ones(3),) * 2)
    t = 0.1
    b.box((0, 0, -t), (wide, deep * 2, t), floor)
    b.box((0, 0, high + t), (wide, deep * 2, t), ceiling)
    for sx in (-1, 1):
        b.box((sx * (wide / 2 + t), 0, high / 2), (t, deep * 2, high / 2), wall)
    b.box((0, -deep / 2 - t, high / 2), (wide, t, high / 2), wall)
    if b.chance(0.3):
        gap, x = b.between(0.4, 0.9), b.between(-0.2, 0.2) * wide
        for sx in (-1, 1):
            half = (wide / 2 + sx * -x - gap) / 2
            b.box((x + sx * (gap + half), deep / 2 + t, high / 2), (max(half, 0.01), t, high / 2), other)
        b.box((x, deep / 2 + t, high - 0.15), (gap, t, max(high - 2.1, 0.1) / 2), other)
        b.box((0, deep * b.between(0.8, 1.6), high / 2), (wide, t, high / 2), b.look(calm=0.6))
    else:
        b.box((0, deep / 2 + t, high / 2), (wide, t, high / 2), other)
    if b.chance(0.5):
        board = b.look(calm=1)
        for sx in (-1, 1):
            b.box((sx * wide / 2, 0, 0.05), (0.015, deep / 2, 0.05), board)
        b.box((0, deep / 2, 0.05), (wide / 2, 0.015, 0.05), board)
    if b.chance(0.35):
        b.box(
            (b.between(-0.2, 0.2) * wide, b.between(-0.1, 0.3) * deep, 0.006),
            (b.between(0.6, 1.5), b.between(0.6, 1.5), 0.006),
            b.look(calm=0.2, shine=0),
        )


def light_room(b: Builder, wide: float, deep: float, high: float) -> None:
    level = b.between(0.15, 0.6)
    tint = np.array(b.one_of([(1, 0.95, 0.85), (1, 0.85, 0.65), (0.9, 0.95, 1.0), (1, 1, 1)]))
    b.ambient(level * tint * b.between(0.4, 0.9), level * tint)
    b.g[27] = b.between(0.5, 2.0)
    for _ in range(int(b.rng.integers(1, 4))):
        at = (b.between(-0.4, 0.4) * wide, b.between(-0.4, 0.45) * deep, high - b.between(0.1, 0.6))
        b.lamp(at, tint * b.between(0.4, 3.0), b.between(0.02, 0.4))
        if b.chance(0.5):
            b.ball(at, b.between(0.05, 0.15), b.look(patterns.PLAIN, colours=(tint, tint), glow=2.0))
    if b.chance(0.3):
        b.lamp(
            (np.sign(b.between(-1, 1)) * wide * 0.45, b.between(-0.2, 0.4) * deep, 1.4),
            np.ones(3) * b.between(1, 5),
            0.5,
        )


def furnish_wall(b: Builder, wide: float, deep: float) -> None:
    """Something that stands against a wall or hangs on it."""
    side = b.one_of(["back", "back", "left", "right"])
    along = b.between(-0.42, 0.42)
    depth = b.between(0.25, 0.6)

    def stand(out: float, z: float = 0.0) -> None:
        if side == "back":
            b.put((along * wide, deep / 2 - out, z))
        elif side == "left":
            b.put((-wide / 2 + out, along * deep, z), np.pi / 2)
        else:
            b.put((wide / 2 - out, along * deep, z), -np.pi / 2)

    kind = b.rng.random()
    if kind < 0.3:
        stand(0.01, b.between(1.2, 1.8))
        things.picture(b, b.between(0.3, 1.8), b.between(0.3, 1.4))
    elif kind < 0.42:
        stand(0.01, 1.02)
        things.picture(b, b.between(0.75, 1.0), 2.04)  # a door
    elif kind < 0.56:
        stand(depth / 2)
        things.shelf(b, b.between(0.5, 1.5), depth * 0.7, b.between(0.8, 2.1))
    elif kind < 0.72:
        high = b.one_of([b.between(0.5, 1.0), b.between(1.6, 2.2)])
        stand(depth / 2)
        things.drawers(b, b.between(0.4, 1.6), depth, high)
        if high < 1.1:
            stand(depth / 2, high)
            _on_top(b, 0.4, depth * 0.7)
    elif kind < 0.8:
        stand(0.55)
        things.sofa(b, b.between(0.9, 2.2))
    elif kind < 0.85:
        stand(0.1)
        things.curtain(b, b.between(1.8, 2.5))
    elif kind < 0.9:
        stand(0.07)
        things.radiator(b)
    elif kind < 0.95:
        stand(0.35)
        things.plant(b, b.between(0.4, 1.6))
    else:
        stand(1.1)
        things.bed(b)
    b.put((0, 0, 0))


def furnish_floor(b: Builder, wide: float, deep: float) -> None:
    at, yaw = (
        (b.between(-0.38, 0.38) * wide, b.between(-0.2, 0.4) * deep, 0.0),
        b.one_of([0.0, np.pi / 2, b.between(0, 6.28)]),
    )
    b.put(at, yaw)
    kind = b.rng.random()
    if kind < 0.35:
        w, d, h = b.between(0.5, 2.0), b.between(0.4, 1.0), b.one_of([b.between(0.35, 0.5), b.between(0.68, 0.8)])
        things.table(b, w, d, h)
        for _ in range(int(b.rng.integers(0, 6))):
            x, y = b.between(-0.42, 0.42) * w, b.between(-0.42, 0.42) * d
            b.put(np.array(at) + turn(yaw) @ np.array((x, y, h)), b.between(0, 6.28))
            things.monitor(b) if b.chance(0.2) else b.one_of(belongings.CARRIED)(b)
        for _ in range(int(b.rng.integers(0, 4))):
            x, y = b.between(-0.6, 0.6) * w, b.one_of([-1, 1]) * (d / 2 + b.between(0, 0.3))
            b.put(np.array(at) + turn(yaw) @ np.array((x, y, 0)), yaw + (0 if y > 0 else np.pi) + b.between(-0.4, 0.4))
            things.chair(b)
    elif kind < 0.55:
        things.chair(b)
    elif kind < 0.65:
        things.person(b)
    elif kind < 0.75:
        things.plant(b, b.between(0.3, 1.5))
    elif kind < 0.82:
        things.lamp(b, b.between(0.8, 1.8))
    elif kind < 0.9:
        half = b.rng.uniform(0.1, 0.35, 3)
        b.box((0, 0, half[2]), half, b.look(calm=0.3))
    else:
        b.tube((0, 0, 0.2), b.between(0.12, 0.3), 0.2, b.look())
    b.put((0, 0, 0))


def _on_top(b: Builder, wide: float, deep: float) -> None:
    outer, origin = b.frame
    for _ in range(int(b.rng.integers(0, 5))):
        b.frame = (
            outer @ turn(b.between(0, 6.28)),
            outer @ np.array((b.between(-1, 1) * wide, b.between(-0.4, 0.4) * deep, 0)) + origin,
        )
        b.one_of(belongings.CARRIED)(b)
    b.frame = (outer, origin)


def desk(b: Builder) -> None:
    """Things on a table, from near by."""
    if b.chance(0.6):
        b.settle()
    wide, deep, high = b.between(3, 6), b.between(3, 6), b.between(2.4, 3.0)
    if b.chance(0.8):
        shell(b, wide, deep, high)
    else:
        b.sky((0.6,) * 3, (0.5,) * 3, 0, 0)
        b.box((0, 0, -0.1), (50, 50, 0.1), b.look(calm=0.3))
    light_room(b, wide, deep, high)
    against = b.chance(0.45)  # the table stands at the wall
    w, d, h = b.between(0.7, 2.2), b.between(0.5, 1.2), b.between(0.4, 0.9)
    y = deep / 2 - d / 2 if against else b.between(0, 0.3) * deep
    b.put((0, y, 0))
    things.table(b, w, d, h)
    for _ in range(int(b.rng.integers(3, 22))):
        b.put((b.between(-0.47, 0.47) * w, y + b.between(-0.45, 0.45) * d, h), b.between(0, 6.28))
        b.one_of(belongings.CARRIED if b.chance(0.5) else things.SMALL)(b)
    if b.chance(0.4):
        b.put((b.between(-0.3, 0.3) * w, y + d * 0.25, h), b.between(-0.4, 0.4))
        things.monitor(b)
    for _ in range(int(b.rng.integers(0, 5))):
        furnish_wall(b, wide, deep)
    if b.chance(0.5):
        furnish_floor(b, wide, deep)
    b.put((0, 0, 0))

    def place() -> None:
        target = (b.between(-0.2, 0.2) * w, y + b.between(-0.25, 0.25) * d, h + b.between(-0.05, 0.2))
        away, lift, side = b.between(0.35, 1.6), b.between(0.08, 1.1), b.between(-0.9, 0.9)
        at = (
            target[0] + away * np.sin(side),
            max(target[1] - away * np.cos(side), -deep / 2 + 0.1),
            min(h + lift, high - 0.1),
        )
        at = (float(np.clip(at[0], -wide / 2 + 0.1, wide / 2 - 0.1)), at[1], at[2])
        b.look_at(at, target, b.rng.normal(0, 0.06), b.between(0.65, 1.2))

    b.best_view(place)


def pedestal(b: Builder) -> None:
    """One thing on a plain ground, as products and props are photographed."""
    ground = b.look(calm=0.5)
    b.box((0, 0, -0.1), (30, 30, 0.1), ground)
    if b.chance(0.6):
        b.box((0, b.between(0.8, 4), 2), (30, 0.1, 30), ground if b.chance(0.5) else b.look(calm=0.6))
    else:
        b.sky(b.rng.uniform(0.3, 0.9, 3), b.rng.uniform(0.2, 0.7, 3), b.between(0, 0.6), 0.0)
    light_room(b, 2, 2, 2.5)
    size = b.between(0.5, 2.0)
    for _ in range(int(b.rng.integers(1, 4))):
        b.put((b.between(-0.15, 0.15) * size, b.between(-0.15, 0.15) * size, 0), b.between(0, 6.28))
        b.one_of(
            [
                *belongings.CARRIED,
                belongings.bag,
                lambda one: things.plant(one, 0.4),
                lambda one: things.bust(one, 0.7),
                things.chair,
            ]
        )(b)
    b.put((0, 0, 0))

    def place() -> None:
        away, lift, side = b.between(0.4, 1.2) * size, b.between(0.05, 1.0) * size, b.between(-3, 3)
        away = max(away, 0.35)
        at = (away * np.sin(side), -abs(away * np.cos(side)), lift)
        b.look_at(at, (0, 0, b.between(0.02, 0.2)), b.rng.normal(0, 0.05), b.between(0.5, 1.0))

    b.best_view(place)
