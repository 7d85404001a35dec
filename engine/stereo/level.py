"""All views at one size: pictures and inverse depths in slots on the device, planes at rest on the host or, if need be, on disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..datatypes import F32, I32, U8, Bool, View
from ..kernels import buffers, ncc
from .neighbours import Plan
from .pyramid import level_grey, pair_row

BYTES_AT_REST = 14  # per pixel of the full size: planes of this level and the last, grey picture
BYTES_IN_SLOT = 8  # picture and inverse depth on the device
BYTES_MARKED = 4  # fusion's marks
BAND_PIXELS = 150_000  # per launch: well under half a second, so that cancel is heard and no display driver times out


class Store:
    """Where arrays rest between visits: in memory while that fits the budget, else in files that vanish at the end."""

    def __init__(self, views: list[View], needed_slots: int, memory_mb: int, folder: Path) -> None:
        largest = max(view.width * view.height for view in views)
        budget = 0.8 * memory_mb * 2**20
        self.spills = len(views) * largest * (BYTES_AT_REST + BYTES_IN_SLOT + BYTES_MARKED) > budget
        self.slots = len(views)
        if self.spills:
            left = budget - len(views) * largest * BYTES_MARKED
            self.slots = min(len(views), max(int(left / (largest * BYTES_IN_SLOT)), needed_slots))
        self._folder = Path(tempfile.mkdtemp(prefix=".planes", dir=folder)) if self.spills else None
        self._files = 0

    def array(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        if self._folder is None:
            return np.zeros(shape, dtype)
        self._files += 1
        return np.memmap(self._folder / f"{self._files}.bin", dtype, "w+", shape=shape)

    def drop(self, *arrays: np.ndarray) -> None:
        """Removes the arrays' files; the caller lets go of the arrays."""
        for array in arrays:
            if isinstance(array, np.memmap) and array.filename is not None:
                with suppress(OSError):  # Windows keeps a file that is still mapped; `close` removes it later
                    Path(str(array.filename)).unlink()

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


class Level:
    """One size of the pyramid."""

    def __init__(
        self, views: list[View], greys: Callable[[int], U8], valid: Callable[[int, View], Bool], store: Store
    ) -> None:
        self.views, self.store, self._greys, self._valid = views, store, greys, valid
        self.room = max(view.width * view.height for view in views)
        self.tex = buffers.ints(store.slots * self.room)
        self.idepth = buffers.floats(store.slots * self.room)
        offsets, weights = ncc.window()
        self.offsets, self.weights = buffers.float_buffer(offsets), buffers.float_buffer(weights)
        self.plane, self.chosen = buffers.floats(4 * self.room), buffers.ints(self.room)
        self.inverse = [store.array((v.height, v.width), np.float32) for v in views]
        self._rest = [store.array((v.height, v.width, 3), np.float16) for v in views]
        self.support: list[U8] = []  # views that confirm each pixel, itself counted; set by the filter
        self._slot_of: dict[int, int] = {}  # in the order of last use

    def valid(self, index: int) -> Bool:
        return self._valid(index, self.views[index])

    def planes(self, index: int) -> F32:
        """(H, W, 4): inverse depth, its changes to the right and down, cost."""
        view, inverse = self.views[index], self.inverse[index]
        rest = self._rest[index].astype(np.float32)
        tilt = rest[..., :2] * (inverse[..., None] / np.array([view.K[0, 0], view.K[1, 1]], np.float32))
        return np.concatenate([inverse[..., None], tilt, rest[..., 2:]], 2)

    def set_planes(self, index: int, plane: F32) -> None:
        """Tilts rest as slopes, in half precision: a thousandth of a slope moves nothing by a hundredth of a pixel."""
        view = self.views[index]
        self.inverse[index][:] = plane[..., 0]
        scale = np.array([view.K[0, 0], view.K[1, 1]], np.float32) / np.maximum(plane[..., :1], 1e-12)
        self._rest[index][..., :2] = np.clip(plane[..., 1:3] * scale, -6e4, 6e4)
        self._rest[index][..., 2] = plane[..., 3]

    def set_inverse(self, index: int, inverse: F32) -> None:
        """Replaces a view's inverse depths, in its slot too."""
        self.inverse[index][:] = inverse
        if index in self._slot_of:
            buffers.put_floats(self.idepth, self.base(index), inverse)

    def base(self, index: int) -> int:
        """Where a held view starts in the atlas."""
        return self._slot_of[index] * self.room

    def hold(self, indices: Iterable[int], texels: Callable[[int], I32] | None = None) -> None:
        """Brings views into slots; those that were not used for longest make way."""
        wanted = list(indices)
        for index in wanted:
            if index in self._slot_of:
                self._slot_of[index] = self._slot_of.pop(index)
        for index in wanted:
            if index in self._slot_of:
                continue
            if len(self._slot_of) < self.store.slots:
                slot = len(self._slot_of)
            else:
                slot = self._slot_of.pop(next(i for i in self._slot_of if i not in wanted))
            self._slot_of[index] = slot
            buffers.put_ints(self.tex, slot * self.room, texels(index) if texels else self._texels(index))
            buffers.put_floats(self.idepth, slot * self.room, self.inverse[index])

    def forget_slots(self) -> None:
        """Everything is loaded anew: `hold` is about to be given other texels."""
        self._slot_of.clear()

    def _texels(self, index: int) -> I32:
        return ncc.pack(level_grey(self._greys(index), self.views[index]))

    def pairs(self, plan: Plan) -> tuple[buffers.Buffer, buffers.Buffer]:
        """The kernels' `cams` and `slots` of a held reference; the fourth of a slot is its place in fusion's marks."""
        ref = self.views[plan.view]
        rows = [pair_row(ref, self.views[j], prior) for j, prior in zip(plan.sources, plan.priors, strict=True)]
        slots = [[self.base(j), self.views[j].width, self.views[j].height, j * self.room] for j in plan.sources]
        return buffers.float_buffer(np.array(rows, np.float32)), buffers.int_buffer(np.array(slots, np.int32))

    def bands(self, view: View) -> list[tuple[int, int]]:
        rows = max(BAND_PIXELS // view.width, 1)
        return [(r, min(r + rows, view.height)) for r in range(0, view.height, rows)]

    def drop(self) -> None:
        self.store.drop(*self.inverse, *self._rest)
