"""For large sets: which photos are worth a look at all, by a global descriptor (VLAD over a small codebook) and by name order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..datatypes import F32
from .features import Features

WORDS = 64
TRAIN_ROWS = 20_000
PER_PHOTO = 1000  # strongest keypoints that describe a photo
ALIKE = 30  # most similar photos to look at
IN_ORDER = 5  # and the next ones in name order: people shoot in sequence


def likely_pairs(features: Sequence[Features], seed: int) -> list[tuple[int, int]]:
    """(i, j), i < j: about `ALIKE` + `IN_ORDER` partners per photo, so the cost grows with the photos, not with their square."""
    count = len(features)
    likeness = global_descriptors(features, seed)
    likeness = likeness @ likeness.T
    np.fill_diagonal(likeness, -np.inf)
    pairs = {(i, j) for i in range(count) for j in range(i + 1, min(i + 1 + IN_ORDER, count))}
    for i in range(count):
        for j in np.argsort(-likeness[i], kind="stable")[:ALIKE]:
            if j != i:
                pairs.add((min(i, int(j)), max(i, int(j))))
    return sorted(pairs)


def global_descriptors(features: Sequence[Features], seed: int) -> F32:
    """(N, WORDS * 128) unit vectors: per visual word how the photo's descriptors differ from it."""
    rng = np.random.default_rng(seed)
    few = [f.unit()[:PER_PHOTO] for f in features]
    words = _codebook(np.concatenate(few), rng)
    out = np.zeros((len(few), len(words) * 128), np.float32)
    for row, descriptors in zip(out, few, strict=True):
        if len(descriptors) == 0:
            continue
        word = (descriptors @ words.T).argmax(1)
        sums = np.zeros((len(words), 128), np.float32)
        np.add.at(sums, word, descriptors - words[word])
        sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)  # no word may shout the others down
        row[:] = sums.ravel() / max(float(np.linalg.norm(sums)), 1e-6)
    return out


def _codebook(rows: F32, rng: np.random.Generator) -> F32:
    """Spherical k-means over a sample of the set's own descriptors."""
    rows = rows[rng.permutation(len(rows))[:TRAIN_ROWS]]
    words = rows[: min(WORDS, len(rows))].copy()
    for _ in range(8):
        word = (rows @ words.T).argmax(1)
        sums = np.zeros_like(words)
        np.add.at(sums, word, rows)
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        words = np.where(length > 1e-6, sums / np.maximum(length, 1e-6), words).astype(np.float32)
    return words
