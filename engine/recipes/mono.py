"""What `depth` and `stage` share: single photos read, and their networks' guesses kept, so that a rerun asks no network again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..datatypes import Photo
from ..mono import stage as mono
from ..mono.embedded import FILE as EMBEDDED_FILE
from ..mono.guess import Guess
from ..photos import stage as prepare
from ..report import Report
from ..settings import MonoSettings, PhotoSettings
from ..single import MonoDepth
from ..storage import read_arrays
from ..workspace import key_of, written_aside

VERSION = 1  # raised when a guess changes, so that older ones are not taken for current
MIN_SIDE = 64  # pixels: a smaller photo has no depth to be read


class Guesses:
    """A folder of them; a file's name is the hash of what it was made from, so that its presence means that it holds."""

    def __init__(self, folder: Path, settings: MonoSettings) -> None:
        self.folder = folder
        self._made_by = (VERSION, settings.provider, _identity(settings.weights), settings.focal_35mm)
        self._used: set[str] = set()

    def key(self, photo: Photo) -> str:
        """What the photo's guess is made from."""
        key = key_of(*self._made_by, photo.content_hash, photo.orientation, photo.focal_px, photo.focal_source)
        self._used.add(key)
        return key

    def get(self, photo: Photo) -> Guess | None:
        path = self._path(photo)
        try:
            arrays = read_arrays(path)
            focal = float(arrays["focal_px"])
            return Guess(
                inverse_depth=arrays["inverse_depth"],
                metric=bool(arrays["metric"]),
                focal_px=focal if focal > 0 else None,
                sky=arrays.get("sky"),
            )
        except (OSError, ValueError, KeyError):
            return None

    def put(self, photo: Photo, guess: Guess) -> None:
        arrays = {"inverse_depth": guess.inverse_depth, "metric": guess.metric, "focal_px": guess.focal_px or 0.0}
        if guess.sky is not None:
            arrays["sky"] = guess.sky
        with written_aside(self._path(photo)) as part, open(part, "wb") as handle:
            np.savez(handle, **arrays)  # type: ignore[arg-type]

    def tidy(self) -> None:
        """Without those that nobody asked for."""
        for path in self.folder.glob("*.npz"):
            if path.stem not in self._used:
                path.unlink(missing_ok=True)

    def _path(self, photo: Photo) -> Path:
        return self.folder / f"{self.key(photo)}.npz"


def read_photos(paths: Sequence[Path], settings: MonoSettings, report: Report) -> tuple[Photo, ...]:
    """Each for itself: one will do. What can't be used is named."""
    return prepare.each(
        paths,
        PhotoSettings(min_side=MIN_SIDE, max_megapixels=settings.max_megapixels),
        report,
        alike=settings.sequence,
    )


def single(photo: Photo, settings: MonoSettings, report: Report, guesses: Guesses | None = None) -> MonoDepth:
    """One photo's depth."""
    depth = next(iter(mono.run([photo], settings, report, kept=guesses)))
    assert depth is not None
    return depth


def _identity(weights: Path | None) -> tuple[object, ...]:
    """Files of weights are large: their place, size and time stand for what they hold."""
    if weights is None:
        weights = EMBEDDED_FILE
    files = sorted(weights.rglob("*")) if weights.is_dir() else [weights]
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.is_file())
