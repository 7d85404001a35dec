"""Packs a made-up scene, shape by shape, into the arrays that the ray caster reads. World: metres, +Z up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .patterns import PLAIN
from .shapes import FAR, SHAPE_BALL, SHAPE_BOX, SHAPE_CONE, SHAPE_CYLINDER

MOST_SHAPES, MOST_LOOKS, MOST_LIGHTS = 320, 96, 4
LEAVES, BARS, GRID = 1, 2, 3  # kinds of surfaces with holes

# What things are painted in: hue-ish triples in sRGB that rooms, streets and tables have, to be varied.
TINTS = np.array(
    [
        (0.85, 0.83, 0.78), (0.93, 0.93, 0.92), (0.75, 0.7, 0.62), (0.55, 0.38, 0.22), (0.36, 0.23, 0.13),
        (0.68, 0.5, 0.32), (0.3, 0.3, 0.32), (0.12, 0.12, 0.13), (0.5, 0.5, 0.52), (0.2, 0.3, 0.5),
        (0.55, 0.15, 0.13), (0.8, 0.65, 0.2), (0.25, 0.4, 0.22), (0.7, 0.75, 0.8), (0.45, 0.3, 0.4),
        (0.8, 0.45, 0.2), (0.15, 0.4, 0.45), (0.62, 0.57, 0.5),
    ]
)  # fmt: skip


def turn(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """world_from_local: roll about y, then pitch about x, then yaw about z."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cr, 0, sr], [0, 1, 0], [-sr, 0, cr]])
    return np.asarray(about_z @ about_x @ about_y)


