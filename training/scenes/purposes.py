"""Rooms that are for something, furnished as such and photographed as people do: kitchens, offices, bedrooms, sitting rooms,
passages, workshops, classes, shops, washrooms, stairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from . import fittings, patterns, things
from .builder import Builder, turn
from .indoors import light_room

SIDES = ("back", "left", "right", "front")


@dataclass(frozen=True)
class Room:
    """Half of it lies on either side of the origin; the camera mostly looks towards +Y, its back."""

    wide: float
    deep: float
    high: float

    def long(self, side: str) -> float:
        return self.wide if side in ("back", "front") else self.deep

    def at_wall(self, b: Builder, side: str, along: float, out: float, z: float = 0.0) -> None:
        """The builder's frame stands `out` metres before a wall, `along` metres from its middle, facing the room."""
        x, y = self.wide / 2 - out, self.deep / 2 - out
        at, yaw = {
            "back": ((along, y), 0.0),
            "front": ((-along, -y), np.pi),
            "left": ((-x, along), np.pi / 2),
            "right": ((x, -along), -np.pi / 2),
        }[side]
        b.put((*at, z), yaw)


def furnished(b: Builder) -> None:
    """One of them."""
    b.settle()
    makers, shares = zip(*PURPOSES, strict=True)
    room, fit = makers[int(b.rng.choice(len(makers), p=np.array(shares) / sum(shares)))](b)
    walls(b, room)
    daylight(b, room)
    fit()
    finish(b, room)
    b.put((0, 0, 0))
    b.best_view(lambda: seen_by_a_person(b, room), tries=8)


def walls(b: Builder, room: Room) -> None:
    """Floor, four walls and a ceiling, painted as rooms are."""
    wide, deep, high, t = room.wide, room.deep, room.high, 0.1
    kind = b.one_of(
        [
            patterns.WOOD,
            patterns.WOOD,
            patterns.TILES,
            patterns.TILES,
            patterns.CLOUDS,
            patterns.CHECKER,
            patterns.PLAIN,
            None,
        ]
    )
    floor = b.look(kind, size=np.exp(b.between(0, 2.6)), shine=b.between(0, 0.5) if b.chance(0.5) else 0.0)
    b.box((0, 0, -t), (wide, deep, t), floor)
    white = b.rng.uniform(0.6, 0.95) ** 2.2 * np.ones(3)
    panels = b.chance(0.3)
    b.box(
        (0, 0, high + t),
        (wide, deep, t),
        b.look(patterns.TILES if panels else patterns.PLAIN, colours=(white, white * 0.7), size=1.7),
    )
    paint = b.wall_colour()
    for sx in (-1, 1):
        b.box((sx * (wide / 2 + t), 0, high / 2), (t, deep, high / 2), _paper(b, paint))
    for sy in (-1, 1):
        b.box((0, sy * (deep / 2 + t), high / 2), (wide, t, high / 2), _paper(b, paint))
    if b.chance(0.12):  # under a roof
        slope = b.between(0.5, 0.9)
        side = b.one_of([-1, 1])
        b.box((side * wide / 2, 0, high), (wide * 0.35, deep, 0.05), _paper(b, paint), turn(roll=side * slope))
    skirting = b.look(calm=1)
    if b.chance(0.6):
        for sx in (-1, 1):
            b.box((sx * wide / 2, 0, 0.05), (0.015, deep / 2, 0.05), skirting)
        b.box((0, deep / 2, 0.05), (wide / 2, 0.015, 0.05), skirting)
    if b.chance(0.25):
        b.put((b.one_of([-1, 1]) * wide * b.between(0.2, 0.5), b.between(-0.1, 0.5) * deep, 0))
        fittings.pillar(b, high)
    if b.chance(0.2):
        beam = b.look(calm=0.7)
        for k in range(int(b.rng.integers(1, 5))):
            b.put((0, (k / 4 - 0.4) * deep, high - 0.1))
            b.box((0, 0, 0), (wide / 2, 0.08, 0.1), beam)
    b.put((0, 0, 0))


