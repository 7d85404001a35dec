"""Which photo colours which part: colours that contradict the others are out, then the best photo wins, in large patches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..datatypes import F32, F64, I32
from ..report import Report
from .graph import Graph, graph_of
from .observe import Observations

BLOCK = 16  # views that are smoothed at once
TOLERANCE = 10.0  # 8-bit levels: so far may a photo lie from the others and still be trusted
DECENT = 0.1  # quality from which on a view has a full vote
REJECTED = 0.2  # agreement below which a photo has no say
HEARSAY = 0.5  # the same where only the neighbourhood's agreement is known
DOUBT_ROUNDS = 24  # how far agreement is carried on
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
    agree = np.zeros((views, count), np.float16)
    settled = np.zeros(count, bool)  # enough photos to tell who is wrong, or no quarrel
    for cut in _chunks(count, report):
        votes = np.minimum(observed.quality[:, cut].astype(np.float32) / DECENT, 1)
        agree[:, cut], settled[cut] = _agree(_values(observed, gains, cut), votes)
    hearsay = _Hearsay(settled, graph)
    trust = np.zeros((views, count), np.float16)
    for start in range(0, views, BLOCK):
        report.check()
        block = slice(start, start + BLOCK)
        quality = observed.quality[block].astype(np.float32)
        seen = (quality > 0).T
        own = agree[block].astype(np.float32).T
        smooth = graph.diffuse(own * seen, 3) / np.maximum(graph.diffuse(seen.astype(np.float32), 3), 1e-6)
        own = np.minimum(own, smooth)  # what contradicts is a thing and not a speckle
        hearsay.apply(own, seen)
        trust[block] = quality * np.where(own > REJECTED, own, 0).T ** 2
    colours = np.zeros((count, 3), np.float32)
    for cut in _chunks(count, report):
        weight = np.minimum(trust[:, cut].astype(np.float32) / DECENT, 1)
        total = (_values(observed, gains, cut) * weight[..., None]).sum(0)
        colours[cut] = total / np.maximum(weight.sum(0), 1e-9)[:, None]
    return colours, trust


def _chunks(count: int, report: Report) -> Iterator[slice]:
    for start in range(0, count, 16384):
        report.check()
        yield slice(start, min(start + 16384, count))


def _values(observed: Observations, gains: F64, cut: slice) -> F32:
    return observed.colours[:, cut].astype(np.float32) * gains[:, None].astype(np.float32)


def _agree(values: F32, votes: F32) -> tuple[F32, np.ndarray]:
    """(N, n, 3) colours, (N, n) votes -> (N, n) 0..1 how near each is to the robust middle; (n,) whether that is certain.

    Each decent view has one vote, however close it was: the best view may be the one with a passer-by in it.
    """
    seen = votes > 0
    middle = _weighted_median(values, votes)
    several = votes.sum(0) - votes.max(0) > 1.0  # one that errs is outvoted
    agree = seen.astype(np.float32)
    away = np.zeros_like(votes)
    for _ in range(4):
        away = np.sqrt(((values - middle) ** 2).mean(2))
        spread = 1.5 * 1.4826 * _weighted_median(away[..., None], votes)[:, 0]
        scale = np.clip(spread, TOLERANCE, 3 * TOLERANCE)
        agree = np.where(seen, np.exp(-0.5 * (away / scale) ** 2), 0).astype(np.float32)
        weight = votes * agree
        total = weight.sum(0)
        mean = (values * weight[..., None]).sum(0) / np.maximum(total, 1e-6)[:, None]
        middle = np.where((total > 1e-6)[:, None], mean, middle).astype(np.float32)
    quarrel = np.where(seen, away, 0).max(0) > 3 * TOLERANCE
    alone = seen.sum(0) < 2
    return np.where(several, agree, seen), several | ~(alone | quarrel)


class _Hearsay:
    """Carries agreement on from where many photos look to where only one or two do.

    Someone who stood before the surface hides it in one piece: where nobody can contradict a photo, its neighbourhood does.
    """

    def __init__(self, settled: np.ndarray, graph: Graph) -> None:
        near = ~settled
        a, b = graph.pairs[:, 0], graph.pairs[:, 1]
        wanted = near.copy()
        wanted[a[near[b]]] = True
        wanted[b[near[a]]] = True
        self.nodes = np.nonzero(wanted)[0]
        number = np.full(len(settled), -1, np.int32)
        number[self.nodes] = np.arange(len(self.nodes), dtype=np.int32)
        pairs = number[graph.pairs]
        self.graph = graph_of(pairs[(pairs >= 0).all(1)], len(self.nodes))
        self.settled = settled[self.nodes]

    def apply(self, agree: F32, seen: np.ndarray) -> None:
        """(V, C) agreement; changed in place at unsettled vertices."""
        if self.settled.all():
            return
        known = seen[self.nodes] & self.settled[:, None]
        sure = agree[self.nodes] * known
        value, reached = sure, known.astype(np.float32)
        for _ in range(DOUBT_ROUNDS):
            total = self.graph.diffuse(np.concatenate([value * reached, reached], 1), 1)
            total, weight = total[:, : value.shape[1]], total[:, value.shape[1] :]
            value = np.where(known, sure, total / np.maximum(weight, 1e-9))
            reached = (weight > 0).astype(np.float32)
        told = np.where((reached > 0) & (value < HEARSAY), 0, 1)
        agree[self.nodes] = np.where(self.settled[:, None], agree[self.nodes], told)


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
        smooth[block] = np.where(
            quality > 0.003, blurred * np.minimum(quality / np.maximum(blurred, 1e-6), 1) ** 0.5, 0
        )
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
