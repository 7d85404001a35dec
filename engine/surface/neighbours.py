"""Who is near whom: exact nearest neighbours, occupied cells, and connected components, all without SciPy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..datatypes import F32, Bool

Index = NDArray[np.int64]
_KD_TREE = 4  # FLANN's single, exact k-d tree; OpenCV's Python module does not name it
_EVERY_LEAF = -1
_CHUNK = 200_000  # queries between two looks at the cancel button: about 0.3 s
_HALF_OF_THE_26 = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)]


class PointTree:
    """Exact nearest neighbours among points."""

    def __init__(self, points: F32) -> None:
        self.points = np.ascontiguousarray(points, np.float32)  # the tree keeps no copy: this must outlive it
        self._tree = cv2.flann_Index(  # type: ignore[attr-defined]  # missing in the stubs alone
            self.points, {"algorithm": _KD_TREE, "leaf_max_size": 10}
        )

    def nearest(self, queries: F32, count: int, check: Any = None) -> tuple[NDArray[np.int32], F32]:
        """(N, 3) -> indices and distances, each (N, count), nearest first. `check` is called between chunks."""
        count = min(count, len(self.points))
        index = np.empty((len(queries), count), np.int32)
        distance = np.empty((len(queries), count), np.float32)
        for start in range(0, len(queries), _CHUNK):
            part = np.ascontiguousarray(queries[start : start + _CHUNK], np.float32)
            found, squared = self._tree.knnSearch(part, count, params={"checks": _EVERY_LEAF})
            index[start : start + len(part)] = found
            distance[start : start + len(part)] = np.sqrt(squared)
            if check is not None:
                check()
        return index, distance


class Cells:
    """The occupied cells of a uniform grid. `of_point` leads from each point to its cell."""

    def __init__(self, points: NDArray[Any], size: float) -> None:
        self.size = size
        self.low = points.min(0).astype(np.float64) - size  # one empty cell around: neighbours never wrap
        place = ((points - self.low) / size).astype(np.int64)
        self._span = place.max(0) + 3
        if float(np.prod(self._span.astype(float))) > 2**62:
            raise ValueError("the grid has too many cells")
        keys, self.of_point, self.count = np.unique(self._key(place), return_inverse=True, return_counts=True)
        self.keys: Index = keys

    def _key(self, place: Index) -> Index:
        key: Index = (place[:, 0] * self._span[1] + place[:, 1]) * self._span[2] + place[:, 2]
        return key

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def places(self) -> Index:
        """(C, 3) integer coordinates."""
        yz = self.keys % (self._span[1] * self._span[2])
        return np.stack([self.keys // (self._span[1] * self._span[2]), yz // self._span[2], yz % self._span[2]], 1)

    @property
    def centres(self) -> NDArray[np.float64]:
        return np.asarray(self.low + (self.places + 0.5) * self.size)

    def mean(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Per cell the mean over its points of (N,) or (N, K) values."""
        columns = values.reshape(len(values), -1)
        sums = [np.bincount(self.of_point, columns[:, k], len(self)) for k in range(columns.shape[1])]
        return np.asarray(np.stack(sums, 1) / self.count[:, None]).reshape(len(self), *values.shape[1:])

    def touching(self, among: Bool) -> tuple[Index, Index]:
        """Pairs of cells that touch by face, edge or corner, both `among`."""
        chosen = np.nonzero(among)[0]
        keys, places = self.keys[chosen], self.places[chosen]
        one, other = [], []
        for offset in _HALF_OF_THE_26:
            wanted = self._key(places + np.array(offset))
            at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            hit = keys[at] == wanted if len(keys) else np.zeros(0, bool)
            one.append(chosen[hit])
            other.append(chosen[at[hit]])
        return np.concatenate(one), np.concatenate(other)


def components(count: int, one: NDArray[Any], other: NDArray[Any]) -> Index:
    """Labels 0, 1, … of the connected components of `count` nodes under the links one[i] - other[i]."""
    root = np.arange(count)
    one, other = np.asarray(one, np.int64), np.asarray(other, np.int64)
    while len(one):
        a, b = root[one], root[other]
        apart = a != b
        one, other, a, b = one[apart], other[apart], a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while True:  # shorten every chain to its end
            shorter = root[root]
            if np.array_equal(shorter, root):
                break
            root = shorter
    labels: Index = np.unique(root, return_inverse=True)[1].reshape(-1)
    return labels
