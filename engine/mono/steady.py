"""The frames of a film: depth that stays steady from one to the next, without lagging behind what moves.

A network judges each frame alone: scale, shift and detail of its depth flicker. Here each frame's inverse depth is first brought to the
running one's scale and shift, where both show the same; then the two are mixed, moved along with the picture. What goes on changing
in one direction is a motion, not a flicker: its pace is followed, so that the mixture does not lag behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..datatypes import F32, U8
from .guess import Guess

KEPT = 0.82  # of the running depth, where the picture moved as expected
PACE = 0.25  # of a frame's surprise that is taken for motion
DOUBT = 0.30  # relative change of depth: far beyond it the new frame is believed, not the old
GREYS = 14.0  # grey levels (0..255) that a pixel may change by and still be the same
LEAK, LEAK_METRIC = 0.12, 0.15  # of scale and shift: in the long run the network's own win
LEAST_NOISE = 0.05
CUT = 0.25  # share of the picture that is recognised: with less a new shot begins
FLOW_ROUND = 1.0  # pixels that the flow there and back may miss by


@dataclass(frozen=True)
class _Running:
    grey: U8
    inverse_depth: F32
    pace: F32  # its change per frame
    sky: F32 | None
    noise: float = 1.0  # its variance against a single frame's


class Steady:
    """Goes along with a film, a frame at a time."""

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def follow(self, picture: U8, guess: Guess) -> tuple[Guess, bool]:
        """The guess, steadied, and whether a new shot begins with it. `picture` is the frame, small."""
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
        before = self._running
        if before is None or before.grey.shape != grey.shape or before.inverse_depth.shape != guess.inverse_depth.shape:
            return self._begin(grey, guess)
        flow, trust = self._moved(before.grey, grey)
        if float(trust.mean()) < CUT:
            return self._begin(grey, guess)
        height, width = guess.inverse_depth.shape
        flow, trust = _flow_at(flow, width, height), _at(trust, width, height)
        old = _along(before.inverse_depth, flow)
        pace = _along(before.pace, flow)
        expected = np.maximum(old + pace, 0)
        new = _brought_to(guess.inverse_depth, expected, trust, guess.metric, before.noise)
        change = np.abs(new - expected) / np.maximum(0.5 * (new + expected), 1e-9)
        keep = np.asarray(KEPT * trust * np.exp(-((change / DOUBT) ** 2)), np.float32)
        mixed = np.asarray(new + keep * (expected - new), np.float32)
        pace = np.asarray((pace + PACE * (new - expected)) * (keep / KEPT), np.float32)
        noise = max(KEPT**2 * before.noise + (1 - KEPT) ** 2, LEAST_NOISE)
        sky = guess.sky
        if sky is not None and before.sky is not None and before.sky.shape == sky.shape:
            sky = np.asarray(sky + _fit(keep, sky) * (_along(before.sky, _fit_flow(flow, sky)) - sky), np.float32)
        self._running = _Running(grey, mixed, cv2.GaussianBlur(pace, (0, 0), 1.5), sky, noise)
        return replace(guess, inverse_depth=mixed, sky=sky), False

    def _begin(self, grey: U8, guess: Guess) -> tuple[Guess, bool]:
        plane = guess.inverse_depth.astype(np.float32)
        self._running = _Running(grey, plane, np.zeros_like(plane), guess.sky)
        return guess, True

    def _moved(self, before: U8, now: U8) -> tuple[F32, F32]:
        """Where each pixel was in the frame before, in pixels from here, and how sure that is, 0..1."""
        back = np.asarray(self._flow.calc(now, before, None), np.float32)
        ahead = np.asarray(self._flow.calc(before, now, None), np.float32)
        miss = np.linalg.norm(back + _along(ahead, back), axis=2) / (FLOW_ROUND + 0.1 * np.linalg.norm(back, axis=2))
        soft = (cv2.blur(now, (3, 3)), cv2.blur(before, (3, 3)))
        changed = np.abs(soft[0].astype(np.float32) - _along(soft[1].astype(np.float32), back)) / GREYS
        return back, np.asarray(np.exp(-(miss**2) - changed**2) * _inside(back), np.float32)


def _brought_to(new: F32, running: F32, trust: F32, metric: bool, noise: float) -> F32:
    """`new`, scaled and shifted to fit the running depth where both show the same. Both are noisy, the running one `noise` times as
    much (in variance): a plain fit of either to the other would flatten depth, or blow it up, a little with each frame (Deming)."""
    weight = trust * (trust > 0.3)
    if float(weight.sum()) < 0.02 * weight.size:
        return new
    slope, shift = 1.0, 0.0
    robust = np.ones_like(weight)
    for _ in range(4):
        w = weight * robust
        total = float(w.sum())
        mean_new, mean_old = float((w * new).sum()) / total, float((w * running).sum()) / total
        spread = float((w * (running - mean_old) ** 2).sum()) / total
        width = float((w * (new - mean_new) ** 2).sum()) / total
        together = float((w * (running - mean_old) * (new - mean_new)).sum()) / total
        little = (0.02 * mean_old) ** 2  # a flat scene tells no scale but that of its mean
        ratio = mean_new / max(mean_old, 1e-12)
        spread, together, width = spread + little, together + little * ratio, width + little * ratio**2
        more = width - spread / noise
        slope = (more + (more**2 + 4 * together**2 / noise) ** 0.5) / (2 * max(together, 1e-20))
        slope = float(np.clip(slope, 0.2, 5.0))
        shift = mean_new - slope * mean_old
        off = np.abs(new - slope * running - shift)
        usual = float(np.median(off[weight > 0])) + 1e-12
        robust = np.minimum(1, 2 * usual / np.maximum(off, 1e-12))
    leak = LEAK_METRIC if metric else LEAK
    slope, shift = slope ** (1 - leak), shift * (1 - leak)
    fitted = (new - shift) / slope
    return np.asarray(np.maximum(fitted, 0), np.float32)


def _along(plane: F32, flow: F32) -> F32:
    """The plane as it lies after the motion."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.asarray(
        cv2.remap(plane, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def _inside(flow: F32) -> F32:
    height, width = flow.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    return np.asarray((x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5), np.float32)


def _flow_at(flow: F32, width: int, height: int) -> F32:
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale, np.float32)


def _at(plane: F32, width: int, height: int) -> F32:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _fit(plane: F32, like: F32) -> F32:
    return plane if plane.shape == like.shape else _at(plane, like.shape[1], like.shape[0])


def _fit_flow(flow: F32, like: F32) -> F32:
    return flow if flow.shape[:2] == like.shape else _flow_at(flow, like.shape[1], like.shape[0])
