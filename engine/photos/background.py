"""Photos ─► the same photos with masks that leave out a background that stood still. See turntable.py for how it is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ..datatypes import Photo
from ..images import load_mask, load_photo
from ..matting import encoded, grown, refined
from ..report import Report, Step
from ..settings import Turntable
from .turntable import SIDE, Backdrop, backdrop_of, groups_of, subject_in

COVERED = 0.6  # of the photos must belong to a still place, else it is no turntable
MASK_SIDE = 1600  # pixels: finer masks gain nothing
BAND = 4  # pixels at `SIDE` within which a mask's edge is moved to the photo's


def wanted(photos: Sequence[Photo], choice: Turntable) -> bool:
    """Whether to look for a still background at all: not where the photos come with masks, unless it is asked for."""
    masked = sum(photo.mask is not None for photo in photos)
    return choice is Turntable.ON or (choice is Turntable.AUTO and 2 * masked < len(photos))


def find_masks(photos: Sequence[Photo], choice: Turntable, folder: Path, report: Report) -> dict[str, str]:
    """Writes masks into `folder`; gives their file names by photo. Nothing where the photos are not of that kind.

    Left to itself (AUTO) it acts only where there is no doubt: the background has texture, which stands still all over the
    picture. A plain backdrop looks the same from everywhere, so only the artist can know.
    """
    with report.step("still background", 4 * len(photos), share=0.5) as step:
        groups = groups_of(photos, step)
        found = [backdrop_of(photos, group, step) for group in groups]
        backdrops = [backdrop for backdrop in found if backdrop is not None]
        if choice is Turntable.AUTO:
            backdrops = [backdrop for backdrop in backdrops if backdrop.textured]
        covered = sum(len(backdrop.members) for backdrop in backdrops)
        if covered < COVERED * len(photos):
            return {}
        files, whole = {}, []
        for backdrop in backdrops:
            for index in backdrop.members:
                photo = photos[index]
                if _write_mask(photo, backdrop, folder / f"{photo.name}.png", step):
                    files[photo.name] = f"{photo.name}.png"
                else:
                    whole.append(photo.path.name)
    report.count("still_background", {"places": len(backdrops), "masked": len(files), "whole": whole})
    return files


def with_masks(
    photos: Sequence[Photo], files: dict[str, str], folder: Path, choice: Turntable, report: Report
) -> tuple[Photo, ...]:
    """The photos, masked; says what was done. A cut-out or a damaged photo is its own mask and stays so."""
    if files:
        _tell(len(files), len(photos), report)
    elif choice is Turntable.ON:
        _refuse(report)
    return tuple(
        replace(photo, mask=folder / files[photo.name]) if photo.name in files and photo.mask != photo.path else photo
        for photo in photos
    )


def _write_mask(photo: Photo, backdrop: Backdrop, target: Path, step: Step) -> bool:
    front = subject_in(photo, backdrop)
    step.advance()
    if front is None:
        return False
    scale = min(1.0, MASK_SIDE / max(photo.working_width, photo.working_height))
    width, height = round(photo.working_width * scale), round(photo.working_height * scale)
    mask = refined(front, load_photo(photo, width, height), round(BAND * max(width, height) / SIDE))
    # the edge may move out freely, but in only by a pixel: next to a plain part of the subject the photo's edges mislead
    inner = grown(front, -1).astype(np.uint8)
    mask |= cv2.resize(inner, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    given = load_mask(photo, width, height)  # the artist's own: what it leaves out stays out
    target.write_bytes(encoded(mask if given is None else mask & given))
    step.advance()
    return True


def _refuse(report: Report) -> None:
    report.warn(
        "turntable_ignored",
        "The background does not stand still in these photos, so the turntable switch was ignored.",
        advice="It is for a subject that turns before a camera on a tripod. Where the camera goes around, leave it off.",
    )


def _tell(masked: int, total: int, report: Report) -> None:
    report.warn(
        "still_background",
        f"The subject turns before a camera that stands still: the background was masked in {masked} of {total} photos.",
        advice="If parts of the subject are missing, switch the turntable off, or give masks that keep the subject alone.",
    )
