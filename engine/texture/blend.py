"""Paints the atlas: details from each patch's own photo, broad tones from what all photos agree on, so seams don't show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, U8, Bool, View
from ..images import load_view
from ..kernels.texture_bake import GUESSED, OUTSIDE, Atlas, Shot, bake, kept, new_sums, resolve
from ..report import Report, Step
from ..settings import TextureSettings
from .choose import Choice
from .graph import Graph
from .observe import Observations, Shape, depth_of, look_view
from .sheets import TEXEL_BYTES, Sheet, Tile, batches
from .survey import Survey

TONE_ROUNDS = 24  # smoothing over vertices that parts broad tones from details
STRIP = 512  # rows of the picture whose gutters are filled at once; a multiple of four
CHUNK = 20_000  # faces per kernel launch: short, so that cancelling is quick


@dataclass(frozen=True, kw_only=True)
class Page:
    """One finished picture, first row on top, gutters filled. `tile` is a UDIM tile's number, 0 where there is but one."""

    tile: int
    picture: U8  # (T, T, 3)
    guessed: Bool  # (T, T) texels of the surface that no photo showed


def paint(
    found: Survey,
    tiles: Sequence[Tile],
    settings: TextureSettings,
    score: F64 | None,
    report: Report,
    share: float,
    put: Callable[[Page], None],
) -> float:
    """Paints all tiles, some sheets at a time; gives the share of texels that several faces wanted.

    `score` (F,) says which face has them; None where it is known that none overlap.
    """
    size = settings.size
    texels = sum(1 for _ in tiles) * size * size
    rounds = max(-(-texels * TEXEL_BYTES // (settings.memory_mb * 1_000_000)), 1)
    middle = found.shape.points.mean(0, dtype=np.float64)
    points = (found.shape.points - middle).astype(np.float32)
    open_pages: dict[int, _OpenPage] = {}
    dispute: list[float] = []
    with report.step("paint", len(found.views) * rounds, share=share) as step:
        for sheets, disputed in batches(tiles, size, settings.memory_mb, score):
            dispute.append(disputed)
            for sheet, fill in _paint_sheets(found, points, middle, sheets, size, report, step):
                page = open_pages.setdefault(sheet.tile, _OpenPage(size))
                if page.take(sheet, fill):
                    put(open_pages.pop(sheet.tile).finish(tiles[sheet.tile].number, report))
    return float(np.mean(dispute))


class _OpenPage:
    """A picture of which some sheets are there."""

    def __init__(self, size: int) -> None:
        self.picture = np.zeros((size, size, 3), np.uint8)
        self.kind = np.zeros((size, size), np.uint8)
        self.missing = size

    def take(self, sheet: Sheet, fill: Callable[[U8, U8], None]) -> bool:
        """Whether the page is complete now."""
        rows = slice(sheet.first, sheet.first + sheet.rows)
        fill(self.picture[rows], self.kind[rows])
        self.missing -= sheet.rows
        return self.missing == 0

    def finish(self, tile: int, report: Report) -> Page:
        """With its gutters. Memory is used again: a large page has none to spare."""
        picture = fill_gutters(self.picture, self.kind != OUTSIDE, report)
        guessed = np.equal(self.kind, GUESSED, out=self.kind.view(np.bool_))
        return Page(tile=tile, picture=picture, guessed=guessed)


def _paint_sheets(
    found: Survey, points: F32, middle: F64, sheets: list[Sheet], size: int, report: Report, step: Step
) -> Iterator[tuple[Sheet, Callable[[U8, U8], None]]]:
    """Each photo is read once and goes onto all sheets; then comes what writes their colours and what each texel is."""
    choice, shape = found.choice, found.shape
    atlases = [
        Atlas(
            points=points,
            faces=np.ascontiguousarray(shape.faces[sheet.faces]),
            corners=sheet.corners,
            width=size,
            height=sheet.rows,
            owner=kept(sheet.owner),
        )
        for sheet in sheets
    ]
    sums = [new_sums(atlas.width, atlas.height) for atlas in atlases]
    for i, view in enumerate(found.views):
        picks = [np.nonzero(choice.views[sheet.faces] == i) for sheet in sheets]
        texels = [
            _texel_footprint(a, rows.astype(np.int32)) for a, (rows, _) in zip(atlases, picks, strict=True) if len(rows)
        ]
        if texels:
            shot = _shot(view, shape, middle, found.gains[i], float(np.median(texels)))
            report.check()
            shift = _tone_shift(i, choice, found.observed, found.gains[i], found.graph)
            for sheet, atlas, (rows, slots), total in zip(sheets, atlases, picks, sums, strict=True):
                for start in range(0, len(rows), CHUNK):
                    report.check()
                    cut = slice(start, start + CHUNK)
                    weights = np.ascontiguousarray(choice.weights[sheet.faces[rows[cut]], slots[cut]])
                    bake(atlas, shot, rows[cut].astype(np.int32), weights, shift, total)
        step.advance()
    for sheet, atlas in zip(sheets, atlases, strict=True):
        report.check()
        yield sheet, partial(resolve, atlas, choice.colours, choice.unseen, sums.pop(0))


def _texel_footprint(atlas: Atlas, rows: I32) -> float:
    """The median side of a texel in world units, over some faces."""
    rows = rows[:: max(len(rows) // 5000, 1)]
    corner = atlas.points[atlas.faces[rows]].astype(np.float64)
    flat = atlas.corners[rows].reshape(-1, 3, 2).astype(np.float64)
    world = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    texels = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    return float(np.sqrt(np.median(world / np.maximum(texels, 1e-12))))


def _shot(view: View, shape: Shape, middle: F64, gain: F64, texel: float) -> Shot:
    """The view ready for baking; a photo much finer than the texture is scaled down first, or it would alias."""
    depth = depth_of(look_view(view), shape)
    distance = np.linalg.norm(middle - view.centre_in_world)
    texel_px = texel * view.K[0, 0] / max(float(distance), 1e-9)
    if texel_px > 1.4:
        fitting = view.resized(max(round(view.width / texel_px), 16), max(round(view.height / texel_px), 16))
        picture = cv2.resize(load_view(view), (fitting.width, fitting.height), interpolation=cv2.INTER_AREA)
        view = fitting
    else:
        picture = load_view(view)
    moved = np.concatenate([view.rotation, (view.rotation @ middle + view.translation)[:, None]], 1)
    return Shot(
        projection=view.K @ moved,
        picture=np.ascontiguousarray(picture),
        depth=depth,
        focal_px=float(view.K[0, 0]),
        gain=gain,
    )


def _tone_shift(i: int, choice: Choice, observed: Observations, gain: F64, graph: Graph) -> F32:
    """(V, 3) what must be added to a photo so that its broad tones are those that all photos agree on."""
    trust = choice.trust[i].astype(np.float32)
    own = observed.colours[i].astype(np.float32) * gain.astype(np.float32)
    stack = np.concatenate([(choice.colours - own) * trust[:, None], trust[:, None]], 1)
    smooth = graph.diffuse(stack, TONE_ROUNDS)
    return np.asarray(smooth[:, :3] / np.maximum(smooth[:, 3:], 1e-4), np.float32)


def fill_gutters(picture: U8, inside: Bool, report: Report) -> U8:
    """Empty texels take the colour of what is nearest, level by level, so that smaller copies of the texture don't bleed.

    Changes `picture`. The two finest levels are made a strip at a time: a large texture's would fill the memory.
    """
    report.check()
    height, width = inside.shape
    if min(height, width) < 8 or inside.all() or not inside.any():
        return picture
    quarter = np.zeros((height // 4, width // 4, 4), np.float32)
    for first in range(0, height // 4, STRIP // 4):
        report.check()
        rows = slice(first * 4, min(first + STRIP // 4, height // 4) * 4)
        quarter[first : rows.stop // 4] = _halved(_halved(_sums(picture[rows], inside[rows])))
    coarse = _fill_levels(quarter)
    del quarter
    for first in range(0, height, STRIP):
        report.check()
        rows = slice(first, min(first + STRIP, height))
        _fill_strip(picture, inside, coarse, rows)
    return picture


def _fill_strip(picture: U8, inside: Bool, coarse: U8, rows: slice) -> None:
    """Some rows; `coarse` is a quarter of the picture's size, without holes."""
    low, high = rows.start // 4, min(rows.stop // 4, len(coarse))
    low = min(low, high - 1)
    around = coarse[max(low - 1, 0) : high + 1]
    wide = cv2.resize(around, (coarse.shape[1] * 2, len(around) * 2), interpolation=cv2.INTER_LINEAR)
    half = wide[2 if low > 0 else 0 :][: (high - low) * 2]
    sums = _halved(_sums(picture[low * 4 : high * 4], inside[low * 4 : high * 4]))[:, : half.shape[1]]
    known = sums[..., 3] > 0
    half[known] = np.clip(sums[..., :3][known] / sums[..., 3:][known] + 0.5, 0, 255)
    down = np.minimum((np.arange(rows.start, rows.stop) - low * 4) // 2, len(half) - 1)
    across = np.minimum(np.arange(inside.shape[1]) // 2, half.shape[1] - 1)
    empty = ~inside[rows]
    picture[rows][empty] = half[down][:, across][empty]


def _sums(picture: U8, inside: Bool) -> F32:
    """(h, w, 4) colours and weight."""
    sums = np.zeros((*inside.shape, 4), np.float32)
    sums[..., 3] = inside
    np.multiply(picture, inside[..., None], out=sums[..., :3], casting="unsafe")
    return sums


def _halved(sums: F32) -> F32:
    height, width = sums.shape[0] // 2, sums.shape[1] // 2
    return np.asarray(sums[: height * 2, : width * 2].reshape(height, 2, width, 2, 4).sum((1, 3)))


def _fill_levels(sums: F32) -> U8:
    """(h, w, 4) sums of colours and weight -> (h, w, 3) with no hole: each level's holes from the next coarser one."""
    height, width = sums.shape[:2]
    colour = sums[..., :3] / np.maximum(sums[..., 3:], 1e-6)
    empty = sums[..., 3] == 0
    if empty.any() and min(height, width) >= 2:
        coarse = _fill_levels(_halved(sums))
        wide = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        colour[empty] = wide[empty]
    elif empty.any():
        colour[empty] = colour[~empty].mean(0) if (~empty).any() else 128
    return np.clip(colour + 0.5, 0, 255).astype(np.uint8)
