"""Which photo colours which part: colours that contradict the others are out, then the best photo wins, in large patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, I32
from ..report import Report
from .graph import Graph
from .observe import Observations

BLOCK = 16  # views that are smoothed at once
TOLERANCE = 10.0  # 8-bit levels: so far may a photo lie from the others and still be trusted
PATCH_ROUNDS = 40  # smoothing of quality over vertices before the best photo is taken
VOTE_ROUNDS = 6
FEATHER_ROUNDS = 4
SLOTS = 3  # photos that are mixed on one face at most


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Per vertex its consensus colour and how much each photo counts there."""

    colours: F32  # (V, 3) what the trusted photos agree on; filled in where no photo is
    unseen: F32  # (V,) 1 = no photo shows it
    trust: np.ndarray  # (N, V) float16: quality of trusted observations
    views: I32  # (F, SLOTS) photos that colour a face, -1 = none
    weights: F32  # (F, SLOTS, 3) at its corners; with `unseen` they add up to about 1


def consensus(observed: Observations, gains: F64, graph: Graph, report: Report) -> tuple[F32, np.ndarray]:
    """(V, 3) colours that most photos agree on, and (N, V) quality with what contradicts them taken out."""
    views, count = observed.quality.shape
    colours = np.zeros((count, 3), np.float32)
    agree = np.zeros((views, count), np.float32)
    for start in range(0, count, 16384):
        report.check()
        cut = slice(start, min(start + 16384, count))
        values = observed.colours[:, cut].astype(np.float32) * gains[:, None].astype(np.float32)
        colours[cut], agree[:, cut] = _agree(values, observed.quality[:, cut].astype(np.float32))
    trust = np.zeros((views, count), np.float16)
    for start in range(0, views, BLOCK):  # a contradiction is as large as the thing that stood there: no speckles
        report.check()
        block = slice(start, start + BLOCK)
        quality = observed.quality[block].astype(np.float32)
        seen = (quality > 0).astype(np.float32)
        smooth = graph.diffuse((agree[block] * seen).T, 3) / np.maximum(graph.diffuse(seen.T, 3), 1e-6)
        trust[block] = quality * np.minimum(agree[block], smooth.T) ** 2
    return colours, trust


def _agree(values: F32, quality: F32) -> tuple[F32, F32]:
    """(N, n, 3) colours and (N, n) weights -> (n, 3) their robust middle, (N, n) 0..1 how near each is."""
    seen = quality > 0
    middle = _weighted_median(values, quality)
    agree = seen.astype(np.float32)
    several = seen.sum(0) >= 3
    for _ in range(4):
        away = np.sqrt(((values - middle) ** 2).mean(2))
        spread = 1.5 * _weighted_median(away[..., None], quality * agree)[:, 0] * 1.4826
        scale = np.clip(spread, TOLERANCE, 3 * TOLERANCE)
        agree = np.where(seen, np.exp(-0.5 * (away / scale) ** 2), 0).astype(np.float32)
        weight = quality * agree
        total = weight.sum(0)
        found = several & (total > 1e-6)
        mean = (values * weight[..., None]).sum(0) / np.maximum(total, 1e-6)[:, None]
        middle = np.where(found[:, None], mean, middle).astype(np.float32)
    agree[:, ~several] = seen[:, ~several]
    plain = (values * quality[..., None]).sum(0) / np.maximum(quality.sum(0), 1e-6)[:, None]
    return np.where(several[:, None], middle, plain).astype(np.float32), agree


def _weighted_median(values: F32, weights: F32) -> F32:
    """(N, n, C) and (N, n) -> (n, C)."""
    out = np.zeros(values.shape[1:], np.float32)
    for channel in range(values.shape[2]):
        order = np.argsort(values[..., channel], axis=0)
        sums = np.cumsum(np.take_along_axis(weights, order, 0), 0)
        at = (sums < sums[-1:] * 0.5).sum(0).clip(0, len(values) - 1)
        pick = np.take_along_axis(order, at[None], 0)[0]
        out[:, channel] = values[pick, np.arange(values.shape[1]), channel]
    return out


