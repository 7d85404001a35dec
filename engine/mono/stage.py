"""Photos ─► the depth of each: a network's guess, brought to the photo's edges, with a focal length and a scale.

Photos are taken each for itself, or as the frames of a film: then depth stays steady from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import cv2
import numpy as np

from ..datatypes import F32, U8, Bool, Photo
from ..images import load_mask, load_photo
from ..report import Report
from ..settings import MonoSettings
from ..single import MonoDepth
from .choose import provider_of
from .focal import Focal, choose_focal, known_focal
from .guess import Guess, Provider
from .refine import refined
from .skies import split_sky
from .steady import Steady
from .vanishing import up_of

MAP_PIXELS = 25_000_000  # a larger photo's depth stays at this size: it holds no more detail
READ_SIDE = 2048  # networks get the photo at most this large
USUAL_DEPTH = 4.0  # where the scale is unknown the usual pixel is so far away
FURTHEST = 50.0  # times the usual depth: what a network says lies beyond it is as far as this
MIDDLE = 0.06  # of each side: the picture's middle, when somebody says how far away that is


class Kept(Protocol):
    """Guesses of an earlier run."""

    def get(self, photo: Photo) -> Guess | None: ...

    def put(self, photo: Photo, guess: Guess) -> None: ...


def run(
    photos: Sequence[Photo],
    settings: MonoSettings,
    report: Report,
    *,
    provider: Provider | None = None,
    kept: Kept | None = None,
    wanted: Callable[[Photo], bool] = lambda photo: True,
) -> Iterator[MonoDepth | None]:
    """In the photos' order. None for a photo that is not wanted: as a frame of a film it still counts for the next."""
    steady = Steady() if settings.sequence else None
    scale, focal = None, None  # a film keeps them from frame to frame
    with report.step("depth", len(photos), share=1.0) as step:
        for photo in photos:
            finish = wanted(photo)
            if not finish and steady is None:
                yield None
                step.advance()
                continue
            picture = picture_of(photo) if finish else None
            guess = None if kept is None else kept.get(photo)
            if guess is None:
                provider = provider or provider_of(settings)
                guess = read(photo, picture_of(photo) if picture is None else picture, provider, settings, report)
                if kept is not None:
                    kept.put(photo, guess)
            report.check()
            if steady is not None:
                guess, begins = steady.follow(small_of(photo, picture), guess)
                if begins:
                    scale, focal = None, None
                scale = scale or scale_of(guess, settings)
            if picture is not None:
                if focal is None or steady is None:
                    focal = choose_focal(photo, settings.focal_35mm, guess.focal_px, picture)
                yield finished(photo, picture, guess, focal, scale or scale_of(guess, settings), settings, report)
            else:
                yield None
            step.advance()


def read(photo: Photo, picture: U8, provider: Provider, settings: MonoSettings, report: Report) -> Guess:
    """What the network says. A focal length that it tells is for the full photo."""
    shrunk = _at_most(_without_cut_out(photo, picture), READ_SIDE)
    known = known_focal(photo, settings.focal_35mm)
    ratio = photo.width / shrunk.shape[1]
    guess = provider.read(shrunk, None if known is None else known.pixels / ratio, report)
    focal = None if guess.focal_px is None else guess.focal_px * ratio
    return Guess(
        inverse_depth=np.maximum(np.nan_to_num(guess.inverse_depth, nan=0.0, posinf=0.0, neginf=0.0), 0),
        metric=guess.metric,
        focal_px=focal,
        sky=guess.sky,
    )


def finished(
    photo: Photo, picture: U8, guess: Guess, focal: Focal, scale: float, settings: MonoSettings, report: Report
) -> MonoDepth:
    """The guess at the picture's size, in its scale."""
    height, width = picture.shape[:2]
    coarse, sky = split_sky(guess, picture, report.check)
    inverse_depth = refined(coarse, picture, report.check)
    report.check()
    np.maximum(inverse_depth, 1 / FURTHEST * usual_of(coarse), out=inverse_depth)
    inverse_depth *= np.float32(scale)
    inverse_depth[sky] = 0
    K = np.array([[focal.pixels, 0, photo.width / 2], [0, focal.pixels, photo.height / 2], [0, 0, 1]])
    K[0] *= width / photo.width
    K[1] *= height / photo.height
    return MonoDepth(
        photo=photo,
        K=K,
        focal_from=focal.source,
        provider=settings.provider,
        metric=guess.metric or settings.distance is not None,
        inverse_depth=inverse_depth,
        sky=sky,
        up=up_of(picture, float(K[0, 0])),
    )


def scale_of(guess: Guess, settings: MonoSettings) -> float:
    """What inverse depth is multiplied with: to metres where they are known, else to the usual depth."""
    if settings.distance is not None:
        return float(1 / (settings.distance * max(_middle(guess), 1e-9)))
    if guess.metric:
        return 1.0
    return float(1 / (USUAL_DEPTH * max(usual_of(guess.inverse_depth, _sky_of(guess)), 1e-9)))


def usual_of(inverse_depth: F32, sky: Bool | None = None) -> float:
    """The median inverse depth of what is not sky."""
    values = inverse_depth if sky is None else inverse_depth[~sky]
    values = values[values > 0]
    return float(np.median(values)) if values.size else 1.0


def picture_of(photo: Photo) -> U8:
    """The photo at the size of its depth map."""
    scale = min(1.0, (MAP_PIXELS / (photo.width * photo.height)) ** 0.5)
    return load_photo(photo, max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))


def small_of(photo: Photo, picture: U8 | None, side: int = 320) -> U8:
    """Small enough to follow what moves."""
    scale = min(1.0, side / max(photo.width, photo.height))
    width, height = max(round(photo.width * scale), 1), max(round(photo.height * scale), 1)
    if picture is None:
        return load_photo(photo, width, height)
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _sky_of(guess: Guess) -> Bool | None:
    if guess.sky is None:
        return None
    height, width = guess.inverse_depth.shape
    sky = cv2.resize(guess.sky.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(sky > 0.5)


def _middle(guess: Guess) -> float:
    """The inverse depth in the middle of the picture."""
    height, width = guess.inverse_depth.shape
    across, down = max(round(width * MIDDLE / 2), 1), max(round(height * MIDDLE / 2), 1)
    part = guess.inverse_depth[height // 2 - down : height // 2 + down, width // 2 - across : width // 2 + across]
    return usual_of(part)


def _at_most(picture: U8, side: int) -> U8:
    scale = side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _without_cut_out(photo: Photo, picture: U8) -> U8:
    """What is transparent holds any colour: networks get the mean of the rest there."""
    keep = load_mask(photo, picture.shape[1], picture.shape[0])
    if keep is None or not keep.any() or keep.all():
        return picture
    plain = picture.copy()
    plain[~keep] = picture[keep][:: max(int(keep.sum()) // 100_000, 1)].mean(0).astype(np.uint8)
    return plain
