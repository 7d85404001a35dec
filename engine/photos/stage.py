"""Prepare: paths ─► photos that every other stage can rely on. What can't be used is named, with the reason; the run goes on."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..datatypes import Photo
from ..errors import EngineError
from ..report import Report, Step
from ..settings import PhotoSettings
from ..verdicts import Doubt, LeftOut, Verdict
from . import masks as mask_rules
from .doubts import Measured, doubts, is_soft
from .gather import Found, gather
from .masks import MaskFolder
from .names import unique_names
from .read import Reading, read_one

THREADS = 4
AHEAD = 16  # files that are read before their turn
NAMED = 5  # photos that one warning lists by name


@dataclass(frozen=True, kw_only=True)
class Look:
    """Every file, looked at once: the photos with what may be wrong with each, whatever gives none, and the set's sharpness."""

    photos: tuple[Photo, ...]
    doubts: tuple[tuple[Doubt, ...], ...]
    left_out: tuple[LeftOut, ...]
    soft: bool  # all photos are out of focus alike


def look(paths: Sequence[Path], settings: PhotoSettings, report: Report) -> Look:
    """What `run` looks at, without its demands: however few photos there are, it only tells what they are."""
    readings, left_out = _read(paths, settings, report)
    return Look(
        photos=_finish(readings),
        doubts=tuple(doubts(_measured(readings))),
        left_out=tuple(left_out),
        soft=is_soft(_measured(readings)),
    )


def run(paths: Sequence[Path], settings: PhotoSettings, report: Report) -> tuple[Photo, ...]:
    """Photos in the order of `paths`, folders in natural order."""
    readings, left_out = _read(paths, settings, report)
    for one in left_out:
        _reject(report, one)
    _check_enough(readings, left_out, paths)
    _settle_masks(readings, None if settings.masks is None else MaskFolder.read(settings.masks), report)
    photos = _finish(readings)
    _tell(readings, photos, report)
    report.count("left_out", [asdict(one) | {"path": str(one.path)} for one in left_out])
    return photos


def each(paths: Sequence[Path], settings: PhotoSettings, report: Report, *, alike: bool = False) -> tuple[Photo, ...]:
    """Photos that are each of use alone. `alike`: equal files stay, since frames of a film may be equal."""
    readings, left_out = _read(paths, settings, report, alike=alike)
    for one in left_out:
        _reject(report, one)
    if not readings:
        raise _none_usable(paths, left_out, "Choose a JPEG, PNG, TIFF or WebP photo.")
    report.count("photos", len(readings))
    report.count("left_out", [asdict(one) | {"path": str(one.path)} for one in left_out])
    return _finish(readings)


def _read(
    paths: Sequence[Path], settings: PhotoSettings, report: Report, *, alike: bool = False
) -> tuple[list[Reading], list[LeftOut]]:
    folder = None if settings.masks is None else MaskFolder.read(settings.masks)
    found = gather(paths, settings.masks, report)
    with report.step("read", len(found), share=0.5) as step:
        results = list(_read_all(found, settings, folder, step))
    readings = [r for r in results if isinstance(r, Reading)]
    readings, duplicates = (readings, []) if alike else _without_duplicates(readings)
    return readings, [*(r for r in results if isinstance(r, LeftOut)), *duplicates]


def _read_all(
    found: list[Found], settings: PhotoSettings, masks: MaskFolder | None, step: Step
) -> Iterator[Reading | LeftOut | None]:
    """In order, a few files ahead; Pillow lets go of the interpreter while it decodes."""
    with ThreadPoolExecutor(min(THREADS, max(os.cpu_count() or 1, 2))) as pool:
        waiting: list[Future[Reading | LeftOut | None]] = []
        try:
            for index in range(len(found) + AHEAD):
                if index < len(found):
                    waiting.append(pool.submit(read_one, found[index], settings, masks))
                if waiting and (index >= AHEAD or index >= len(found)):
                    yield _patiently(waiting.pop(0), step)
                    step.advance()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _patiently(future: Future[Reading | LeftOut | None], step: Step) -> Reading | LeftOut | None:
    """A large file takes longer than a cancel may wait."""
    while True:
        try:
            return future.result(timeout=0.2)
        except NotYet:
            if future.done():
                return future.result()
            step.check()


def _reject(report: Report, one: LeftOut) -> None:
    name = one.path.name if one.path.name not in report.record.rejected else str(one.path)
    report.reject(name, one.clause)
    report.warn(one.code, f"{one.path.name} {one.clause}. It was left out.", file=one.path, advice=one.advice)


def _without_duplicates(readings: list[Reading]) -> tuple[list[Reading], list[LeftOut]]:
    first: dict[str, Reading] = {}
    duplicates = []
    for reading in readings:
        kept = first.setdefault(reading.photo.content_hash, reading)
        if kept is not reading:
            clause = f"is the same file as {kept.photo.path.name}"
            duplicates.append(LeftOut(path=reading.photo.path, code="duplicate", clause=clause))
    return list(first.values()), duplicates


def _check_enough(readings: list[Reading], refused: list[LeftOut], paths: Sequence[Path]) -> None:
    if not readings:
        raise _none_usable(
            paths, refused, "Choose a folder of JPEG, PNG, TIFF or WebP photos, at least 3 that overlap."
        )
    if len(readings) == 1:
        because = _because(refused)
        raise EngineError(
            "one_photo",
            f"There is only one usable photo, {readings[0].photo.path.name}.{because}",
            file=readings[0].photo.path,
            advice="At least 3 photos that overlap are needed, better 20 from all around. "
            "Or make a stage of this one photo: its relief, layers and camera (Stage from One Photo; engine stage PHOTO -o OUT).",
        )