def _paper(b: Builder, paint: np.ndarray) -> int:
    """A wall's face: the room's paint, or another, or a pattern."""
    own = paint if b.chance(0.75) else b.wall_colour()
    if b.chance(0.8):
        return b.look(
            patterns.PLAIN if b.chance(0.7) else patterns.CLOUDS, colours=(own, own * 0.92), shine=0.0, size=3
        )
    return b.look(None, colours=(own, own * b.between(0.6, 0.95)), calm=0.0, shine=0.0, size=b.between(2, 12))


def daylight(b: Builder, room: Room) -> None:
    """Lamps on the ceiling, and often a window in one wall."""
    light_room(b, room.wide, room.deep, room.high)
    if b.chance(0.4):
        glow = b.look(patterns.PLAIN, colours=((0.9,) * 3, (0.9,) * 3), glow=b.between(1, 3))
        for x in (-0.25, 0.25):
            for y in (-0.2, 0.1, 0.4):
                b.box((x * room.wide, y * room.deep, room.high), (0.3, b.between(0.1, 0.6), 0.015), glow)
    for side in SIDES:
        if b.chance(0.35):
            wide, high = b.between(0.6, min(2.6, 0.6 * room.long(side))), b.between(0.8, 1.5)
            room.at_wall(
                b,
                side,
                b.between(-0.25, 0.25) * room.long(side),
                0.01,
                min(b.between(1.4, 1.7), room.high - high / 2 - 0.1),
            )
            fittings.window(b, wide, high)
    b.put((0, 0, 0))


def finish(b: Builder, room: Room) -> None:
    """What any room has: a door, things on walls, things left on the floor, now and then somebody."""
    if b.chance(0.5):
        side = b.one_of(SIDES)
        room.at_wall(b, side, b.between(-0.35, 0.35) * room.long(side), 0.03)
        fittings.door(b)
    for _ in range(int(b.rng.integers(0, 5))):
        side = b.one_of(SIDES)
        room.at_wall(b, side, b.between(-0.45, 0.45) * room.long(side), 0.015, b.between(1.3, 1.8))
        things.picture(b, b.between(0.2, 1.0), b.between(0.2, 0.9))
    if b.chance(0.3):
        b.put((b.between(-0.3, 0.3) * room.wide, b.between(-0.3, 0.4) * room.deep, 0.006), b.between(-0.3, 0.3))
        b.box((0, 0, 0), (b.between(0.4, 1.4), b.between(0.4, 1.4), 0.006), b.look(calm=0.2, shine=0))
    for _ in range(int(b.rng.integers(0, 9))):
        b.put((b.between(-0.46, 0.46) * room.wide, b.between(-0.45, 0.47) * room.deep, 0), b.between(0, 6.28))
        b.one_of(fittings.LYING_ABOUT)(b)
    if b.chance(0.12):
        b.put((b.between(-0.35, 0.35) * room.wide, b.between(-0.2, 0.4) * room.deep, 0), b.between(0, 6.28))
        things.person(b)


def seen_by_a_person(b: Builder, room: Room) -> None:
    """Held at the breast or the eye, aimed at something that stands in the room, a step or some away."""
    rows = b.prims[12 : b.shapes, 12:15] if b.shapes > 12 else b.prims[: b.shapes, 12:15]
    rows = rows[(rows[:, 2] < 1.9) & (np.abs(rows[:, 0]) < room.wide / 2) & (np.abs(rows[:, 1]) < room.deep / 2)]
    target = b.one_of(rows) if len(rows) else np.array((0, room.deep / 2, 1.0))
    away = np.exp(b.between(np.log(0.9), np.log(min(5.0, room.deep))))
    angle = b.rng.normal(0, 0.8) if b.chance(0.8) else b.between(-np.pi, np.pi)
    at = np.array(
        (
            target[0] + away * np.sin(angle),
            target[1] - away * np.cos(angle),
            b.one_of([b.between(1.3, 1.75), b.between(0.7, 1.4)]),
        )
    )
    for k, long in ((0, room.wide), (1, room.deep)):
        at[k] = np.clip(at[k], -long / 2 + 0.25, long / 2 - 0.25)
    level = b.chance(0.35)  # held upright, as people do for a room rather than for a thing
    aim = np.array(
        (target[0], target[1], at[2] - b.between(-0.1, 0.15) * away if level else target[2] + b.rng.normal(0, 0.15))
    )
    b.look_at(at, aim, b.rng.normal(0, 0.06), b.one_of([b.between(0.9, 1.15), b.between(0.7, 1.35)]))


