"""A camera that stood still while the subject turned: what looks the same in most photos is the background, and is masked.

The background would tie the cameras to itself, and where they follow the subject it would smear over the model. Photos may
have been taken from several still places (rings at different heights): each group has a background of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..datatypes import F32, U8, Bool, Photo
from ..images import load_photo
from ..report import Step

THUMB = 128  # pixels: the longer side at which photos are compared with one another
SIDE = 640  # … and at which the background is told from the subject
MODEL_PHOTOS = 60  # of a group, at most, that its background is read from
FEWEST = 5  # photos from one place
ALIKE = 0.4  # of the picture is background, at least
SAME_PLACE = 0.6, 5.0  # grey levels: two photos from one place differ there by no more than …
SAME_PLACE_GAIN = 2.5  # … so many times what next neighbours do, within these bounds
NEARLY_ALWAYS = 0.8  # of the photos show the background where the subject does not come by
SOMETIMES = 0.35  # … and at least so many must where it does
NOISE = 2.0  # how far apart background pixels may lie, in what they do at the picture's border; and beside that …
ALSO = 2.0, 10.0  # … at least and at most so many grey levels
SHAKE = 0.35  # pixels by which the camera may tremble: times the slope, that is some more
DIFFERENT = 10.0  # grey levels: what differs more from the background, beside its noise, is in front of it
STILL_SHARE = 0.15  # of the picture, joined to its border: a smaller background does not count
SUBJECT = (0.004, 0.8)  # of the picture
PATCH, PATTERN = 11, 6.0  # pixels over which a background shows a pattern, and by how many grey levels it varies there
EDGE = 24.0  # grey levels over two pixels: texture that can only stand still if the camera does
EDGE_SHARE = 0.004  # of the picture's pixels
EDGE_CELLS = 8  # of 64: a date stamp or dust is not all over


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """What a group of photos has behind its subject. Everything (h, w) at `SIDE`."""

    members: tuple[int, ...]  # places in the photos
    colour: F32  # (h, w, 3)
    known: Bool  # (h, w) where it was seen
    noise: float  # grey levels between photos
    textured: bool  # it has edges all over, which stand still: no doubt about the camera


def groups_of(photos: Sequence[Photo], step: Step) -> list[list[int]]:
    """Photos that look as if taken from one place: most of the picture is the same. Each group has at least `FEWEST`."""
    thumbs = []
    for photo in photos:
        thumbs.append(cv2.GaussianBlur(_load(photo, THUMB), (0, 0), 1.0))
        step.advance()
    shapes = np.array([t.shape[:2] for t in thumbs])
    distance = np.full((len(photos), len(photos)), np.inf)
    for i in range(len(photos)):
        for j in range(i):
            if (shapes[i] == shapes[j]).all():
                distance[i, j] = distance[j, i] = _difference(thumbs[i], thumbs[j])
        step.check()
    nearest = distance.min(1)
    usual = float(np.quantile(nearest[np.isfinite(nearest)], 0.25)) if np.isfinite(nearest).any() else 0.0
    joined = distance < np.clip(SAME_PLACE_GAIN * usual, *SAME_PLACE)
    label = np.arange(len(photos))
    for _ in range(len(photos)):
        wider = np.where(joined, label[None], len(photos)).min(1)
        wider = np.minimum(wider, label)
        if (wider == label).all():
            break
        label = wider
    found = [np.nonzero(label == one)[0].tolist() for one in np.unique(label)]
    return [group for group in found if len(group) >= FEWEST]


def backdrop_of(photos: Sequence[Photo], group: list[int], step: Step) -> Backdrop | None:
    """What stands still in a group's photos; None where too little does, or nothing moves."""
    some = [group[i] for i in np.unique(np.linspace(0, len(group) - 1, MODEL_PHOTOS).round().astype(int))]
    pictures = []
    for index in some:
        pictures.append(_load(photos[index], SIDE))
        step.advance()
    middle = np.median(np.stack(pictures), axis=0).astype(np.float32)
    stack = np.stack([picture * _gain(picture, middle) for picture in pictures])
    colour, known, noise = _background(stack)
    edges = (_edges(colour) > EDGE) & known
    cells = cv2.resize(edges.astype(np.float32), (8, 8), interpolation=cv2.INTER_AREA)
    textured = edges.mean() > EDGE_SHARE and (cells > EDGE_SHARE).sum() >= EDGE_CELLS
    if known.mean() < STILL_SHARE or not SUBJECT[0] < 1 - known.mean() < SUBJECT[1]:
        return None
    return Backdrop(members=tuple(group), colour=colour, known=known, noise=noise, textured=bool(textured))


