"""Photos with printed markers of known size ─► how long a metre is in the solved scene, and where its floor is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..datatypes import F64, Camera, PosedPhoto, Sparse
from ..errors import EngineError
from ..geometry import distort, intrinsics
from ..images import load_photo
from ..report import Report
from ..settings import ScaleSettings
from .apply import FLAT, Floor, floor_of
from .detect import Detector, Sighting
from .triangulate import Marker, markers_of

AGREES = 0.03  # markers whose sizes differ more from the others' are left out
WORTH_SAYING = 0.015  # a larger spread is told


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the markers say. `scale` is metres per unit of the solved world."""

    scale: float
    markers: tuple[Marker, ...]  # those that agree
    spread: float
    floor: Floor
    source: str  # "3 markers of 50 mm"
    sentence: str

    def facts(self) -> dict[str, Any]:
        """For report.json and for whoever asked."""
        return {
            "source": self.source,
            "sentence": self.sentence,
            "factor": self.scale,
            "spread": round(self.spread, 5),
            "floor": {"point": self.floor.point.tolist(), "normal": self.floor.normal.tolist()},
            "flat": self.floor.flatness <= FLAT,
            "markers": [
                {
                    "kind": m.dictionary, "number": m.number, "photos": len(m.views), "metres": m.side * self.scale,
                    "corners": m.corners.tolist(),
                }
                for m in self.markers
            ],
        }  # fmt: skip


def run(sparse: Sparse, settings: ScaleSettings, report: Report) -> Found | None:
    """Looks for the markers in all photos that have a place; None, with a warning that says why, where they give no scale."""
    assert settings.marker_size is not None
    sightings = _look(sparse, settings, report)
    with report.step("measuring", share=0.05):
        poses = np.stack([posed.cam_from_world for posed in sparse.posed])
        markers, lost = markers_of(sightings, poses)
    report.count("marker_sightings", len(sightings))
    report.count("markers", [f"{m.dictionary} {m.number}: {len(m.views)} photos" for m in markers])
    if not markers:
        _tell_nothing(sightings, lost, report)
        return None
    return _conclude(markers, sparse, settings.marker_size, report)


def _look(sparse: Sparse, settings: ScaleSettings, report: Report) -> list[Sighting]:
    """Every photo's markers; a photo that is gone only counts as one that shows none."""
    found: list[Sighting] = []
    gone: list[PosedPhoto] = []

    def look(job: tuple[int, PosedPhoto]) -> list[Sighting] | None:
        view, posed = job
        return None if report.stopped.is_set() else _sightings(view, posed, sparse.cameras[posed.camera_id], settings)

    def safely(job: tuple[int, PosedPhoto]) -> list[Sighting] | None:
        try:
            return look(job)
        except EngineError:
            gone.append(job[1])
            return None

    with (
        report.step("markers", len(sparse.posed), share=0.95) as step,
        ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool,
    ):
        for seen in pool.map(safely, enumerate(sparse.posed)):
            found += seen or []
            step.advance()
    if len(gone) == len(sparse.posed):
        raise EngineError(
            "photos_gone",
            "None of the photos is where it was when the model was built.",
            file=gone[0].photo.path.parent,
            advice="Put them back, or build the model again.",
        )
    if gone:
        report.warn("photos_gone", f"{len(gone)} of the photos are no longer there; their markers are not seen.")
    return found


def _sightings(view: int, posed: PosedPhoto, camera: Camera, settings: ScaleSettings) -> list[Sighting]:
    ratio = min(1.0, settings.max_side / max(camera.width, camera.height))
    width, height = max(round(camera.width * ratio), 1), max(round(camera.height * ratio), 1)
    pixels = load_photo(posed.photo, width, height)
    full = np.array([camera.width / width, camera.height / height])
    return Detector(settings.find_side).find(pixels, view, lambda places: straightened(camera, places * full))


def straightened(camera: Camera, pixels: F64) -> F64:
    """(N, 2) full-size pixels ─► ideal normalised coordinates: the inverse of the lens's bend."""
    K = intrinsics(camera)
    bent = (pixels - K[:2, 2]) / np.array([K[0, 0], K[1, 1]])
    ideal: F64 = bent.copy()
    for _ in range(30):
        off = distort(camera, ideal) - bent
        ideal -= off
        if np.abs(off).max() < 1e-10:
            break
    return ideal


def _tell_nothing(sightings: Sequence[Sighting], lost: int, report: Report) -> None:
    if not sightings:
        sentence = "No marker was found in the photos, so the model has no real size yet."
        advice = "Print them larger and flat, with their white rim, and let them fill at least a fortieth of the photo's width."
        report.warn("no_markers", sentence, advice=advice)
    elif len({s.view for s in sightings}) < 2 or lost == len(sightings):
        sentence = (
            "A marker was found in one photo only, which does not tell its distance: the model has no real size yet."
        )
        report.warn(
            "marker_once", sentence, advice="Let each marker be seen in three photos or more, from different sides."
        )
    else:
        sentence = "Markers were found, but no two photos agree on one: the model has no real size yet."
        report.warn(
            "marker_unclear", sentence, advice="The markers must lie flat and must not move between the photos."
        )


def _conclude(markers: Sequence[Marker], sparse: Sparse, size: float, report: Report) -> Found:
    sides = np.array([m.side for m in markers])
    weights = np.array([m.sharpness for m in markers])
    middle = _weighted_median(sides, weights)
    agreeing = [m for m in markers if abs(m.side / middle - 1) <= AGREES]
    sides = np.array([m.side for m in agreeing])
    weights = np.array([m.sharpness for m in agreeing])
    side = float((sides * weights).sum() / weights.sum())
    spread = float(np.abs(sides / side - 1).max()) if len(agreeing) > 1 else max(m.unsquare for m in agreeing)
    source = f"{len(agreeing)} marker{'s' if len(agreeing) > 1 else ''} of {text_of(size)}"
    sentence = f"The scale comes from {source}, {_certainty(agreeing, spread)}."
    others = len(markers) - len(agreeing)
    if others:
        report.warn(
            "markers_differ",
            f"{others} of {len(markers)} markers have another size than the others and are left out.",
            advice="All markers must be printed in one size; measure one with a ruler.",
        )
    elif spread > WORTH_SAYING and len(agreeing) > 1:
        report.warn("markers_differ", f"The markers differ by {spread:.1%}: are they flat, and all of one size?")
    if max(len(m.views) for m in agreeing) < 3:
        report.warn("markers_in_two", "The markers are seen in two photos only: measure something to check the scale.")
    floor = floor_of(agreeing, sparse)
    return Found(
        scale=size / side, markers=tuple(agreeing), spread=spread, floor=floor, source=source, sentence=sentence
    )


def _certainty(markers: Sequence[Marker], spread: float) -> str:
    photos = len({view for m in markers for view in m.views})
    if len(markers) == 1:
        return f"seen in {photos} photos, square within {max(spread, 0.0005):.1%}"
    return f"agreeing within {max(spread, 0.0005):.1%}"


def text_of(metres: float) -> str:
    """A marker's size in the unit that it is printed in."""
    return f"{metres * 1000:.4g} mm" if metres < 1 else f"{metres:.4g} m"


def _weighted_median(values: F64, weights: F64) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
