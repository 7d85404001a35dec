"""One photo and its depth ─► layers from back to front, each a picture with soft edges, its depth, and what was hidden filled in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ..datatypes import F32, F64, I32, U8, Bool
from ..report import Report
from ..settings import LayerSettings
from ..single import Layer, MonoDepth
from . import fill
from .cloth import cloth
from .cut import SMALLEST, cut, nearby, nearest
from .frame import LEVEL
from .matte import bled, matte
from .sway import Reach, planned

BAND = 0.0035  # of the picture's longer side: half the width of what a soft edge may be
SPARE = 1.25  # of what the planned move shows: so much is filled
PAD = 3  # pixels beyond that
SKY_SHARE = 0.004  # of the picture: less sky is no layer
SKY_BEYOND = 0.25  # of the furthest thing's inverse depth: where the sky hangs
SKY_FAR = 0.01  # of the nearest thing's: and no nearer than this
BINS = 10  # sizes of rings
SLOPE = 2.5  # a slope rises this much more over three times the way, a jump does not
SEAM = 5  # pixels: so wide is a jump of depth at most, since it was brought to the photo's edges


@dataclass(frozen=True)
class _Canvas:
    """The photo with a margin on all sides, at the layers' size. Where `inside` is False nothing is the photo's."""

    picture: F32  # (H, W, 3) 0..1
    inverse: F32
    labels: I32
    inside: Bool
    K: F64
    margin: int
    reach: Reach

    @cached_property
    def jumps(self) -> Bool:
        """Where depth itself jumps. A border of labels elsewhere parts one surface, however differently its two sides go on."""
        step, wide = self._range(SEAM), self._range(3 * SEAM)
        return np.asarray((step > SMALLEST / 2 * nearest(self.inverse)) & (wide < SLOPE * step))

    def _range(self, pixels: int) -> F32:
        """Between the nearest and the furthest in a window of so many pixels."""
        window = np.ones((pixels, pixels), np.uint8)
        return np.asarray(cv2.dilate(self.inverse, window) - cv2.erode(self.inverse, window))

    @property
    def side(self) -> int:
        """The photo's longer one."""
        height, width = self.labels.shape
        return int(max(height, width)) - 2 * self.margin


def layers(
    mono: MonoDepth,
    picture: U8,
    settings: LayerSettings,
    report: Report,
    cam_from_world: F64 = LEVEL,
    lama: fill.Painter | None = None,
) -> tuple[Layer, ...]:
    """`picture` is the photo, upright, of any size. The layers' pictures are larger than it by the same margin on all sides."""
    with report.step("cut", share=0.15):
        canvas = _canvas(mono, picture, settings)
        report.check()
    names = _names(canvas.labels, mono)
    made: list[Layer] = []
    over = np.zeros(canvas.labels.shape, np.float32)  # how much nearer layers cover
    with report.step("fill", len(names), share=0.85) as step:
        for number in reversed(range(len(names))):
            layer, over = _layer(canvas, number, names[number], over, settings, report, cam_from_world, lama)
            made.insert(0, layer)
            step.advance()
    report.count("invented", {layer.name: round(float(layer.invented.mean()), 4) for layer in made})
    return tuple(made)


def _names(labels: I32, mono: MonoDepth) -> list[str]:
    count = int(labels.max()) + 1
    sky = ["sky"] if _has_sky(mono.sky) else []
    usual = {1: ["back"], 2: ["back", "front"], 3: ["back", "middle", "front"]}
    rest = count - len(sky)
    return sky + usual.get(rest, ["back", *(f"middle-{i}" for i in range(1, rest - 1)), "front"])


def _has_sky(sky: Bool) -> bool:
    return SKY_SHARE < float(sky.mean()) < 1


