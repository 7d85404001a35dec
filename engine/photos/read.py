"""One file ─► what the stage needs to know of it. Runs in several threads; nothing here is shared between files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from .. import decoding, images
from ..datatypes import Photo
from ..decoding import Unreadable
from ..settings import PhotoSettings
from ..tiff import ORIENTATION, Directory
from ..verdicts import LeftOut
from . import exposure, formats, lens, measure
from .exposure import Light
from .gather import Found
from .masks import MaskFolder, keeps_nothing, looks_inverted


@dataclass
class Reading:
    """A usable photo, not yet named and compared, and what is odd about it."""

    photo: Photo
    light: Light
    more_pictures: bool = False
    odd_orientation: bool = False
    readable: float = 1.0  # of its rows
    has_alpha: bool = False
    mask_named: Path | None = None
    mask_inverted: bool = False
    mask_faults: list[tuple[Path, str]] = field(default_factory=list)


def read_one(found: Found, settings: PhotoSettings, masks: MaskFolder | None) -> Reading | LeftOut | None:
    """None for what lies in a folder and is no photo at all."""
    try:
        with decoding.regular_file(found.path) as handle:
            head = handle.read(formats.HEAD_BYTES)
            kind = formats.kind_of(head, found.path)
            if not kind.usable:
                if not (found.named or kind.is_picture or formats.claims_photo(found.path)):
                    return None
                if not head:
                    raise Unreadable("unreadable", "is empty", "Copy it from the camera again.")
                unreadable = kind is formats.UNKNOWN
                raise Unreadable("unreadable" if unreadable else "wrong_format", f"is {kind.what}", kind.advice)
            handle.seek(0)
            content_hash = _hash(handle)
            max_pixels = int(settings.max_megapixels * 1e6)
            with decoding.open_image(handle, max_pixels) as image:
                tags = decoding.exif_of(image, handle, lens.WANTED)
                if lens.DNG_VERSION in tags.tags:
                    raise Unreadable("wrong_format", f"is {formats.RAW.what}", formats.RAW.advice)
                reading = _measure(found.path, content_hash, image, handle, tags, settings)
        _check_masks(reading, masks)
    except Unreadable as error:
        return LeftOut(path=found.path, code=error.code, clause=error.clause, advice=error.advice)
    except OSError as error:
        return LeftOut(path=found.path, code="unreadable", clause=f"can't be read: {error.strerror or error}")
    except MemoryError:
        clause = "needs more memory than there is"
        return LeftOut(path=found.path, code="too_large", clause=clause, advice="Scale it down and run again.")
    except Exception:  # a decoder met what its makers did not foresee: one file must not stop the others
        return LeftOut(path=found.path, code="unreadable", clause="is damaged: it can't be read")
    return reading


def _measure(
    path: Path, content_hash: str, image: Image.Image, handle: BinaryIO, tags: Directory, settings: PhotoSettings
) -> Reading:
    orientation = decoding.orientation_of(tags)
    width, height = image.size[::-1] if orientation >= 5 else image.size
    if min(width, height) < settings.min_side:
        raise Unreadable(
            "too_small", f"is too small: {width} × {height} pixels, and {settings.min_side} are needed on either side"
        )
    more = decoding.holds_more(image)
    grey, rows, of = decoding.read_grey(image, handle, measure.SIDE, partial=settings.use_partial)
    alpha = decoding.alpha_of(image)
    faults = []
    if alpha is not None and keeps_nothing(alpha):
        faults.append((path, "is transparent all over, so its transparency was ignored"))
        alpha = None
    if rows < of:
        grey = grey[: max(int(grey.shape[0] * rows / of) - 1, 1)]
    focal = lens.lens_of(tags, width, height)
    scale = min(1.0, settings.max_side / max(width, height))
    photo = Photo(
        name=path.name,
        path=path,
        content_hash=content_hash,
        width=width,
        height=height,
        orientation=orientation,
        working_width=max(round(width * scale), 1),
        working_height=max(round(height * scale), 1),
        focal_px=focal.focal_px,
        focal_source=focal.focal_source,
        camera_key=focal.camera_key,
        sharpness=measure.sharpness(grey),
        brightness=measure.brightness(grey),
        mask=path if alpha is not None or rows < of else None,
    )
    return Reading(
        photo,
        light=exposure.measure(grey),
        more_pictures=more,
        odd_orientation=ORIENTATION in tags.tags and not 0 <= tags.number(ORIENTATION) <= 8,
        readable=rows / of,
        has_alpha=alpha is not None,
        mask_faults=faults,
    )


def _hash(handle: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := handle.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()[:32]


def _check_masks(reading: Reading, masks: MaskFolder | None) -> None:
    """Looks into the masks once, so that a doubtful one is known before anything is built on it."""
    photo = reading.photo
    path = None if masks is None else masks.find(photo.path)
    if path is None:
        return
    reading.mask_named = path
    if reading.readable < 1:
        reading.mask_faults.append((path, "was ignored: its photo is damaged, and what can be read of it is used"))
        return
    try:
        mask = images.read_mask(path, photo)
    except (Unreadable, OSError) as error:
        clause = error.clause if isinstance(error, Unreadable) else "can't be read"
        reading.mask_faults.append((path, f"{clause}, so it was ignored"))
        return
    if keeps_nothing(mask):
        reading.mask_faults.append((path, "keeps nothing (it is black all over), so it was ignored"))
        return
    reading.mask_inverted = looks_inverted(mask)
    reading.photo = replace(photo, mask=path)
