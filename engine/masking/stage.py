"""A surface of which a part is not wanted ─► a mask per photo, and a sheet to look at them. The artist's own masks are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..datatypes import U8, Bool, Photo, PosedPhoto, Sparse, TriMesh
from ..decoding import Unreadable
from ..errors import EngineError
from ..images import load_mask, load_photo
from ..matting import encoded, grown, refined
from ..report import Report
from ..settings import MaskSettings
from ..workspace import written_aside
from .render import kept_in
from .sheet import Sheet

MADE = ".made.json"  # in the folder of masks: what we wrote, to know what the artist changed since
SIDE = 1600  # pixels: finer masks gain nothing
BAND = 0.006  # of the longer side: how far an edge may move to where the photo has one


@dataclass(frozen=True, kw_only=True)
class Masks:
    """What was written. `shares` says per photo how much of it is kept."""

    made: tuple[str, ...]
    by_hand: tuple[str, ...]  # left as they were: the artist painted them
    shares: dict[str, float]
    sheet: U8


def run(
    kept: TriMesh, unwanted: TriMesh, sparse: Sparse, settings: MaskSettings, folder: Path, report: Report
) -> Masks:
    """Writes into `folder`, which may hold masks already."""
    folder.mkdir(parents=True, exist_ok=True)
    written = _read_made(folder)
    names = names_of([posed.photo for posed in sparse.posed])
    sheet, made, by_hand, shares = Sheet(), [], [], {}
    with report.step("masks", len(sparse.posed), share=1.0) as step:
        for posed in sparse.posed:
            photo, name = posed.photo, names[posed.photo.name]
            width, height = _size(photo)
            picture = load_photo(photo, width, height)
            own = _painted(folder / name, written.get(name)) and not settings.overwrite
            mask = _given(folder / name, photo, width, height) if own else None
            if mask is None:
                mask = mask_of(posed, sparse, kept, unwanted, picture, settings)
                _put(folder / name, encoded(mask))
                written[name] = _digest((folder / name).read_bytes())
                made.append(photo.name)
            else:
                by_hand.append(photo.name)
            shares[photo.name] = round(float(mask.mean()), 4)
            sheet.add(picture, mask, own=photo.name in by_hand)
            step.advance()
    _put(folder / MADE, json.dumps(written, indent=1, ensure_ascii=False).encode("utf-8"))
    return Masks(made=tuple(made), by_hand=tuple(by_hand), shares=shares, sheet=sheet.picture())


def mask_of(
    posed: PosedPhoto, sparse: Sparse, kept: TriMesh, unwanted: TriMesh, picture: U8, settings: MaskSettings
) -> Bool:
    """True = keep, in the picture's size."""
    height, width = picture.shape[:2]
    shows_kept, shows_unwanted, nothing = kept_in(posed, sparse.cameras[posed.camera_id], kept, unwanted, width, height)
    wide = grown(shows_kept, settings.grow * max(width, height))
    # towards what is not wanted the edge is where the artist cut; elsewhere the photo's own edge is better than the mesh's
    mask = np.where(shows_unwanted & ~shows_kept, shows_kept, wide)
    if not settings.background:
        return np.asarray(mask | nothing)
    return refined(mask, picture, round(BAND * max(width, height))) & ~shows_unwanted


def names_of(photos: Sequence[Photo]) -> dict[str, str]:
    """A mask's file name for each photo, as the reader of masks looks for it: with its folder where two photos share a name."""
    own = [photo.path.name.casefold() for photo in photos]
    return {
        photo.name: f"{photo.path.parent.name}/{photo.path.name}.png"
        if own.count(name) > 1
        else f"{photo.path.name}.png"
        for photo, name in zip(photos, own, strict=True)
    }


def _size(photo: Photo) -> tuple[int, int]:
    scale = min(1.0, SIDE / max(photo.working_width, photo.working_height))
    return max(round(photo.working_width * scale), 1), max(round(photo.working_height * scale), 1)


def _painted(path: Path, digest: str | None) -> bool:
    """Whether the artist made or changed it."""
    return path.is_file() and _digest(path.read_bytes()) != digest


def _given(path: Path, photo: Photo, width: int, height: int) -> Bool | None:
    try:
        return load_mask(replace(photo, mask=path), width, height)
    except (Unreadable, EngineError, OSError):  # no picture, or of another shape: it would be ignored in a run too
        return None


def _put(target: Path, data: bytes) -> None:
    with written_aside(target) as part:
        part.write_bytes(data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _read_made(folder: Path) -> dict[str, str]:
    try:
        values = json.loads((folder / MADE).read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in values.items()}
    except (OSError, ValueError, AttributeError):
        return {}
