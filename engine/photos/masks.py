"""Which mask belongs to which photo, and whether it may be believed: a doubtful mask is ignored, never misapplied."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..datatypes import U8
from ..errors import EngineError
from .gather import natural_key

ENDINGS = (".png", ".tif", ".tiff", ".webp", ".jpg", ".jpeg")  # the first one counts where there are several
KEEPS_NOTHING = 0.001  # of the picture
RIM = 0.05  # of the sides: what is looked at to tell a mask that is upside down in meaning


@dataclass(frozen=True)
class MaskFolder:
    """The masks by what they are named after, lower case: "img_1", "img_1.jpg", or "folder/img_1" in a sub-folder."""

    masks: dict[str, Path]

    @staticmethod
    def read(folder: Path) -> MaskFolder:
        masks: dict[str, Path] = {}
        try:
            for place in [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]:
                before = "" if place == folder else _folded(place.name) + "/"
                for path in sorted(place.iterdir(), key=_preference):
                    stem, ending = os.path.splitext(path.name)
                    if ending.lower() in ENDINGS and not path.name.startswith("."):
                        masks.setdefault(before + _folded(stem), path)
        except OSError as error:
            raise EngineError(
                "masks_missing",
                f"The folder of masks, {folder.name}, can't be read: {error.strerror or error}.",
                file=folder,
                advice="Check the path of the masks.",
            ) from error
        return MaskFolder(masks)

    def find(self, photo: Path) -> Path | None:
        """The mask named after the photo: with its ending before without, its folder's own before everybody's."""
        parent = _folded(photo.parent.name) + "/"
        for key in (
            parent + _folded(photo.name),
            parent + _folded(photo.stem),
            _folded(photo.name),
            _folded(photo.stem),
        ):
            found = self.masks.get(key)
            if found is not None and found != photo:
                return found
        return None


def shared(masks: Sequence[Path | None]) -> set[Path]:
    """Masks that several photos lay claim to, as with equal names in two folders."""
    return {path for path, count in Counter(m for m in masks if m is not None).items() if count > 1}


def keeps_nothing(mask: U8) -> bool:
    return float((mask > 127).mean()) < KEEPS_NOTHING


def looks_inverted(mask: U8) -> bool:
    """White all around and a black hole in the middle: fine for one photo with a passer-by, odd for a whole set."""
    keep = mask > 127
    height, width = keep.shape
    y, x = max(round(height * RIM), 1), max(round(width * RIM), 1)
    rim = np.concatenate([keep[:y].ravel(), keep[-y:].ravel(), keep[:, :x].ravel(), keep[:, -x:].ravel()])
    middle = keep[2 * height // 5 : 3 * height // 5, 2 * width // 5 : 3 * width // 5]
    return bool(rim.mean() > 0.98 and middle.size > 0 and middle.mean() < 0.05)


def _preference(path: Path) -> tuple[int, tuple[list[str | int], str]]:
    ending = path.suffix.lower()
    return ENDINGS.index(ending) if ending in ENDINGS else len(ENDINGS), natural_key(path.name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
