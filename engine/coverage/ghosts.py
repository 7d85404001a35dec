"""Where the next photos should be taken: of many poses those, one after the other, that show most of what is thinly covered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, Bool, Sparse, View
from ..report import Report
from .looks import Faces, Looks, coarse, depth_from, visible
from .places import Habits, candidates, habits_of

NARROW = 12.0  # degrees: seen by enough photos, but all from about the same place
NARROW_NEED = 0.4  # against 1 for what no photo saw
GOOD = 0.35  # cosine: a new photo should look at a face from within 70 degrees
FULL = 0.8  # cosine from which on it is as good as straight
RIM = 0.03  # of the picture: what lies there counts not
SAMPLES = 40_000  # faces that stand for all
BACKS = 0.3  # of what a candidate sees: with more backs of faces it stands inside something
APART = 14.0  # degrees between two proposals, and from the nearest photo less gains less
LEAST = 0.003  # of the surface: a photo that would gain less is not proposed


@dataclass(frozen=True, kw_only=True)
class Ghost:
    """A photo to take."""

    view: View  # its pose and lens; small
    gain: float  # 0..1: thinly covered surface that it shows, of all the surface that can be seen
    nearest: int  # the photo from which it is the shortest way, as an index into `posed`
    turn: float  # degrees between the two, seen from what they look at


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The ghosts, best first, and how much there was to do."""

    ghosts: tuple[Ghost, ...]
    habits: Habits
    reachable: float  # 0..1 of the surface: seen by a photo or by a candidate
    thin: float  # 0..1 of the reachable surface: fewer than `few` photos


def propose(shape: Faces, looks: Looks, sparse: Sparse, few: int, most: int, report: Report, share: float) -> Proposal:
    """Greedy: what one proposal will show, the next need not show again."""
    habits = habits_of(sparse)
    need = np.clip((few - looks.photos) / few, 0, 1)
    need = np.maximum(need, np.where(looks.angle < NARROW, NARROW_NEED, 0))
    wanted = need * shape.areas
    views = candidates(shape, wanted, habits)
    pick, weight = _sample(shape, wanted)
    kept, shows = _what_they_show(shape, views, pick, habits.distance, report, share)
    reachable = (looks.photos[pick] > 0) | (shows > 0).any(0)
    total = max(float(weight[reachable].sum()), 1e-30)
    thin = float(weight[reachable & (looks.photos[pick] < few)].sum()) / total
    ghosts = _greedy(kept, shows, need[pick], looks.photos[pick], weight / total, few, most, habits)
    share_reachable = float(weight[reachable].sum() / max(weight.sum(), 1e-30))
    return Proposal(ghosts=ghosts, habits=habits, reachable=share_reachable, thin=thin)


def _sample(shape: Faces, wanted: F64) -> tuple[np.ndarray, F64]:
    """Faces and the area that each stands for; what is wanted is drawn more often."""
    count = len(shape.faces)
    if count <= SAMPLES:
        return np.arange(count), shape.areas
    chance = shape.areas / max(shape.areas.sum(), 1e-30) + wanted / max(wanted.sum(), 1e-30)
    chance /= chance.sum()
    pick = np.random.default_rng(2).choice(count, SAMPLES, p=chance)
    return pick, shape.areas[pick] / (chance[pick] * SAMPLES)


def _what_they_show(
    shape: Faces, views: list[View], pick: np.ndarray, distance: float, report: Report, share: float
) -> tuple[list[View], F32]:
    """The candidates that stand outside, and (C, n) how well each shows each sampled face, 0..1."""
    kept, rows = [], []
    middles, normals = shape.middles[pick], shape.normals[pick]
    cell = distance / views[0].K[0, 0] if views else 1.0  # what a pixel covers
    rough = coarse(shape, cell)
    tolerance = 0.0 if rough is shape else cell
    with report.step("where to shoot", len(views), share=share) as step:
        for view in views:
            depth = depth_from(view, rough)
            free, cosine, _ = visible(view, depth, middles, normals, tolerance)
            step.advance()
            if not free.any() or (cosine[free] < 0).mean() > BACKS:
                continue
            good = free & (cosine > GOOD) & _well_inside(view, middles)
            kept.append(view)
            rows.append(np.where(good, np.clip((cosine - GOOD) / (FULL - GOOD), 0.1, 1), 0).astype(np.float32))
    return kept, np.stack(rows) if rows else np.zeros((0, len(pick)), np.float32)


def _well_inside(view: View, points: F64) -> Bool:
    cam = points @ view.rotation.T + view.translation
    with np.errstate(divide="ignore", invalid="ignore"):
        pixel = (cam @ view.K.T)[:, :2] / cam[:, 2:] / [view.width, view.height]
    return np.asarray((pixel > RIM).all(1) & (pixel < 1 - RIM).all(1))


def _greedy(
    views: list[View], shows: F32, need: F64, photos: np.ndarray, weight: F64, few: int, most: int, habits: Habits
) -> tuple[Ghost, ...]:
    found: list[Ghost] = []
    if not views:
        return ()
    eyes = np.array([view.centre_in_world for view in views])
    nearest, turn = _nearest_photo(eyes, habits)
    novelty = np.clip(turn / APART, 0.3, 1)  # from where a photo was taken already, another tells little
    need, open_ = need.copy(), np.ones(len(views), bool)
    while len(found) < most and open_.any():
        # Rounded, so that among equals the first wins: the one that looks straight.
        score = np.where(open_, np.round((shows @ (need * weight)) * novelty, 4), -1)
        best = int(score.argmax())
        shown = shows[best] > 0.3
        gain = float(weight[shown & (photos < few)].sum())
        if score[best] < LEAST:
            break
        found.append(Ghost(view=views[best], gain=gain, nearest=int(nearest[best]), turn=float(turn[best])))
        need = np.maximum(need - shows[best] / few, 0)
        open_ &= _angles_at(habits.focus, eyes, eyes[best]) > APART
    return tuple(found)


def _nearest_photo(eyes: F64, habits: Habits) -> tuple[np.ndarray, F64]:
    """For each place the photo's index and the angle to it, seen from the photos' common focus."""
    angles = np.stack([_angles_at(habits.focus, habits.centres, eye) for eye in eyes])
    return angles.argmin(1), angles.min(1)


def _angles_at(focus: F64, ones: F64, other: F64) -> F64:
    """(N,) degrees."""
    a, b = ones - focus, other - focus
    cosine = a @ b / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b), 1e-30)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