class Builder:
    """A scene in the making. Lengths in metres; `rng` decides all that is left to chance."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.prims = np.zeros((MOST_SHAPES, 24), np.float32)
        self.looks = np.zeros((MOST_LOOKS, 20), np.float32)
        self.lights = np.zeros((MOST_LIGHTS, 8), np.float32)
        self.g = np.zeros(40, np.float32)
        self.shapes = self.materials = self.lamps = 0
        self.palette: np.ndarray | None = None  # what most things of one place are painted in, once it is settled
        self.frame = (np.eye(3), np.zeros(3))  # where a group of shapes is put
        self.ambient((0.25, 0.24, 0.23), (0.35, 0.36, 0.38))
        self.g[27], self.g[37] = 1.0, FAR

    # Chance ----------------------------------------------------------------------------------------------------------

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    # Materials -------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """A few colours that go together, as the things of one household or office have: mostly woods, whites and greys."""
        picked = TINTS[self.rng.integers(len(TINTS), size=int(self.rng.integers(4, 9)))] * self.rng.uniform(0.7, 1.1)
        grey = picked.mean(1, keepdims=True)
        self.palette = grey + (picked - grey) * self.rng.uniform(0.2, 1.0, (len(picked), 1))

    def wall_colour(self) -> np.ndarray:
        """Linear light: white, cream, a grey or a pale tint; now and then a strong one."""
        if self.chance(0.15):
            return self.colour()
        srgb = self.between(0.55, 0.97) * (1 + self.rng.normal(0, 0.03, 3) + np.array((0.02, 0, -0.03)))
        return np.asarray(np.clip(srgb, 0.02, 0.97) ** 2.2)

    def colour(self, wild: float = 0.12) -> np.ndarray:
        """Linear light; with `wild` chance any colour at all."""
        if self.palette is not None and self.chance(0.8):
            srgb = self.one_of(self.palette) * self.between(0.85, 1.1) + self.rng.normal(0, 0.02, 3)
            return np.asarray(np.clip(srgb, 0.02, 0.97) ** 2.2)
        if self.chance(wild):
            srgb = self.rng.random(3) * self.between(0.4, 1.0)
        elif self.chance(0.3):
            srgb = self.between(0.1, 0.95) + self.rng.normal(0, 0.03, 3)
        else:
            srgb = TINTS[self.rng.integers(len(TINTS))] * self.between(0.5, 1.15) + self.rng.normal(0, 0.05, 3)
        return np.clip(srgb, 0.02, 0.97) ** 2.2

    def look(
        self,
        kind: int | None = None,
        *,
        size: float | None = None,
        colours: tuple[Any, Any] | None = None,
        shine: float | None = None,
        glow: float = 0.0,
        calm: float = 0.4,
    ) -> int:
        """A material. `calm` is the chance of a plain one; `size` counts the pattern's repeats in a metre."""
        if self.materials == MOST_LOOKS:
            return int(self.rng.integers(MOST_LOOKS))
        if kind is None:
            kind = PLAIN if self.chance(calm) else int(self.rng.integers(1, 11))
        first = self.colour() if colours is None else np.asarray(colours[0])
        if colours is not None:
            second = np.asarray(colours[1])
        elif self.chance(0.65):
            second = first * self.between(0.35, 1.5)
        else:
            second = first + (self.colour() - first) * self.between(0.3, 1.0)
        row = self.looks[self.materials]
        row[0:3], row[3:6], row[6] = first, np.minimum(second, 0.95), kind
        row[7] = size if size is not None else np.exp(self.between(np.log(0.7), np.log(25.0)))
        row[8] = self.between(0, 1)
        row[9] = shine if shine is not None else (self.between(0.05, 0.8) if self.chance(0.35) else 0.0)
        row[10] = np.exp(self.between(np.log(6.0), np.log(200.0)))
        row[11] = glow
        row[13] = self.between(0.0, 0.4)
        row[14] = self.between(0.1, 0.8) if self.chance(0.3) else 0.0
        row[15] = self.rng.integers(1, 100_000)
        self.materials += 1
        return self.materials - 1

    # Shapes ----------------------------------------------------------------------------------------------------------

    def put(self, at: Sequence[float], yaw: float = 0.0) -> None:
        """What follows is placed in a frame of its own, until the next call."""
        self.frame = (turn(yaw), np.asarray(at, float))

    def _shape(self, shape: int, at: Any, half: Any, rotation: np.ndarray | None, look: int, hole: Any) -> None:
        if self.shapes == MOST_SHAPES:
            return
        outer, origin = self.frame
        R = outer if rotation is None else outer @ rotation
        centre = outer @ np.asarray(at, float) + origin
        half = np.maximum(np.asarray(half, float), 1e-4)
        row = self.prims[self.shapes]
        inverse = R.T / half[:, None]
        row[:12] = np.concatenate([inverse, -(inverse @ centre)[:, None]], 1).ravel()
        row[12:15] = centre
        row[15] = np.linalg.norm(half) if shape != SHAPE_BALL else half.max()
        row[16], row[17], row[18:21] = shape, look, half
        if hole is not None:
            row[21:24] = hole[1], hole[0], hole[2]
        self.shapes += 1

    def box(self, at: Any, half: Any, look: int, rotation: np.ndarray | None = None, hole: Any = None) -> None:
        """`hole` is (kind, repeats in a metre, share that is open)."""
        self._shape(SHAPE_BOX, at, half, rotation, look, hole)

    def ball(self, at: Any, half: Any, look: int, rotation: np.ndarray | None = None, hole: Any = None) -> None:
        self._shape(SHAPE_BALL, at, np.broadcast_to(half, 3), rotation, look, hole)

    def tube(
        self, at: Any, radius: float, half: float, look: int, rotation: np.ndarray | None = None, hole: Any = None
    ) -> None:
        """A cylinder; it stands, unless it is turned."""
        self._shape(SHAPE_CYLINDER, at, (radius, radius, half), rotation, look, hole)

    def rod(self, start: Any, end: Any, radius: float, look: int) -> None:
        """A thin cylinder from one point to another: a pipe, a cable, a frame's tube."""
        a, c = np.asarray(start, float), np.asarray(end, float)
        axis = (c - a) / max(float(np.linalg.norm(c - a)), 1e-6)
        aside = np.cross(axis, (0, 0, 1) if abs(axis[2]) < 0.9 else (1, 0, 0))
        aside /= np.linalg.norm(aside)
        rotation = np.stack([aside, np.cross(axis, aside), axis], 1)
        self.tube((a + c) / 2, radius, float(np.linalg.norm(c - a)) / 2, look, rotation)

    def cone(self, at: Any, radius: float, half: float, look: int, rotation: np.ndarray | None = None) -> None:
        self._shape(SHAPE_CONE, at, (radius, radius, half), rotation, look, None)

    # Light and camera ------------------------------------------------------------------------------------------------

    def ambient(self, low: Any, high: Any) -> None:
        self.g[13:16], self.g[16:19] = low, high

    def sky(self, horizon: Any, zenith: Any, clouds: float, haze: float) -> None:
        self.g[19:22], self.g[22:25], self.g[26], self.g[25] = horizon, zenith, clouds, haze

    def sun(self, direction: Any, colour: Any, spread: float) -> None:
        self._lamp(np.asarray(direction, float) / np.linalg.norm(direction), colour, spread, 1)

    def lamp(self, at: Any, colour: Any, spread: float) -> None:
        self._lamp(at, colour, spread, 2)

    def _lamp(self, at: Any, colour: Any, spread: float, kind: int) -> None:
        if self.lamps < MOST_LIGHTS:
            row = self.lights[self.lamps]
            row[:3], row[3:6], row[6], row[7] = at, colour, spread, kind
            self.lamps += 1

    def hills(self, height: float, size: float, ridged: bool, flat: float) -> None:
        self.g[32:37] = height, size, self.rng.integers(1, 10_000), ridged, flat

    def camera(self, at: Any, yaw: float, pitch: float, roll: float, view: float) -> None:
        """Looks along +Y at yaw 0; `pitch` is upwards; `view` is the horizontal angle of view. Radians."""
        R = turn(yaw, pitch, roll)
        right, forward, up = R[:, 0], R[:, 1], R[:, 2]
        self.g[0:3] = at
        self.g[3:12] = np.stack([right, -up, forward], 1).ravel()
        self.g[12] = 0.5 / np.tan(view / 2)

    def look_at(self, at: Any, target: Any, roll: float, view: float) -> None:
        """The camera, aimed."""
        d = np.asarray(target, float) - np.asarray(at, float)
        yaw = float(np.arctan2(-d[0], d[1]))
        pitch = float(np.arctan2(d[2], np.hypot(d[0], d[1])))
        self.camera(at, yaw, pitch, roll, view)

    def best_view(self, place: Callable[[], None], tries: int = 6) -> None:
        """Of several places for the camera the one from which most can be seen: nobody photographs a bare wall from a hand's width."""
        best, kept = -np.inf, self.g.copy()
        for _ in range(tries):
            place()
            worth = self._worth() + self.between(0, 3)
            if worth > best:
                best, kept = worth, self.g.copy()
        self.g[:] = kept

    def _worth(self) -> float:
        """How many shapes lie in the view, less where the camera is inside or right before one."""
        rows = self.prims[: self.shapes]
        away = rows[:, 12:15] - self.g[0:3]
        x, y, z = (away @ self.g[3:12].reshape(3, 3)).T
        seen = (z > 0.3) & (np.abs(x) < 0.5 * z / self.g[12]) & (np.abs(y) < 0.4 * z / self.g[12])
        near = np.abs(rows[:, :12].reshape(-1, 3, 4) @ np.append(self.g[0:3], 1)).max(1)  # below 1 is inside
        reach = near * rows[:, 18:21].min(1) - rows[:, 18:21].min(1)
        return float(np.sqrt(seen.sum()) * 3 - 30 * (near < 1.02).any() - 3 * (reach < 0.15).sum())
