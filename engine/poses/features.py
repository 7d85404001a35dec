"""Keypoints and descriptors of every photo: OpenCV's SIFT, spread over the picture, as RootSIFT in bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..datatypes import F32, U8, Bool, Photo
from ..images import load_mask, load_photo
from ..report import Step
from ..settings import PoseSettings

BYTES_PER_PIXEL = 250  # SIFT's pyramid starts at twice the size and holds about a dozen float pictures per octave
BASE_MB = 150  # the interpreter and the libraries
CELLS_PER_SIDE = 12  # on the longer side, for the spread
DESCRIPTOR_SCALE = 512.0  # a RootSIFT entry in bytes, as COLMAP stores it


@dataclass(frozen=True, kw_only=True)
class Features:
    """One photo's keypoints, best first. Pixels are of the full-size photo, centres at .5."""

    xy: F32  # (N, 2)
    size: F32  # (N,) diameter, full-size pixels
    descriptors: U8  # (N, 128)
    colours: U8  # (N, 3)

    def __len__(self) -> int:
        return len(self.xy)

    def keep(self, which: Bool) -> Features:
        return replace(
            self,
            xy=self.xy[which],
            size=self.size[which],
            descriptors=self.descriptors[which],
            colours=self.colours[which],
        )

    def unit(self) -> F32:
        """(N, 128) descriptors of length one."""
        values = self.descriptors.astype(np.float32)
        values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
        return values


def extract_all(photos: Sequence[Photo], settings: PoseSettings, step: Step) -> list[Features]:
    """Features of every photo, in order; as many at a time as the memory budget allows."""
    workers = _workers(photos, settings.memory_mb)
    out: list[Features] = []
    # One photo is decoded ahead while another is searched: decoding and SIFT both let go of the interpreter.
    with ThreadPoolExecutor(workers + 1) as loaders, ThreadPoolExecutor(workers) as searchers:
        for future in _pipeline(photos, settings, loaders, searchers, workers):
            out.append(future.result())
            step.advance()
    return out


def _pipeline(
    photos: Sequence[Photo],
    settings: PoseSettings,
    loaders: ThreadPoolExecutor,
    searchers: ThreadPoolExecutor,
    workers: int,
) -> Iterator[Future[Features]]:
    """The searches in the photos' order, never more than `workers` + 1 photos under way."""
    waiting: list[Future[Features]] = []
    for photo in photos:
        pixels = loaders.submit(_load, photo)
        waiting.append(searchers.submit(_search, photo, pixels, settings))
        if len(waiting) > workers:
            yield waiting.pop(0)
    yield from waiting


def _workers(photos: Sequence[Photo], memory_mb: int) -> int:
    pixels = max((p.working_width * p.working_height for p in photos), default=1)
    fit = int((memory_mb - BASE_MB) * 1e6 / (pixels * BYTES_PER_PIXEL))
    return max(1, min(fit, os.cpu_count() or 1, len(photos)))


def _load(photo: Photo) -> tuple[U8, Bool | None]:
    width, height = photo.working_width, photo.working_height
    return load_photo(photo, width, height), load_mask(photo, width, height)


def _search(photo: Photo, pixels: Future[tuple[U8, Bool | None]], settings: PoseSettings) -> Features:
    picture, mask = pixels.result()
    scale = (photo.width / photo.working_width, photo.height / photo.working_height)
    return extract(picture, mask, settings, scale)


def extract(picture: U8, mask: Bool | None, settings: PoseSettings, scale: tuple[float, float]) -> Features:
    """SIFT of one picture; `scale` leads from its pixels to the full photo's."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    # The stubs lag behind the library.
    sift = cv2.SIFT_create(contrastThreshold=settings.contrast_threshold, enable_precise_upscale=True)  # type: ignore[attr-defined]
    found = sift.detect(grey, None)
    if not found:
        return _empty()
    xy = np.array([k.pt for k in found], np.float32) + 0.5  # OpenCV counts pixel centres from 0
    response = np.array([k.response for k in found], np.float32)
    height, width = grey.shape
    column, row = np.clip(xy[:, 0].astype(int), 0, width - 1), np.clip(xy[:, 1].astype(int), 0, height - 1)
    allowed = np.ones(len(xy), bool) if mask is None else mask[row, column]
    chosen = np.nonzero(allowed)[0]
    chosen = chosen[spread_choice(xy[chosen], response[chosen], (width, height), settings.max_features)]
    if len(chosen) == 0:
        return _empty()
    # compute() keeps the order of what it is given and drops nothing for SIFT.
    _, raw = sift.compute(grey, [found[i] for i in chosen])
    return Features(
        xy=(xy[chosen] * np.array(scale, np.float32)),
        size=np.array([found[i].size for i in chosen], np.float32) * np.float32(scale[0]),
        descriptors=root_sift(raw),
        colours=picture[row[chosen], column[chosen]],
    )


def root_sift(raw: F32) -> U8:
    """Square root of the L1-normalised histogram: Euclidean distance then acts like Hellinger's, which matches better."""
    share = raw / np.maximum(raw.sum(1, keepdims=True), 1e-6)
    out: U8 = np.round(np.sqrt(share) * DESCRIPTOR_SCALE).clip(0, 255).astype(np.uint8)
    return out


def spread_choice(xy: F32, response: F32, size: tuple[int, int], count: int) -> np.ndarray:
    """Indices of at most `count` keypoints: half the strongest of all, half the strongest of their own cell.

    So neither does a busy background take all, nor does a plain wall's noise push out the subject. Strongest first.
    """
    order = np.argsort(-response, kind="stable")
    if len(order) <= count:
        return order
    cell_size = max(size) / CELLS_PER_SIDE
    cell = (xy[:, 1] // cell_size).astype(int) * 1000 + (xy[:, 0] // cell_size).astype(int)
    by_cell = order[np.argsort(cell[order], kind="stable")]
    starts = np.r_[True, cell[by_cell][1:] != cell[by_cell][:-1]]
    first = np.nonzero(starts)[0]
    place = np.empty(len(xy), int)
    place[by_cell] = np.arange(len(xy)) - np.repeat(first, np.diff(np.r_[first, len(xy)]))
    chosen = np.zeros(len(xy), bool)
    chosen[order[: count // 2]] = True
    rest = order[~chosen[order]]
    rest = rest[np.argsort(place[rest], kind="stable")]
    chosen[rest[: count - int(chosen.sum())]] = True
    return order[chosen[order]]


def _empty() -> Features:
    return Features(
        xy=np.zeros((0, 2), np.float32),
        size=np.zeros(0, np.float32),
        descriptors=np.zeros((0, 128), np.uint8),
        colours=np.zeros((0, 3), np.uint8),
    )
