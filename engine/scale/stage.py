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
from .detect import Detector, Sighting
from .place import FLAT, Floor, floor_of
from .triangulate import Marker, markers_of
from .words import text_of

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

    @property
    def is_flat(self) -> bool:
        """Whether the markers lie in one plane."""
        return self.floor.flatness <= FLAT

    def facts(self, placed: F64 | None = None) -> dict[str, Any]:
        """For report.json and for whoever asked; places are told of the solved world, or of where `placed` (4, 4) leads."""
        M = np.eye(4) if placed is None else placed
        size = float(np.cbrt(np.linalg.det(M[:3, :3])))
        return {
            "source": self.source,
            "sentence": self.sentence,
            "factor": self.scale,
            "metres_per_unit": self.scale / size,
            "spread": round(self.spread, 5),
            "floor": {
                "point": (M[:3, :3] @ self.floor.point + M[:3, 3]).tolist(),
                "normal": (M[:3, :3] @ self.floor.normal / size).tolist(),
                "flat": self.is_flat,
            },
            "markers": [
                {
                    "kind": m.dictionary, "number": m.number, "photos": len(m.views), "metres": m.side * self.scale,
                    "corners": (m.corners @ M[:3, :3].T + M[:3, 3]).tolist(),
                }
                for m in self.markers
            ],
        }  # fmt: skip


def run(sparse: Sparse, settings: ScaleSettings, report: Report) -> Found:
    """Looks for the markers in all photos that have a place; an EngineError says why they give no scale."""
    assert settings.marker_size is not None
    sightings = _look(sparse, settings, report)
    with report.step("measuring", share=0.05):
        poses = np.stack([posed.cam_from_world for posed in sparse.posed])
        markers = markers_of(sightings, poses)
    report.count("marker_sightings", len(sightings))
    report.count("markers", [f"{m.dictionary} {m.number}: {len(m.views)} photos" for m in markers])
    if not markers:
        raise _nothing(sightings)
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


def _nothing(sightings: Sequence[Sighting]) -> EngineError:
    """Why there is no scale."""
    views: dict[tuple[str, int], set[int]] = {}
    for s in sightings:
        views.setdefault((s.dictionary, s.number), set()).add(s.view)
    if not views:
        return EngineError(
            "no_markers",
            "No marker was found in the photos, so the model has no real size yet.",
            advice="Print them larger, with their white rim, and lay them flat where many photos see them sharply.",
        )
    if max(map(len, views.values())) < 2:
        return EngineError(
            "marker_once",
            "A marker was seen in one photo only, which does not tell its size: the model has no real size yet.",
            advice="Let each marker be seen in three photos or more, from different sides.",
        )
    return EngineError(
        "marker_unclear",
        "Markers were seen, but no two photos agree on a square: the model has no real size yet.",
        advice="The markers must lie flat, must not move between the photos, and be seen from different sides.",
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


def _weighted_median(values: F64, weights: F64) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