def _none_usable(paths: Sequence[Path], refused: list[LeftOut], advice: str) -> EngineError:
    names = ", ".join(path.name or str(path) for path in paths[:3])
    return EngineError(
        "no_photos",
        f"There are no usable photos in {names}.{_because(refused)}" if paths else "No photos were given.",
        file=paths[0] if len(paths) == 1 else None,
        advice=advice,
    )


def _because(refused: list[LeftOut]) -> str:
    return "".join(f" {one.path.name} {one.clause}." for one in refused[:3])


def _settle_masks(readings: list[Reading], folder: MaskFolder | None, report: Report) -> None:
    """Only now is it known which masks several photos claim, and whether the whole set is inverted."""
    for reading in readings:
        for path, clause in reading.mask_faults:
            report.warn("mask_ignored", f"{path.name} {clause}.", file=path)
    if folder is None:
        return
    claimed = mask_rules.shared([r.mask_named for r in readings])
    applied = [r for r in readings if r.mask_named is not None and r.photo.mask == r.mask_named]
    inverted = [r for r in applied if r.mask_inverted]
    all_inverted = 2 * len(inverted) > len(applied)
    for reading in applied:
        mask = reading.mask_named
        assert mask is not None
        if mask in claimed:
            clause, advice = (
                "is claimed by several photos of that name",
                "Put each photo folder's masks into a sub-folder of its name.",
            )
        elif all_inverted and reading.mask_inverted:
            clause, advice = "seems to be inverted", "White is what to keep: invert the masks."
        else:
            continue
        reading.photo = replace(reading.photo, mask=reading.photo.path if reading.has_alpha else None)
        report.warn("mask_ignored", f"{mask.name} {clause}, so it was ignored.", file=mask, advice=advice)
    without = [r.photo.path for r in readings if r.mask_named is None]
    if len(without) == len(readings):
        report.warn(
            "masks_unmatched", "No mask has the name of a photo, so no mask is used.",
            advice="Name each mask after its photo: IMG_1.png for IMG_1.jpg.",
        )  # fmt: skip
    elif without:
        _warn_many(report, "mask_missing", without, "has no mask and is used whole", "have no mask and are used whole")


def _finish(readings: list[Reading]) -> tuple[Photo, ...]:
    """Names, and sharpness against the set's median."""
    names = unique_names([r.photo.path.name for r in readings])
    known = [r.photo.sharpness for r in readings if math.isfinite(r.photo.sharpness)]
    median = max(float(np.median(known)), 1e-6) if known else 1.0
    return tuple(
        replace(r.photo, name=name, sharpness=r.photo.sharpness / median if math.isfinite(r.photo.sharpness) else 0.0)
        for r, name in zip(readings, names, strict=True)
    )


def _measured(readings: list[Reading]) -> list[Measured]:
    return [Measured(name=r.photo.name, sharpness=r.photo.sharpness, light=r.light) for r in readings]


def _tell(readings: list[Reading], photos: tuple[Photo, ...], report: Report) -> None:
    paired = list(zip(readings, photos, strict=True))
    doubted = doubts(_measured(readings))
    blurred, dark, bright = (
        [p.path for p, found in zip(photos, doubted, strict=True) if any(d.verdict is verdict for d in found)]
        for verdict in (Verdict.BLURRED, Verdict.DARK, Verdict.BRIGHT)
    )
    partial = [r.photo.path for r in readings if r.readable < 1]
    more = [r.photo.path for r in readings if r.more_pictures]
    odd = [r.photo.path for r in readings if r.odd_orientation]
    _warn_many(
        report,
        "partial",
        partial,
        "is damaged; its readable part is used",
        "are damaged; their readable parts are used",
    )
    _warn_many(
        report, "blurred", blurred, "is blurred", "are blurred", "They are used all the same; better take them again."
    )
    _warn_many(report, "dark", dark, "is very dark", "are very dark", "They are used all the same; more light helps.")
    _warn_many(report, "bright", bright, "is burnt out", "are burnt out", "They are used all the same; expose less.")
    _warn_many(
        report,
        "several_pictures",
        more,
        "holds several pictures; the first is used",
        "hold several pictures; the first of each is used",
    )
    _warn_many(
        report,
        "odd_orientation",
        odd,
        "has an unknown orientation; it is used as it lies",
        "have an unknown orientation; they are used as they lie",
    )
    report.count("photos", len(photos))
    report.count("cameras", len({p.camera_key for p in photos}))
    report.count(
        "focal_priors",
        {s: sum(p.focal_source.value == s for p in photos) for s in sorted({p.focal_source.value for p in photos})},
    )
    report.count("sharpness", {p.name: round(p.sharpness, 3) for _, p in paired})
    report.count("brightness", {p.name: round(p.brightness, 3) for _, p in paired})
    named = [(p.name, d) for p, found in zip(photos, doubted, strict=True) for d in found]
    report.count("doubts", [{"name": name, "verdict": d.verdict.value, "clause": d.clause} for name, d in named])
    report.count("masked", sum(p.mask is not None for p in photos))


def _warn_many(report: Report, code: str, files: list[Path], one: str, many: str, advice: str = "") -> None:
    """One warning however many photos it is about."""
    if not files:
        return
    listed = ", ".join(path.name for path in files[:NAMED]) + (" and others" if len(files) > NAMED else "")
    sentence = f"{listed} {one}." if len(files) == 1 else f"{len(files)} photos {many}: {listed}."
    report.warn(code, sentence, file=files[0] if len(files) == 1 else None, advice=advice)