# Single things -------------------------------------------------------------------------------------------------


def files(b: Builder) -> None:
    things.shelf(b, 1.0, 0.35, b.between(1.0, 2.1))


def cabinet(b: Builder) -> None:
    things.drawers(b, 0.8, 0.45, b.between(0.7, 1.5))


def any_books(b: Builder) -> None:
    things.shelf(b, b.between(0.6, 1.6), 0.3, b.between(0.8, 2.1))


def any_plant(b: Builder) -> None:
    things.plant(b, b.between(0.5, 1.6))


def end_window(b: Builder) -> None:
    fittings.inside(b, (0, 0, 1.4), 0, lambda one: fittings.window(one, 1.0, 1.4))


def perhaps_a_screen(b: Builder) -> None:
    if b.chance(0.3):
        things.picture(b, 0.01, 0.01)
    else:
        things.monitor(b)


# One purpose each: the room's size, and what is put into it once its walls stand -------------------------------------------

Made = tuple[Room, Callable[[], None]]


def kitchen(b: Builder) -> Made:
    room = Room(b.between(2.2, 4.5), b.between(2.5, 5.5), b.between(2.3, 2.8))

    def fit() -> None:
        for side in b.one_of([("back",), ("back", "left"), ("back", "right"), ("left",), ("left", "right")]):
            long = room.long(side) * b.between(0.5, 0.95)
            room.at_wall(b, side, 0.0, 0.32)
            fittings.counter(b, long)
        if b.chance(0.7):
            side = b.one_of(SIDES[:3])
            room.at_wall(b, side, b.one_of([-1, 1]) * (room.long(side) / 2 - 0.7), 0.36)
            fittings.tall_unit(b)
        if b.chance(0.6):
            dining(b, room)

    return room, fit


def dining(b: Builder, room: Room) -> None:
    """A table with chairs about it."""
    at, yaw = (b.between(-0.2, 0.2) * room.wide, b.between(-0.2, 0.25) * room.deep, 0.0), b.one_of([0.0, np.pi / 2])
    w, d, h = b.between(0.8, 1.9), b.between(0.7, 1.0), b.between(0.7, 0.78)
    b.put(at, yaw)
    things.table(b, w, d, h)
    fittings.strew(b, w, d, h, int(b.rng.integers(2, 10)), fittings.CARRIED)
    for _ in range(int(b.rng.integers(1, 6))):
        sy = b.one_of([-1, 1])
        spot = (b.between(-0.4, 0.4) * w, sy * (d / 2 + b.between(0.05, 0.4)), 0)
        fittings.inside(
            b,
            spot,
            (0 if sy > 0 else np.pi) + b.rng.normal(0, 0.3),
            b.one_of([things.chair, things.chair, fittings.stool]),
        )