def _canvas(mono: MonoDepth, picture: U8, settings: LayerSettings) -> _Canvas:
    height, width = picture.shape[:2]
    scale = min(1.0, settings.max_side / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    inverse, sky = _sized(mono, size)
    reach = planned(mono)
    labels = cut(inverse, sky, small, settings.count)
    if _has_sky(mono.sky):
        labels = np.where(sky, 0, labels + 1)
        things = inverse[~sky]
        hung = min(SKY_BEYOND * float(np.percentile(things, 1)), SKY_FAR * nearest(inverse))
        inverse = np.where(sky, hung, np.maximum(inverse, 2 * hung))
    used = np.unique(labels)
    labels = np.searchsorted(used, labels).astype(np.int32)
    inverse = np.maximum(inverse, 1e-3 * nearest(inverse))
    focal = float(mono.K[0, 0]) * size[0] / mono.inverse_depth.shape[1]
    rim = max(float(np.concatenate([inverse[0], inverse[-1], inverse[:, 0], inverse[:, -1]]).max()), 1 / reach.pivot)
    margin = int(np.ceil(SPARE * focal * reach.sway * rim)) + PAD
    K = mono.K.copy()
    K[0] *= size[0] / mono.inverse_depth.shape[1]
    K[1] *= size[1] / mono.inverse_depth.shape[0]
    K[:2, 2] += margin

    def wide(values: np.ndarray, kind: int = cv2.BORDER_REPLICATE) -> np.ndarray:
        return np.asarray(cv2.copyMakeBorder(values, margin, margin, margin, margin, kind))

    return _Canvas(
        picture=wide(small.astype(np.float32) / 255),
        inverse=wide(inverse.astype(np.float32)),
        labels=wide(labels.astype(np.int32)),
        inside=wide(np.ones(labels.shape, np.uint8), cv2.BORDER_CONSTANT) > 0,
        K=K,
        margin=margin,
        reach=reach,
    )


def _sized(mono: MonoDepth, size: tuple[int, int]) -> tuple[F32, Bool]:
    """Enlarged, edges stay where they are; shrunk, they are not mixed to depths that nothing has."""
    inverse = cv2.resize(mono.inverse_depth, size, interpolation=cv2.INTER_NEAREST)
    if size[0] > mono.inverse_depth.shape[1]:
        inverse = cv2.medianBlur(inverse, 5)
    sky = cv2.resize(mono.sky.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return inverse.astype(np.float32), sky


def _layer(
    canvas: _Canvas, number: int, name: str, over: F32, settings: LayerSettings, report: Report, cam_from_world: F64,
    lama: fill.Painter | None,
) -> tuple[Layer, F32]:  # fmt: skip
    labels, band = canvas.labels, max(2, round(BAND * canvas.side))
    own, hidden_by = labels == number, labels > number
    cover, colours, clean = _own_edge(canvas, number, band)
    sure = _clean_depth(canvas.labels, own, band)
    hiding = np.where(hidden_by, canvas.inverse, np.inf).astype(np.float32)
    inverse = fill.depth(canvas.inverse, sure, hiding)
    ring, seam, border = _ring(canvas, own, hidden_by, inverse, band)
    nearest_own = _belongs(labels, number)
    ring, touched = ring & nearest_own, seam & hidden_by & nearest_own
    shown = (own | touched) & canvas.inside
    # next to a nearer layer colours are painted anew: it shines through into them, and sharpened photos have bright rims there
    mixed = own & ((over > 0.02) | _within(border, band)) & ~seam
    known = shown & ~mixed & (clean | (cover > 0.9))
    wanted = (ring | mixed | (own & ~canvas.inside)) & ~known
    outside = (labels < number) & _closer(own, hidden_by)
    edge = (own | outside) & (cover > 0) & (cover < 1) & ~mixed & ~wanted
    painted = fill.colour(colours, inverse, known, wanted, settings, report.check, lama)
    body = known | wanted | edge
    alpha = np.where(body, cover if number else 1.0, 0).astype(np.float32)
    picture = np.where(wanted[..., None], painted, colours)
    rgb = bled(picture, alpha)
    rgba = np.dstack([rgb, alpha])
    support = alpha > 1 / 510
    layer = Layer(
        name=name,
        colour=np.clip(rgba * 255 + 0.5, 0, 255).astype(np.uint8),
        depth=np.where(support, 1 / np.maximum(inverse, 1e-9), 0).astype(np.float32),
        invented=support & wanted,
        margin=canvas.margin,
        surface=cloth(inverse, support, wanted, canvas.K, cam_from_world, settings.faces),
    )
    return layer, cover


def _own_edge(canvas: _Canvas, number: int, band: int) -> tuple[F32, F32, Bool]:
    """The soft cover of this layer and all nearer ones against what is further away, its colours, and where those are the photo's."""
    front = canvas.labels >= number
    if front.all():
        return np.ones(front.shape, np.float32), canvas.picture, np.ones(front.shape, bool)
    near, far = _both_sides(canvas, front, band)
    told = near - far > SMALLEST / 2 * nearest(canvas.inverse)
    border = front & canvas.jumps & (cv2.dilate((~front).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    told &= _within(border, band + 1)
    cover, colours = matte(canvas.picture, front, told & canvas.inside, band)
    return cover, colours, np.asarray(front & (cover > 0.98))


def _both_sides(canvas: _Canvas, front: Bool, band: int) -> tuple[F32, F32]:
    """Near its border, the inverse depths of a set of pixels and of what is around it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    inner = cv2.erode(front.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE)
    outer = cv2.erode((~front).astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE)
    return nearby(canvas.inverse, inner, band), nearby(canvas.inverse, outer, band)


def _clean_depth(labels: I32, own: Bool, band: int) -> Bool:
    """The layer's pixels whose depth no other layer's has run into. Thin things keep what they have."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * (band // 2) + 1,) * 2)
    inner = cv2.erode(own.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0
    reached = cv2.dilate(inner.astype(np.uint8), np.ones((2 * band + 3,) * 2, np.uint8)) > 0
    return np.asarray(inner | (own & ~reached))


def _ring(canvas: _Canvas, own: Bool, hidden_by: Bool, inverse: F32, band: int) -> tuple[Bool, Bool, Bool]:
    """What a move may uncover of a layer behind nearer ones; the seam where it only touches them, so that the photo shows
    both; and where it does not, the border between them.

    Along its border the step of depth says how far the nearer layer will move against it.
    """
    if not hidden_by.any():
        none = np.zeros_like(own)
        return none, none, none
    near, _ = _both_sides(canvas, hidden_by, band)
    three = np.ones((3, 3), np.uint8)
    border = hidden_by & (cv2.dilate(own.astype(np.uint8), three) > 0)
    step = np.where(border, np.maximum(near - inverse, 0), 0)
    step = cv2.dilate(step, np.ones((2 * band + 1,) * 2, np.uint8)) * border  # the widest nearby counts
    pixels = SPARE * float(canvas.K[0, 0]) * canvas.reach.sway * step
    touches = (step < SMALLEST / 3 * nearest(canvas.inverse)) | ~canvas.jumps
    ring = np.zeros_like(own)
    top = float(pixels.max(initial=0))
    for k in range(BINS):
        low, high = top * k / BINS, top * (k + 1) / BINS
        some = border & (pixels > low) & (pixels <= high) if k else border & (pixels <= high)
        ring |= hidden_by & _within(some, high + band + PAD)
    seam = _within(border & touches, band + PAD) & ~_within(border & ~touches, band + PAD)
    return ring, seam, border & ~touches


def _belongs(labels: I32, number: int) -> Bool:
    """What is hidden belongs to the layer that is nearest in the picture: a horizon goes on behind a crate as it came."""
    reached = labels <= number
    _, which = cv2.distanceTransformWithLabels(
        (~reached).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    own = np.zeros(int(which.max()) + 1, bool)
    own[which[labels == number]] = True
    return np.asarray(own[which])


def _closer(ours: Bool, theirs: Bool) -> Bool:
    """Where the nearest pixel of ours is nearer than the nearest of theirs."""
    if not theirs.any():
        return np.ones_like(ours)
    mine = cv2.distanceTransform((~ours).astype(np.uint8), cv2.DIST_L2, 5)
    other = cv2.distanceTransform((~theirs).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(mine < other)


def _within(some: Bool, pixels: float) -> Bool:
    if not some.any():
        return np.zeros_like(some)
    return np.asarray(cv2.distanceTransform((~some).astype(np.uint8), cv2.DIST_L2, 5) <= pixels)
