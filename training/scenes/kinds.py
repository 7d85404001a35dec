"""The kinds of made-up scenes, each a function that fills a builder: rooms, desks, portraits, streets, land, clutter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import kernel, things
from .builder import Builder, turn


def room(b: Builder) -> None:
    """A furnished room, seen from within."""
    wide, deep, high = b.between(2.2, 8), b.between(2.5, 10), b.between(2.2, 3.4)
    _shell(b, wide, deep, high)
    _light_room(b, wide, deep, high)
    for _ in range(int(b.rng.integers(4, 15))):
        _furnish_wall(b, wide, deep)
    for _ in range(int(b.rng.integers(1, 9))):
        _furnish_floor(b, wide, deep)

    def place() -> None:
        at = (b.between(-0.42, 0.42) * wide, b.between(-0.47, 0.1) * deep, b.between(0.5, 1.8))
        pitch = b.one_of([b.between(-0.25, 0.12), b.between(-0.7, 0.0), b.between(-1.1, -0.3)])
        yaw = b.between(-0.9, 0.9) if b.chance(0.7) else b.between(-np.pi, np.pi)
        b.camera(at, yaw, pitch, b.rng.normal(0, 0.05), b.between(0.75, 1.35))

    b.best_view(place)


def _shell(b: Builder, wide: float, deep: float, high: float) -> None:
    """Floor, walls and ceiling; at times a passage to a room beyond."""
    floor = b.look(
        b.one_of([kernel.WOOD, kernel.TILES, kernel.CLOUDS, kernel.CHECKER, kernel.PLAIN, None]),
        size=np.exp(b.between(0, 3)),
    )
    wall, other = b.look(calm=0.75, shine=0.0), b.look(calm=0.7, shine=0.0)
    ceiling = b.look(kernel.PLAIN, colours=(b.rng.uniform(0.5, 0.9) * np.ones(3),) * 2)
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


def _light_room(b: Builder, wide: float, deep: float, high: float) -> None:
    level = b.between(0.15, 0.6)
    tint = np.array(b.one_of([(1, 0.95, 0.85), (1, 0.85, 0.65), (0.9, 0.95, 1.0), (1, 1, 1)]))
    b.ambient(level * tint * b.between(0.4, 0.9), level * tint)
    b.g[27] = b.between(0.5, 2.0)
    for _ in range(int(b.rng.integers(1, 4))):
        at = (b.between(-0.4, 0.4) * wide, b.between(-0.4, 0.45) * deep, high - b.between(0.1, 0.6))
        b.lamp(at, tint * b.between(0.4, 3.0), b.between(0.02, 0.4))
        if b.chance(0.5):
            b.ball(at, b.between(0.05, 0.15), b.look(kernel.PLAIN, colours=(tint, tint), glow=2.0))
    if b.chance(0.3):
        b.lamp(
            (np.sign(b.between(-1, 1)) * wide * 0.45, b.between(-0.2, 0.4) * deep, 1.4),
            np.ones(3) * b.between(1, 5),
            0.5,
        )


def _furnish_wall(b: Builder, wide: float, deep: float) -> None:
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


def _furnish_floor(b: Builder, wide: float, deep: float) -> None:
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
            things.monitor(b) if b.chance(0.2) else b.one_of(things.SMALL)(b)
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
        b.one_of(things.SMALL)(b)
    b.frame = (outer, origin)


def desk(b: Builder) -> None:
    """Things on a table, from near by."""
    wide, deep, high = b.between(3, 6), b.between(3, 6), b.between(2.4, 3.0)
    if b.chance(0.8):
        _shell(b, wide, deep, high)
    else:
        b.sky((0.6,) * 3, (0.5,) * 3, 0, 0)
        b.box((0, 0, -0.1), (50, 50, 0.1), b.look(calm=0.3))
    _light_room(b, wide, deep, high)
    against = b.chance(0.45)  # the table stands at the wall
    w, d, h = b.between(0.7, 2.2), b.between(0.5, 1.2), b.between(0.4, 0.9)
    y = deep / 2 - d / 2 if against else b.between(0, 0.3) * deep
    b.put((0, y, 0))
    things.table(b, w, d, h)
    for _ in range(int(b.rng.integers(3, 22))):
        b.put((b.between(-0.47, 0.47) * w, y + b.between(-0.45, 0.45) * d, h), b.between(0, 6.28))
        b.one_of(things.SMALL)(b)
    if b.chance(0.4):
        b.put((b.between(-0.3, 0.3) * w, y + d * 0.25, h), b.between(-0.4, 0.4))
        things.monitor(b)
    for _ in range(int(b.rng.integers(0, 5))):
        _furnish_wall(b, wide, deep)
    if b.chance(0.5):
        _furnish_floor(b, wide, deep)
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
    _light_room(b, 2, 2, 2.5)
    size = b.between(0.5, 2.0)
    for _ in range(int(b.rng.integers(1, 4))):
        b.put((b.between(-0.15, 0.15) * size, b.between(-0.15, 0.15) * size, 0), b.between(0, 6.28))
        b.one_of([*things.SMALL, lambda one: things.plant(one, 0.4), lambda one: things.bust(one, 0.7), things.chair])(
            b
        )
    b.put((0, 0, 0))

    def place() -> None:
        away, lift, side = b.between(0.4, 1.2) * size, b.between(0.05, 1.0) * size, b.between(-3, 3)
        away = max(away, 0.35)
        at = (away * np.sin(side), -abs(away * np.cos(side)), lift)
        b.look_at(at, (0, 0, b.between(0.02, 0.2)), b.rng.normal(0, 0.05), b.between(0.5, 1.0))

    b.best_view(place)


def portrait(b: Builder) -> None:
    """One or two people near the camera, before a room, a wall or the open."""
    if b.chance(0.6):
        wide, deep, high = b.between(2.5, 7), b.between(4, 12), b.between(2.3, 3.3)
        _shell(b, wide, deep, high)
        _light_room(b, wide, deep, high)
        for _ in range(int(b.rng.integers(1, 7))):
            _furnish_wall(b, wide, deep)
        start = -deep / 2 + 0.4
    else:
        _outdoors(b)
        b.box((0, 0, -0.1), (300, 300, 0.1), b.look(kernel.GRASS if b.chance(0.5) else None, size=3))
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


def _outdoors(b: Builder) -> None:
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
    _outdoors(b)
    road = b.between(2.5, 6)
    asphalt = b.look(
        kernel.CLOUDS if b.chance(0.6) else None, size=b.between(2, 15), colours=((0.12,) * 3, (0.2,) * 3), shine=0
    )
    pavement = b.look(kernel.TILES, size=b.between(0.8, 3), shine=0)
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
    _outdoors(b)
    if b.chance(0.5):
        b.hills(b.between(2, 40), 1 / b.between(8, 90), b.chance(0.4), b.between(2, 15))
        green = np.array(
            b.one_of([(0.1, 0.16, 0.04), (0.25, 0.2, 0.1), (0.5, 0.42, 0.28), (0.3, 0.3, 0.3), (0.7, 0.72, 0.76)])
        )
        b.looks[0, :16] = (
            *green,
            *(green * b.between(0.3, 0.8)),
            kernel.GRASS,
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
            b.look(kernel.CLOUDS, colours=((0.1, 0.2, 0.25), (0.2, 0.3, 0.35)), size=0.3, shine=0.6),
        )
    else:
        b.box((0, 0, -0.1), (3000, 3000, 0.1), b.look(kernel.GRASS, size=b.between(0.3, 4), shine=0))
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


def clutter(b: Builder) -> None:
    """No place in particular: shapes of all sizes, any way up, so that what hides what is learnt apart from what things are."""
    _light_room(b, 4, 4, 4)
    if b.chance(0.5):
        _shell(b, b.between(2, 6), b.between(4, 9), b.between(2, 4))
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
    (room, 0.36),
    (desk, 0.26),
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
