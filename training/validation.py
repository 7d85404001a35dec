"""The held-out made-up scenes and the two figures: judged as the public benchmarks judge affine-invariant depth."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.network import DepthNet, coordinates
from training.pool import AT_ONCE, HELD_OUT, Recipe, packed

U8, F32, F64 = NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]

SIZE = (192, 256)


@dataclass(frozen=True)
class HeldOut:
    """Pictures (n, H, W, 3) and inverse depth (n, H, W; 0 sky)."""

    pictures: U8
    inverse_depth: F32


@dataclass(frozen=True)
class Verdict:
    """Means over the scenes, `sky_iou` over all pixels. A few scenes reach so far that they alone decide the mean of AbsRel:
    `abs_rel_middle` is the middle scene's."""

    abs_rel: float
    delta1: float
    sky_iou: float
    abs_rel_middle: float


def held_out(recipe: Recipe, count: int, size: tuple[int, int] = SIZE) -> HeldOut:
    """Scenes whose seeds training never sees; the same at every call."""
    recipe.open_device()
    rng = np.random.default_rng(HELD_OUT)
    seeds = np.arange(HELD_OUT, HELD_OUT + count, dtype=np.int64)
    parts = [recipe.make(seeds[k : k + AT_ONCE], *size, rng) for k in range(0, count, AT_ONCE)]
    pictures, depths = (np.concatenate(part) for part in zip(*parts, strict=True))
    return HeldOut(pictures, np.stack([packed(depth).astype(np.float32) for depth in depths]))


def held_out_aside(recipe: Recipe, count: int) -> HeldOut:
    """The same, made in a process of its own, so that the renderer does not stay in this one."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as aside:
        return aside.submit(held_out, recipe, count).result()


def judge(guess: F32, truth: F32) -> tuple[float, float]:
    """AbsRel and delta1 of inverse depth after least squares of scale and shift, over pixels with truth > 0."""
    known = truth > 0
    g, t = guess[known].astype(np.float64), truth[known].astype(np.float64)
    scale, shift = np.linalg.lstsq(np.stack([g, np.ones_like(g)], 1), t, rcond=None)[0]
    low = t.min() / 2  # nothing lies further than twice the furthest true point
    depth, true_depth = 1 / np.maximum(scale * g + shift, low), 1 / t
    ratio = np.maximum(depth / true_depth, true_depth / depth)
    return float(np.mean(np.abs(depth - true_depth) / true_depth)), float(np.mean(ratio < 1.25))


def floor_guess(scenes: HeldOut) -> Verdict:
    """What 'the floor is near' reaches: the figure to beat."""
    height, width = scenes.inverse_depth.shape[1:]
    ramp = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, 1)
    rows = [judge(ramp, truth) for truth in scenes.inverse_depth if (truth > 0).sum() > 100]
    return _summed(rows, 0.0)


@torch.no_grad()
def verdict(net: DepthNet, scenes: HeldOut, device: str = "cpu", at_once: int = 8, *, small: bool = False) -> Verdict:
    """How the network does on them, at their size or at half of it."""
    net.eval()
    height, width = scenes.pictures.shape[1:3]
    asked = (height // 2, width // 2) if small else (height, width)
    place = coordinates(*asked).to(device)
    rows, both, either = [], 0, 0
    for start in range(0, len(scenes.pictures), at_once):
        pictures = torch.from_numpy(scenes.pictures[start : start + at_once]).to(device).permute(0, 3, 1, 2) / 255
        pictures = functional.interpolate(pictures, asked, mode="area") if small else pictures
        inputs = torch.cat([pictures, place.expand(len(pictures), -1, -1, -1)], 1)
        with torch.autocast(device, torch.bfloat16):
            answer = net(inputs.contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
        for (near, sky), truth in zip(answer, scenes.inverse_depth[start : start + at_once], strict=True):
            said = cv2.resize(sky, (width, height)) > 0.5
            both += int((said & (truth == 0)).sum())
            either += int((said | (truth == 0)).sum())
            if (truth > 0).sum() > 100:
                rows.append(judge(cv2.resize(near, (width, height)), truth))
    return _summed(rows, both / max(either, 1))


def _summed(rows: list[tuple[float, float]], sky_iou: float) -> Verdict:
    abs_rel, delta1 = np.mean(rows, axis=0)
    return Verdict(float(abs_rel), float(delta1), sky_iou, float(np.median(rows, axis=0)[0]))