def subject_in(photo: Photo, backdrop: Backdrop) -> Bool | None:
    """(h, w) at `SIDE`: what is in front of the backdrop. None where next to nothing is, or nearly all."""
    picture = _load(photo, SIDE)
    picture = picture * _gain(picture, backdrop.colour)
    front = ~backdrop.known | (_apart(picture, backdrop.colour) > DIFFERENT + backdrop.noise)
    front = cv2.morphologyEx(front.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    front = cv2.morphologyEx(front, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    front = cv2.dilate(_largest(_without_holes(front)), np.ones((3, 3), np.uint8)) > 0
    return front if SUBJECT[0] < front.mean() < SUBJECT[1] else None


def _load(photo: Photo, side: int) -> F32:
    scale = min(1.0, side / max(photo.width, photo.height))
    width, height = max(round(photo.width * scale), 8), max(round(photo.height * scale), 8)
    return load_photo(photo, width, height).astype(np.float32)


def _gain(picture: F32, like: F32) -> F32:
    """Per channel what brings the picture to the other's exposure; the subject covers less than half of it."""
    usable = (picture > 16) & (picture < 240) & (like > 16)
    out = np.ones(3, np.float32)
    for channel in range(3):
        ok = usable[..., channel]
        if ok.mean() > 0.05:
            out[channel] = np.clip(np.median(like[..., channel][ok] / picture[..., channel][ok]), 0.5, 2.0)
    return out


def _difference(one: F32, other: F32) -> float:
    """How far apart those pixels are at most that are most alike."""
    apart = np.abs(one - other * _gain(other, one)).max(2)
    return float(np.quantile(apart, ALIKE))


def _background(stack: F32) -> tuple[F32, Bool, float]:
    """Its colour, where it is known, and its noise.

    What nearly always looks the same and reaches the border is background for certain: a plain part of the subject that always
    shows does neither. From there it grows to where it shows only sometimes, but never over an edge: behind one the subject
    begins, unless there is a pattern.
    """
    colour, spread = _mode(stack, NEARLY_ALWAYS)
    rim = np.concatenate([spread[:8].ravel(), spread[-8:].ravel(), spread[:, :8].ravel(), spread[:, -8:].ravel()])
    noise = float(np.quantile(rim, 0.4))
    slope = _edges(colour)
    sure = _joined_to_border(_opened(spread < np.clip(NOISE * noise, *ALSO) + SHAKE * slope))
    rare, rare_spread = _mode(stack, SOMETIMES)
    limit = np.clip(NOISE * noise, *ALSO) / 2 + 1
    plain = _opened((rare_spread < limit) & (_edges(rare) < EDGE / 2))
    known = _touching(plain | sure, sure)
    textured = _textured(rare, rare_spread < limit + SHAKE * _edges(rare))
    known = _touching(known | textured, sure) & (known | textured)
    colour = np.where(sure[..., None], colour, rare).astype(np.float32)
    return colour, _closed(known), noise


def _textured(colour: F32, agreed: Bool) -> Bool:
    """Where the pictures agree on a pattern: a subject that turns shows none twice in one place, so no edge need stop there."""
    size = (PATCH, PATCH)
    grey = colour.max(2)
    mean = cv2.blur(grey, size)
    pattern = np.sqrt(np.maximum(cv2.blur(grey * grey, size) - mean * mean, 0)) > PATTERN
    found = agreed & pattern & (cv2.blur(agreed.astype(np.float32), size) > 0.8)
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (PATCH + 2, PATCH + 2))  # an outline alone is no pattern
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, wide) > 0)


def _closed(mask: Bool) -> Bool:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0)


def _opened(mask: Bool) -> Bool:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0)


def _touching(mask: Bool, seeds: Bool) -> Bool:
    """The pieces of the mask that hold a seed."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    wanted = np.zeros(labels.max() + 1, bool)
    wanted[np.unique(labels[seeds & mask])] = True
    wanted[0] = False
    return np.asarray(wanted[labels])


def _mode(stack: F32, share: float) -> tuple[F32, F32]:
    """The colour that this share of the pictures have most nearly in common, and how far apart they are there."""
    count = max(round(share * len(stack)), 3)
    colour, spread = np.empty(stack.shape[1:], np.float32), np.zeros(stack.shape[1:3], np.float32)
    for channel in range(3):
        values = np.sort(stack[..., channel], axis=0)
        width = values[count - 1 :] - values[: len(values) - count + 1]
        start = width.argmin(0)[None]
        low, high = np.take_along_axis(values, start, 0)[0], np.take_along_axis(values, start + count - 1, 0)[0]
        colour[..., channel] = (low + high) / 2
        spread = np.maximum(spread, high - low)
    return colour, spread


def _joined_to_border(still: Bool) -> Bool:
    """A plain part of the subject may look the same all around, but the background reaches the picture's border."""
    _, labels = cv2.connectedComponents(still.astype(np.uint8), connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    size = np.bincount(rim, minlength=labels.max() + 1)
    size[0] = 0
    return np.asarray((size > 0.02 * len(rim))[labels])


def _edges(colour: F32) -> F32:
    grey = cv2.GaussianBlur(colour.max(2), (0, 0), 0.8)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(np.hypot(dx, dy), np.float32)


def _apart(picture: F32, backdrop: F32) -> F32:
    """The difference from the backdrop, which may have shaken by a pixel."""
    best = np.full(picture.shape[:2], np.inf, np.float32)
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8)
    behind = cv2.GaussianBlur(backdrop, (0, 0), 0.8)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            best = np.minimum(best, np.abs(smooth - np.roll(behind, (dy, dx), (0, 1))).max(2))
    return best


def _without_holes(front: U8) -> U8:
    """Fills what the subject encloses, where it is small: a plain spot, not the gap under a handle."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - front, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < 0.01 * max(int(front.sum()), 1)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    small[np.unique(rim)] = False
    out = front.copy()
    out[small[labels] & (front == 0)] = 1
    return out


def _largest(front: U8) -> U8:
    """The subject, and what is not tiny beside it."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(front, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    return np.asarray((area > 0.05 * area.max(initial=1))[labels] & (front > 0), np.uint8)