def office(b: Builder) -> Made:
    room = Room(b.between(3, 9), b.between(3, 10), b.between(2.4, 3.2))

    def fit() -> None:
        for _ in range(int(b.rng.integers(1, 4))):
            if b.chance(0.5):
                side = b.one_of(SIDES[:3])
                room.at_wall(b, side, b.between(-0.35, 0.35) * room.long(side), b.between(0.42, 0.5))
            else:
                b.put(
                    (b.between(-0.35, 0.35) * room.wide, b.between(-0.2, 0.4) * room.deep, 0),
                    b.one_of([0, np.pi / 2, np.pi, -np.pi / 2]),
                )
                if b.chance(0.4):
                    fittings.inside(b, (0, 0.45, 0), 0, partial(fittings.partition, long=1.7))
            fittings.workplace(b)
        for _ in range(int(b.rng.integers(0, 3))):
            side = b.one_of(SIDES)
            room.at_wall(b, side, b.between(-0.4, 0.4) * room.long(side), 0.25)
            b.one_of([files, cabinet, fittings.tall_unit])(b)
        if b.chance(0.4):
            room.at_wall(b, b.one_of(SIDES), 0.0, 0.02, 1.45)
            fittings.board(b, b.between(1.0, 2.4))

    return room, fit


def bedroom(b: Builder) -> Made:
    room = Room(b.between(2.5, 4.5), b.between(2.8, 5), b.between(2.3, 2.9))

    def fit() -> None:
        side, along = b.one_of(SIDES[:3]), b.between(-0.25, 0.25)
        room.at_wall(b, side, along * room.long(side), 1.08)
        things.bed(b)
        fittings.strew(
            b,
            1.2,
            1.4,
            0.55,
            int(b.rng.integers(0, 4)),
            (fittings.heap, fittings.heap, things.book_pile, fittings.laptop, fittings.bag),
        )
        for sx in (-1, 1):
            if b.chance(0.6):
                room.at_wall(b, side, along * room.long(side) + sx * 1.1, 0.25)
                things.drawers(b, 0.45, 0.4, 0.5)
                fittings.strew(b, 0.35, 0.3, 0.5, int(b.rng.integers(1, 4)), fittings.CARRIED)
        for _ in range(int(b.rng.integers(1, 3))):
            other = b.one_of(SIDES)
            room.at_wall(b, other, b.between(-0.4, 0.4) * room.long(other), 0.36)
            b.one_of(
                [
                    fittings.tall_unit,
                    partial(things.drawers, wide=1.1, deep=0.5, high=0.85),
                    fittings.workplace,
                    partial(things.shelf, wide=0.9, deep=0.3, high=1.7),
                ]
            )(b)

    return room, fit


def sitting_room(b: Builder) -> Made:
    room = Room(b.between(3, 6), b.between(3, 7), b.between(2.3, 3.2))

    def fit() -> None:
        for _ in range(int(b.rng.integers(1, 4))):
            if b.chance(0.6):
                side = b.one_of(SIDES)
                room.at_wall(b, side, b.between(-0.2, 0.2) * room.long(side), 0.6)
            else:
                b.put((b.between(-0.3, 0.3) * room.wide, b.between(-0.2, 0.3) * room.deep, 0), b.between(0, 6.28))
            things.sofa(b, b.one_of([b.between(0.7, 1.0), b.between(1.5, 2.4)]))
            if b.chance(0.3):
                fittings.inside(b, (b.between(-0.3, 0.3), -0.05, 0.4), 0, fittings.heap)
        b.put((b.between(-0.2, 0.2) * room.wide, b.between(-0.1, 0.25) * room.deep, 0), b.one_of([0, np.pi / 2]))
        w, d, h = b.between(0.6, 1.3), b.between(0.45, 0.8), b.between(0.3, 0.5)
        things.table(b, w, d, h)
        fittings.strew(b, w, d, h, int(b.rng.integers(1, 9)), fittings.CARRIED)
        side = b.one_of(SIDES[:3])
        room.at_wall(b, side, 0.0, 0.25)
        things.drawers(b, b.between(1.0, 1.8), 0.4, 0.5)
        fittings.inside(b, (0, 0, 0.5), 0, perhaps_a_screen)
        for _ in range(int(b.rng.integers(1, 4))):
            other = b.one_of(SIDES)
            room.at_wall(b, other, b.between(-0.42, 0.42) * room.long(other), 0.35)
            b.one_of([any_books, any_plant, partial(things.lamp, high=1.6), things.radiator])(b)

    return room, fit


