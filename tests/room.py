"""Made-up rooms, ray-cast from any place: colour, exact depth, and what a pixel shows. What is behind a thing is known, too."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.datatypes import FocalSource, Photo
from engine.single import FocalFrom, MonoDepth

LIGHT = np.array([-0.5, -0.6, 0.75])


@dataclass(frozen=True)
class Ball:
    """Centre in world (x right, y away, z up), radius, colour."""

    centre: tuple[float, float, float]
    radius: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Crate:
    """An upright box: its lowest and highest corner, colour."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Room:
    """A floor, a wall at the end or a sky, and things. The camera is at the origin and looks along +Y."""

    things: tuple[Ball | Crate, ...]
    wall: float | None = 8.0  # how far it is; None: open sky
    floor: float = -1.2
    focal: float = 0.9  # of the width
    width: int = 320
    height: int = 214
    light: np.ndarray = field(default_factory=lambda: LIGHT / np.linalg.norm(LIGHT))
    textured: float = 1.0
    shadows: bool = False

    @property
    def K(self) -> np.ndarray:
        f = self.focal * self.width
        return np.array([[f, 0, self.width / 2], [0, f, self.height / 2], [0, 0, 1.0]])

    def cast(
        self, cam_from_world: np.ndarray | None = None, zoom: float = 1.0, samples: int = 2, bare: bool = False
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Colour (H, W, 3), depth at the pixels' centres (infinite in the sky) and what is there: 0 sky, 1 wall, 2 floor, 3 … things.

        `bare` leaves the things out.
        """
        _, depth, what = self._rays(cam_from_world, zoom, 1, bare, coloured=False)
        colour = self._rays(cam_from_world, zoom, samples, bare)[0]
        colour = colour.reshape(self.height, samples, self.width, samples, 3).mean((1, 3))
        return np.clip(np.round(colour * 255), 0, 255).astype(np.uint8), depth, what

    def _rays(self, pose, zoom, samples, bare, coloured=True):  # type: ignore[no-untyped-def]
        from engine.relief.frame import LEVEL

        pose = LEVEL if pose is None else pose
        y, x = (np.mgrid[0 : self.height * samples, 0 : self.width * samples] + 0.5) / samples
        K = self.K
        ray = np.stack([(x - K[0, 2]) / (K[0, 0] * zoom), (y - K[1, 2]) / (K[1, 1] * zoom), np.ones_like(x)], -1)
        ray = ray @ pose[:, :3]
        start = -pose[:, :3].T @ pose[:, 3]
        depth = np.full(x.shape, np.inf)
        what = np.zeros(x.shape, int)
        normal = np.zeros((*x.shape, 3))
        self._hit_planes(start, ray, depth, what, normal)
        for number, thing in enumerate(() if bare else self.things):
            _hit(thing, start, ray, depth, what, normal, 3 + number)
        if not coloured:
            return None, depth, what
        point = np.where(np.isinf(depth)[..., None], ray, start + ray * np.where(np.isinf(depth), 1, depth)[..., None])
        return self._colours(point, ray, what, normal), depth, what

    def _hit_planes(self, start, ray, depth, what, normal) -> None:  # type: ignore[no-untyped-def]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(ray[..., 1] > 1e-9, ((self.wall or np.inf) - start[1]) / ray[..., 1], np.inf)
            depth[:], what[:] = t, np.where(np.isinf(t), 0, 1)
            normal[what == 1] = [0, -1, 0]
            t = np.where(ray[..., 2] < -1e-9, (self.floor - start[2]) / ray[..., 2], np.inf)
        t = np.where(t > 60, np.inf, t)
        nearer = t < depth
        depth[nearer], what[nearer], normal[nearer] = t[nearer], 2, [0, 0, 1]

    def _colours(self, point, ray, what, normal):  # type: ignore[no-untyped-def]
        palette = [(0.55, 0.7, 0.95), (0.75, 0.7, 0.6), (0.45, 0.5, 0.4), *(thing.colour for thing in self.things)]
        colour = np.array(palette)[what]
        grain = _grain(point * 3) * 0.25 + _grain(point * 9.1) * 0.18
        checks = (np.floor(point[..., 0] * 1.5) + np.floor(point[..., 1] * 1.5)) % 2 * 0.25 * (what == 2)
        colour = colour * (1 + self.textured * (grain - 0.2 + checks))[..., None]
        lit = np.clip(normal @ self.light, 0, None)
        if self.shadows:
            lit = lit * ~self._shadowed(point, normal)
        shade = np.where(what == 0, 1.0, 0.35 + 0.65 * lit)
        return colour * shade[..., None]

    def _shadowed(self, point, normal):  # type: ignore[no-untyped-def]
        depth = np.full(point.shape[:2], np.inf)
        ray = np.broadcast_to(self.light, point.shape)
        for thing in self.things:
            _hit(thing, point + normal * 1e-4, ray, depth, np.zeros(depth.shape, int), np.zeros(point.shape), 3)
        return np.isfinite(depth)

    def mono(self, folder: Path = Path("."), *, tilted: bool = False) -> MonoDepth:
        """The truth as if a network had read it."""
        _, depth, what = self._rays(None, 1.0, 1, False, coloured=False)
        photo = Photo(
            name="room.png",
            path=folder / "room.png",
            content_hash="room",
            width=self.width,
            height=self.height,
            orientation=1,
            working_width=self.width,
            working_height=self.height,
            focal_px=float(self.K[0, 0]),
            focal_source=FocalSource.GUESS,
            camera_key="room",
            sharpness=1.0,
            brightness=0.5,
        )
        inverse = np.where(np.isinf(depth), 0, 1 / depth).astype(np.float32)
        return MonoDepth(
            photo=photo,
            K=self.K,
            focal_from=FocalFrom.DEFAULT,
            provider="embedded",
            metric=False,
            inverse_depth=inverse,
            sky=what == 0,
        )


def _hit(thing, start, ray, depth, what, normal, number) -> None:  # type: ignore[no-untyped-def]
    """Where the thing is nearer than what was there."""
    if isinstance(thing, Ball):
        away = start - np.array(thing.centre)
        a, b = (ray * ray).sum(-1), (ray * away).sum(-1)
        c = (away * away).sum(-1) - thing.radius**2
        inside = b * b - a * c
        t = np.where(inside > 0, (-b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)
        facing = (away + ray * np.where(np.isinf(t), 1, t)[..., None]) / thing.radius
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = (np.array(thing.low) - start) / ray, (np.array(thing.high) - start) / ray
        enter, leave = np.fmin(first, second), np.fmax(first, second)
        axis = np.nanargmax(enter, -1)
        t = np.take_along_axis(enter, axis[..., None], -1)[..., 0]
        t = np.where(t < leave.min(-1), t, np.inf)
        facing = -np.eye(3)[axis] * np.sign(np.take_along_axis(ray, axis[..., None], -1))
    nearer = (t > 1e-3) & (t < depth)
    depth[nearer], what[nearer], normal[nearer] = t[nearer], number, facing[nearer]


def _grain(point):  # type: ignore[no-untyped-def]
    """Smooth noise, 0..1, in space."""
    cell = np.floor(point).astype(np.int64)
    share = point - cell
    share = share * share * (3 - 2 * share)
    total = np.zeros(point.shape[:-1])
    for corner in range(8):
        step = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        at = cell + step
        number = (at[..., 0] * 73856093) ^ (at[..., 1] * 19349663) ^ (at[..., 2] * 83492791)
        number = (number * 2654435761 + 1013904223) & 0xFFFFFFFF
        value = ((number ^ (number >> 15)) & 0xFFFF) / 65535.0
        total += value * np.prod(np.where(step == 1, share, 1 - share), -1)
    return total


def a_few_rooms(width: int = 320) -> dict[str, Room]:
    """A person-like pillar before a wall; balls one before the other; a crate on a terrace under the sky."""
    size = {"width": width, "height": round(width / 1.5)}
    return {
        "pillar": Room((Crate((-0.35, 3.0, -1.2), (0.35, 3.4, 0.5), (0.7, 0.25, 0.2)), Ball((0.0, 3.2, 0.75), 0.3, (0.85, 0.6, 0.5))), **size),
        "balls": Room((Ball((-0.9, 5.0, -0.4), 0.8, (0.2, 0.45, 0.8)), Ball((0.35, 3.0, -0.5), 0.6, (0.85, 0.65, 0.2))), **size),
        "terrace": Room((Crate((0.3, 4.0, -1.2), (1.5, 5.0, 0.3), (0.5, 0.3, 0.6)), Ball((-0.9, 3.0, -0.7), 0.5, (0.3, 0.7, 0.4))), wall=None, **size),
    }  # fmt: skip
