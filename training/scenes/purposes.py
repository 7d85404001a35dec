"""Rooms that are for something, furnished as such and photographed as people do: kitchens, offices, bedrooms, sitting rooms,
passages, workshops, classes, shops, washrooms, stairs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from . import belongings, fittings, patterns, things
from .builder import Builder
from .interiors import SIDES, Room, daylight, finish, seen_by_a_person, walls


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
    belongings.inside(b, (0, 0, 1.4), 0, lambda one: fittings.window(one, 1.0, 1.4))


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
    belongings.strew(b, w, d, h, int(b.rng.integers(2, 10)), belongings.CARRIED)
    for _ in range(int(b.rng.integers(1, 6))):
        sy = b.one_of([-1, 1])
        spot = (b.between(-0.4, 0.4) * w, sy * (d / 2 + b.between(0.05, 0.4)), 0)
        belongings.inside(
            b,
            spot,
            (0 if sy > 0 else np.pi) + b.rng.normal(0, 0.3),
            b.one_of([things.chair, things.chair, belongings.stool]),
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
                    belongings.inside(b, (0, 0.45, 0), 0, partial(fittings.partition, long=1.7))
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
        belongings.strew(
            b,
            1.2,
            1.4,
            0.55,
            int(b.rng.integers(0, 4)),
            (belongings.heap, belongings.heap, things.book_pile, belongings.laptop, belongings.bag),
        )
        for sx in (-1, 1):
            if b.chance(0.6):
                room.at_wall(b, side, along * room.long(side) + sx * 1.1, 0.25)
                things.drawers(b, 0.45, 0.4, 0.5)
                belongings.strew(b, 0.35, 0.3, 0.5, int(b.rng.integers(1, 4)), belongings.CARRIED)
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
                belongings.inside(b, (b.between(-0.3, 0.3), -0.05, 0.4), 0, belongings.heap)
        b.put((b.between(-0.2, 0.2) * room.wide, b.between(-0.1, 0.25) * room.deep, 0), b.one_of([0, np.pi / 2]))
        w, d, h = b.between(0.6, 1.3), b.between(0.45, 0.8), b.between(0.3, 0.5)
        things.table(b, w, d, h)
        belongings.strew(b, w, d, h, int(b.rng.integers(1, 9)), belongings.CARRIED)
        side = b.one_of(SIDES[:3])
        room.at_wall(b, side, 0.0, 0.25)
        things.drawers(b, b.between(1.0, 1.8), 0.4, 0.5)
        belongings.inside(b, (0, 0, 0.5), 0, perhaps_a_screen)
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
                [
                    belongings.bicycle,
                    belongings.bicycle,
                    belongings.crates,
                    fittings.workplace,
                    belongings.stool,
                    machine,
                ]
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
                belongings.inside(b, (0, -d / 2 - 0.1, 0), np.pi, things.chair)
                b.materials = max(kept, min(b.materials, kept + 8))
                b.rng = own
                belongings.strew(b, w, d, h, int(b.rng.integers(0, 3)), belongings.CARRIED)

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