def passage(b: Builder) -> Made:
    room = Room(b.between(1.2, 2.8), b.between(5, 22), b.between(2.3, 3.2))

    def fit() -> None:
        for side in ("left", "right"):
            for k in range(int(b.rng.integers(1, 6))):
                room.at_wall(b, side, (k / 5 - 0.45 + b.between(0, 0.1)) * room.deep, 0.03)
                fittings.door(b)
            for _ in range(int(b.rng.integers(0, 4))):
                room.at_wall(b, side, b.between(-0.45, 0.45) * room.deep, 0.02, 1.5)
                b.one_of([partial(fittings.board, wide=1.2), partial(things.picture, wide=0.6, high=0.8)])(b)
        room.at_wall(b, "back", 0.0, 0.03)
        b.one_of([fittings.door, end_window, partial(things.plant, high=1.2)])(b)
        if b.chance(0.4):
            b.put((0, 0, room.high - 0.2))
            pipe = b.look(calm=1)
            for x in b.rng.uniform(-0.4, 0.4, int(b.rng.integers(1, 4))):
                b.rod(
                    (x * room.wide, -room.deep / 2, 0), (x * room.wide, room.deep / 2, 0), b.between(0.02, 0.08), pipe
                )

    return room, fit


def workshop(b: Builder) -> Made:
    room = Room(b.between(3, 8), b.between(3, 10), b.between(2.4, 4))

    def fit() -> None:
        for side in SIDES[:3]:
            if b.chance(0.7):
                room.at_wall(b, side, b.between(-0.1, 0.1) * room.long(side), 0.35)
                long = room.long(side) * b.between(0.3, 0.7)
                if b.one_of([True, False]):
                    fittings.counter(b, long)
                else:
                    fittings.rack(b, min(long, 2.5), b.between(1.5, 2.3))
        for _ in range(int(b.rng.integers(1, 4))):
            b.put((b.between(-0.35, 0.35) * room.wide, b.between(-0.2, 0.35) * room.deep, 0), b.between(0, 6.28))
            b.one_of(
                [fittings.bicycle, fittings.bicycle, fittings.crates, fittings.workplace, fittings.stool, machine]
            )(b)

    return room, fit


def machine(b: Builder) -> None:
    """Blocks, drums and pipes."""
    paint, steel = b.look(calm=0.8), b.look(calm=1, shine=0.7)
    for _ in range(int(b.rng.integers(2, 7))):
        half = b.rng.uniform(0.08, 0.4, 3)
        at = (b.between(-0.3, 0.3), b.between(-0.3, 0.3), half[2] * b.between(0.8, 1.6))
        if b.chance(0.6):
            b.box(at, half, paint if b.chance(0.6) else steel)
        else:
            b.tube(at, half[0], half[1], steel, b.one_of([None, things.ACROSS, things.LYING]))
    for _ in range(int(b.rng.integers(0, 5))):
        b.rod(
            b.rng.uniform((-0.5, -0.5, 0.1), (0.5, 0.5, 1.1)),
            b.rng.uniform((-0.5, -0.5, 0.2), (0.5, 0.5, 1.2)),
            b.between(0.01, 0.04),
            steel,
        )


