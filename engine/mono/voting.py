"""Which side of an edge a pixel is on: voted by those around it whose side is known, the like-coloured ones most."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, I32, U8

CHUNK = 1 << 14  # pixels that are voted on at once: what they need stays in the processor's cache
THREADS = 4


@dataclass(frozen=True)
class Electorate:
    """The voters. Where `near` and `far` are given, `side` is a depth and counts by where it lies between the asker's two."""

    picture: U8  # (H, W, 3)
    side: F32  # (H, W)
    known: F32  # (H, W) how sure each is of its side, 0..1
    near: F32 | None = None
    far: F32 | None = None


def vote(
    among: Electorate,
    share: F32,
    band: I32,
    reach: float,
    colour: float,
    count: int,
    prior: float,
    check: Callable[[], None] = lambda: None,
) -> F32:
    """Every pixel of the band (flat indices) asks about `count` others within `reach` pixels. `colour` is how far apart colours
    (0..255) may be to count; `prior` is the weight of the pixel's own share so far."""
    out = share.copy()
    voters = _offsets(reach, count)
    parts = [band[first : first + CHUNK] for first in range(0, len(band), CHUNK)]
    workers = min(THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        for at in range(0, len(parts), 4 * workers):
            check()
            some = parts[at : at + 4 * workers]
            results = pool.map(lambda part: _counted(among, share, part, voters, colour, prior), some)
            for part, result in zip(some, results, strict=True):
                out.ravel()[part] = result
    return out


def _counted(
    among: Electorate, share: F32, part: I32, voters: list[tuple[int, int, float]], colour: float, prior: float
) -> F32:
    height, width = share.shape
    y, x = np.divmod(part, np.int32(width))
    pixels = among.picture.reshape(-1, 3)
    own = pixels[part].astype(np.float32)
    relative = among.near is not None and among.far is not None
    if relative:
        low = among.far.ravel()[part]  # type: ignore[union-attr]
        gap = 1 / np.maximum(among.near.ravel()[part] - low, 1e-12)  # type: ignore[union-attr]
    total = np.full(len(part), prior, np.float32)
    votes = np.float32(prior) * share.ravel()[part]
    steep = np.float32(1 / (2.5 * colour) ** 2)
    for dx, dy, weight in voters:
        there = np.clip(y + dy, 0, height - 1) * width + np.clip(x + dx, 0, width - 1)
        apart = pixels[there] - own
        alike = np.maximum(1 - np.einsum("ij,ij->i", apart, apart) * steep, 0)
        alike *= alike
        alike *= among.known.ravel()[there]
        alike *= np.float32(weight)
        side = among.side.ravel()[there]
        if relative:
            side = np.clip((side - low) * gap, 0, 1)
        total += alike
        votes += alike * side
    return np.asarray(votes / total, np.float32)


def _offsets(reach: float, count: int) -> list[tuple[int, int, float]]:
    """(x, y, weight) over a disc, denser and weightier in the middle, the same every time, each once."""
    turn = np.pi * (3 - 5**0.5)
    k = np.arange(count) + 0.5
    far = (k / count) ** 0.75
    x, y = (np.round(reach * far * wave(k * turn)).astype(int) for wave in (np.cos, np.sin))
    found = {(int(a), int(b)): float(np.exp(-1.5 * r * r)) for a, b, r in zip(x, y, far, strict=True)}
    return [(a, b, weight) for (a, b), weight in found.items() if a or b]
