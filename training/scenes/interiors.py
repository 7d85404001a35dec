"""What all made-up rooms have: walls, windows, lamps, a door, things left about, and somebody who takes the photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import fittings, patterns, things
from .belongings import LYING_ABOUT
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
        b.one_of(LYING_ABOUT)(b)
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