def classroom(b: Builder) -> Made:
    room = Room(b.between(4, 9), b.between(4, 10), b.between(2.5, 3.5))

    def fit() -> None:
        room.at_wall(b, "back", 0.0, 0.03, 1.5)
        fittings.board(b, b.between(1.5, min(3.6, room.wide - 0.5)))
        rows, columns = int(b.rng.integers(2, 5)), int(b.rng.integers(2, 4))
        w, d, h = b.between(0.6, 1.4), b.between(0.4, 0.6), b.between(0.68, 0.76)
        seed = int(b.rng.integers(1 << 30))
        for i in range(rows):
            for j in range(columns):
                at = (((j + 0.5) / columns - 0.5) * room.wide * 0.9, (0.3 - 0.7 * i / rows) * room.deep, 0)
                b.put(at, b.rng.normal(0, 0.05))
                own, b.rng = b.rng, np.random.default_rng(seed)  # the tables are all alike
                kept = b.materials
                things.table(b, w, d, h)
                fittings.inside(b, (0, -d / 2 - 0.1, 0), np.pi, things.chair)
                b.materials = max(kept, min(b.materials, kept + 8))
                b.rng = own
                fittings.strew(b, w, d, h, int(b.rng.integers(0, 3)), fittings.CARRIED)

    return room, fit


def shop(b: Builder) -> Made:
    room = Room(b.between(3, 8), b.between(4, 12), b.between(2.5, 4))

    def fit() -> None:
        gap = b.between(1.3, 2.2)
        for k in range(int(b.rng.integers(1, 4))):
            b.put(((k - 1) * gap, b.between(-0.1, 0.2) * room.deep, 0), b.one_of([np.pi / 2, -np.pi / 2]))
            fittings.rack(b, b.between(1.5, 3.5), b.between(1.3, 2.2))
        for side in b.one_of([("back",), ("left",), ("right",), ("back", "left")]):
            room.at_wall(b, side, 0.0, 0.3)
            fittings.rack(b, min(room.long(side) * 0.8, 4.0), b.between(1.6, 2.3))

    return room, fit


def washroom(b: Builder) -> Made:
    room = Room(b.between(1.5, 3), b.between(1.8, 3.5), b.between(2.2, 2.7))

    def fit() -> None:
        if b.chance(0.7):
            tile = b.look(patterns.TILES, colours=((0.7,) * 3, (0.45,) * 3), size=b.between(4, 10), shine=0.4)
            for side in SIDES[:3]:
                room.at_wall(b, side, 0.0, 0.005, 0.75)
                b.box((0, 0, 0), (room.long(side) / 2, 0.006, 0.75), tile)
        for side, one, out in (
            ("back", fittings.washstand, 0.25),
            ("left", fittings.toilet, 0.32),
            ("right", fittings.tub, 0.38),
        ):
            if b.chance(0.8):
                room.at_wall(b, side if b.chance(0.6) else b.one_of(SIDES), b.between(-0.2, 0.2) * room.wide, out)
                one(b)
        room.at_wall(b, b.one_of(SIDES), b.between(-0.3, 0.3), 0.05, 0.0)
        things.curtain(b, 2.0) if b.chance(0.3) else things.radiator(b)

    return room, fit


def stairwell(b: Builder) -> Made:
    room = Room(b.between(2.2, 5), b.between(4, 9), b.between(2.8, 4.5))

    def fit() -> None:
        b.put(
            (b.between(-0.3, 0.3) * room.wide, b.between(-0.1, 0.15) * room.deep, 0),
            b.one_of([0.0, 0.0, np.pi / 2, -np.pi / 2]),
        )
        fittings.stairs(b)
        for _ in range(int(b.rng.integers(1, 4))):
            side = b.one_of(SIDES)
            room.at_wall(b, side, b.between(-0.4, 0.4) * room.long(side), 0.3)
            b.one_of(
                [
                    partial(things.plant, high=1.0),
                    partial(things.drawers, wide=0.8, deep=0.4, high=0.9),
                    partial(things.shelf, wide=0.8, deep=0.3, high=1.8),
                ]
            )(b)

    return room, fit


PURPOSES: tuple[tuple[Callable[[Builder], Made], float], ...] = (
    (kitchen, 0.16),
    (office, 0.24),
    (bedroom, 0.1),
    (sitting_room, 0.16),
    (passage, 0.06),
    (workshop, 0.12),
    (classroom, 0.05),
    (shop, 0.05),
    (washroom, 0.04),
    (stairwell, 0.02),
)