def label_vertices(trust: np.ndarray, graph: Graph, report: Report) -> I32:
    """(V,) the photo of each vertex, -1 where none sees it. Quality is smoothed first, then neighbours vote."""
    views, count = trust.shape
    best, label = np.zeros(count, np.float32), np.full(count, -1, np.int32)
    smooth = np.zeros((views, count), np.float16)
    for start in range(0, views, BLOCK):
        report.check()
        block = slice(start, start + BLOCK)
        quality = trust[block].astype(np.float32)
        blurred = graph.diffuse(quality.T, PATCH_ROUNDS).T
        # What sees the vertex but badly may be outvoted by its surroundings, what does not see it never wins.
        smooth[block] = np.where(quality > 0.003, blurred * np.minimum(quality / np.maximum(blurred, 1e-6), 1) ** 0.5, 0)
    for _ in range(VOTE_ROUNDS):
        before, best = label, np.zeros(count, np.float32)
        top = np.maximum(smooth.max(0).astype(np.float32), 1e-6)
        label = np.full(count, -1, np.int32)
        for start in range(0, views, BLOCK):
            report.check()
            ids = np.arange(start, min(start + BLOCK, views))
            votes = graph.diffuse((before[:, None] == ids).astype(np.float32), 2) if (before >= 0).any() else 0.0
            score = smooth[ids].astype(np.float32).T
            score = np.where(score > 0, score / top[:, None] + 1.5 * votes, 0)
            pick = score.argmax(1)
            value = score[np.arange(count), pick]
            better = value > best
            label[better], best[better] = ids[pick[better]], value[better]
        if np.array_equal(label, before):
            break
    return label


def mix(label: I32, trust: np.ndarray, faces: I32, graph: Graph, report: Report) -> tuple[F32, I32, F32]:
    """(V,) how unseen a vertex is, (F, SLOTS) photos per face, (F, SLOTS, 3) their weights: borders are feathered."""
    views, count = trust.shape
    unseen = graph.diffuse((label < 0).astype(np.float32), FEATHER_ROUNDS)
    unseen = np.where(label < 0, 1, np.clip(2 * unseen - 1, 0, 1)).astype(np.float32)
    weight = np.zeros((views, count), np.float16)
    for start in range(0, views, BLOCK):
        report.check()
        ids = np.arange(start, min(start + BLOCK, views))
        share = graph.diffuse((label[:, None] == ids).astype(np.float32), FEATHER_ROUNDS).T
        weight[ids] = share * np.minimum(trust[ids].astype(np.float32) * 20, 1)
    chosen = np.full((len(faces), SLOTS), -1, np.int32)
    weights = np.zeros((len(faces), SLOTS, 3), np.float32)
    for start in range(0, len(faces), 32768):
        report.check()
        cut = slice(start, start + 32768)
        corners = weight[:, faces[cut]].astype(np.float32)  # (N, n, 3)
        total = corners.sum(2)
        slots = min(SLOTS, views)
        top = np.argpartition(-total, slots - 1, axis=0)[:slots]
        value = np.take_along_axis(total, top, 0)
        keep = value > 0.03 * np.maximum(value.sum(0), 1e-6)
        chosen[cut, :slots] = np.where(keep, top, -1).T
        picked = np.take_along_axis(corners, top[..., None], 0) * keep[..., None]
        picked /= np.maximum(picked.sum(0), 1e-4)
        weights[cut, :slots] = picked.transpose(1, 0, 2)
    return unseen, chosen, weights


def fill_unseen(colours: F32, known: np.ndarray, graph: Graph, report: Report) -> F32:
    """Colours of vertices without a photo, from their surroundings on the surface, ring by ring, then smoothed."""
    out, done = colours.copy(), known.copy()
    if not done.any():
        return np.full_like(out, 128.0)
    a, b = graph.pairs[:, 0], graph.pairs[:, 1]
    while True:
        report.check()
        edge = done[a] != done[b]
        if not edge.any():
            break
        source = np.where(done[a[edge]], a[edge], b[edge])
        target = np.where(done[a[edge]], b[edge], a[edge])
        count = np.bincount(target, minlength=len(out))
        total = np.stack([np.bincount(target, out[source, k], len(out)) for k in range(3)], 1)
        new = count > 0
        out[new] = total[new] / count[new, None]
        done |= new
    out[~done] = np.median(out[known], axis=0)  # parts that no photo shows at all
    for _ in range(30):
        report.check()
        out = np.where(known[:, None], out, graph.diffuse(out, 4))
    return out.astype(np.float32)
