"""Camera moves over a stage, one camera per frame, as shares of how far it may go. Plain NumPy: Blender's keyframes are made from it too."""

from __future__ import annotations

import numpy as np

from ..datatypes import F64
from ..settings import Move, MoveSettings
from ..single import Staged

RISE = 0.35  # an orbit is a lying ellipse: so much as high as it is wide
ZOOM = 0.12  # of ken-burns, at full amplitude
STEADY = 0.7  # how far a hand turns after the subject: 1 would keep it nailed to its place in the picture
HAND = ((0.25, 1.0), (0.6, 0.55), (1.1, 0.3), (2.3, 0.1))  # hertz and strength of a hand's sway


def path(staged: Staged, settings: MoveSettings) -> list[tuple[F64, float]]:
    """Per frame `cam_from_world` (3, 4), and by how much the focal length is multiplied. A loop's last frame leads to its first."""
    frames = frame_count(settings)
    move = {
        Move.DOLLY: _dolly,
        Move.ORBIT: _orbit,
        Move.KEN_BURNS: _ken_burns,
        Move.HANDHELD: _handheld,
    }[settings.move]
    places, turns, zooms = move(settings, frames)
    reach = np.array([staged.sway, staged.sway, staged.push])
    return [
        (moved(staged.cam_from_world, place * reach * settings.amplitude, staged.pivot, turn), float(zoom))
        for place, turn, zoom in zip(places, turns, zooms, strict=True)
    ]


def frame_count(settings: MoveSettings) -> int:
    """At least two."""
    return max(round(settings.seconds * settings.fps), 2)


def moved(cam_from_world: F64, place: F64, pivot: float, turn: float) -> F64:
    """The camera at `place` (right, down and forward of where it was, in its own frame), turned after the pivot.

    `turn` 1 keeps what lies at the pivot's depth on the axis where it was in the picture, 0 keeps the direction of view.
    """
    forward = np.array([-place[0] * turn, -place[1] * turn, pivot - place[2] * turn])
    forward /= np.linalg.norm(forward)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right)
    new_from_old = np.stack([right, np.cross(forward, right), forward])
    rotation, translation = cam_from_world[:, :3], cam_from_world[:, 3]
    return np.concatenate([new_from_old @ rotation, (new_from_old @ (translation - place))[:, None]], 1)


def _times(settings: MoveSettings, frames: int) -> F64:
    """0..1; a loop stops one frame before it is back at its start."""
    return np.arange(frames) / (frames if settings.loop else frames - 1)


def _eased(t: F64) -> F64:
    """0..1 with a gentle start and end."""
    return np.asarray(t * t * t * (t * (6 * t - 15) + 10))


def _there(settings: MoveSettings, frames: int) -> F64:
    """0 to 1 and, in a loop, back to 0."""
    t = _times(settings, frames)
    return np.asarray((1 - np.cos(2 * np.pi * t)) / 2 if settings.loop else _eased(t))


Moved = tuple[F64, F64, F64]  # (N, 3) places in shares of the reach (right, down, forward), (N,) turns, (N,) zooms


def _orbit(settings: MoveSettings, frames: int) -> Moved:
    """Round the pivot: a lying ellipse, or an arc from left to right."""
    t = _times(settings, frames)
    places = np.zeros((frames, 3))
    if settings.loop:
        places[:, 0], places[:, 1] = np.sin(2 * np.pi * t), -RISE * np.cos(2 * np.pi * t)
    else:
        places[:, 0] = 2 * _eased(t) - 1
        places[:, 1] = -RISE * (1 - places[:, 0] ** 2)
    return places, np.ones(frames), np.ones(frames)


def _dolly(settings: MoveSettings, frames: int) -> Moved:
    """Straight ahead."""
    places = np.zeros((frames, 3))
    places[:, 2] = _there(settings, frames)
    return places, np.zeros(frames), np.ones(frames)


def _ken_burns(settings: MoveSettings, frames: int) -> Moved:
    """A slow slide to the side while the lens closes in."""
    there = _there(settings, frames)
    places = np.zeros((frames, 3))
    places[:, 0] = 0.65 * (2 * there - 1)
    places[:, 2] = 0.35 * there
    return places, np.full(frames, 0.5), 1 + ZOOM * settings.amplitude * there


def _handheld(settings: MoveSettings, frames: int) -> Moved:
    """A hand's sway: smooth noise, more of it slow than quick; the furthest frame reaches the whole amplitude."""
    rng = np.random.default_rng(settings.seed)
    seconds = frames / settings.fps
    # whole turns over the length where it loops; else over a longer one, so that it does not come back
    length = seconds if settings.loop else 1.618 * seconds
    time = np.arange(frames) / settings.fps
    places = np.zeros((frames, 3))
    for hertz, strength in HAND:
        turns = max(round(hertz * length), 1)
        for axis in range(3):
            places[:, axis] += (
                strength * rng.uniform(0.6, 1.0) * np.sin(2 * np.pi * (turns * time / length + rng.uniform()))
            )
    places[:, :2] *= 0.8 / max(float(np.hypot(places[:, 0], places[:, 1]).max()), 1e-9)
    places[:, 2] = 0.2 * (places[:, 2] / max(float(np.abs(places[:, 2]).max()), 1e-9) + 1) / 2
    return places, np.full(frames, STEADY), np.ones(frames)
