"""What can be seen of a depth map before the stage is done: a thinned, coloured cloud of its points, told as a preview.

A view's cloud is told anew, and finer, whenever one size of its map is done, and a last time when its map is final.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import cv2
import numpy as np

from ..datatypes import F32, U8, Bool, View
from ..report import Report
from ..workspace import PART_SUFFIX

FOLDER = "previews" + PART_SUFFIX  # a killed run's is removed by the next
POINTS_IN_ALL = 400_000
POINTS_PER_VIEW = (1_000, 20_000)
SWATCH = 256  # pixels of the longer side of the picture that colours come from


class Landing:
    """Writes the clouds into `folder` while the stage works; `close` removes them."""

    def __init__(self, views: list[View], folder: Path, report: Report) -> None:
        self._folder, self._report = folder / FOLDER, report
        least, most = POINTS_PER_VIEW
        self._count = int(np.clip(POINTS_IN_ALL // max(len(views), 1), least, most))
        self._swatches: dict[str, U8] = {}
        self._told = 0

    def see(self, view: View, pixels: U8) -> None:
        """The view's picture, for the points' colours."""
        scale = SWATCH / max(pixels.shape[:2])
        if view.name not in self._swatches:
            self._swatches[view.name] = np.asarray(
                cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            )

    def tell(self, view: View, inverse: F32, good: Bool) -> None:
        """The view's points of now: inverse depths (H, W), and which of them to believe."""
        chosen = np.flatnonzero(good)
        swatch = self._swatches.get(view.name)
        if not self._report.run.watched or not len(chosen) or swatch is None:
            return
        if len(chosen) > self._count:
            chosen = np.random.default_rng(len(chosen)).choice(chosen, self._count, replace=False)
        y, x = np.divmod(chosen, view.width)
        ray = np.stack([x + 0.5, y + 0.5, np.ones(len(x))], 1) @ np.linalg.inv(view.K).T @ view.rotation
        points = view.centre_in_world + ray / inverse.ravel()[chosen][:, None]
        row = ((y + 0.5) * swatch.shape[0] / view.height).astype(int)
        column = ((x + 0.5) * swatch.shape[1] / view.width).astype(int)
        self._write(view.name, points.astype(np.float32), swatch[row, column])

    def _write(self, name: str, points: F32, colours: U8) -> None:
        """A new name each time: the reader may still hold the last."""
        with contextlib.suppress(OSError):  # a preview is not worth stopping a run for
            self._folder.mkdir(exist_ok=True)
            self._told += 1
            part = self._folder / f"{self._told}{PART_SUFFIX}"
            with open(part, "wb") as handle:
                np.savez(handle, points=points, colours=colours)
            self._report.preview("dense", part.rename(self._folder / f"{name}.{self._told}.npz"))

    def close(self) -> None:
        """The stage is over."""
        shutil.rmtree(self._folder, ignore_errors=True)
