"""Why photos have no place, and what to shoot instead: the stage's errors and reasons, said to an artist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..datatypes import Photo, Sparse
from ..errors import EngineError
from ..report import Report
from .features import Features
from .lenses import Lenses
from .pairs import Groups
from .verify import Pair

MIN_ANGLE = 1.5  # degrees: under less, depth is a guess
FEW_POINTS = 150  # keypoints
BLURRED = 0.3  # of the set's median sharpness
OVERLAP_ADVICE = "Walk around the subject and take a photo every 10 to 15 degrees, so that each shows at least two thirds of the one before."
PARALLAX_ADVICE = (
    "Don't turn on the spot: step sideways between photos, about a tenth of the distance to the subject each time."
)
TEXTURE_ADVICE = "Put the subject on something with a pattern (a newspaper, a patterned cloth), light it evenly, and keep it sharp and large in the picture."


def check_count(photos: Sequence[Photo]) -> None:
    if len(photos) < 2:
        said = "Only one photo can be used" if photos else "No photo can be used"
        raise EngineError("too_few_photos", f"{said}; a model needs at least three.", advice=OVERLAP_ADVICE)


def check_features(photos: Sequence[Photo], features: Sequence[Features]) -> None:
    """Stops when hardly a photo shows anything to hold on to."""
    rich = sum(len(f) >= 30 for f in features)
    if rich < 2:
        raise EngineError(
            "no_texture",
            f"Only {rich} of {len(photos)} photos show{'s' if rich == 1 else ''} enough detail to recognise a place in them.",
            advice=TEXTURE_ADVICE,
        )


def no_model(photos: Sequence[Photo], pairs: Sequence[Pair]) -> EngineError:
    """Why nothing could be solved at all."""
    groups = match_groups(len(photos), pairs)
    if len(groups[0]) < 2:
        return EngineError("no_overlap", "No two photos show the same thing.", advice=OVERLAP_ADVICE)
    return EngineError(
        "too_few_registered",
        f"At most {len(groups[0])} of {len(photos)} photos show the same thing, and too little of it to tell where they were taken.",
        advice=OVERLAP_ADVICE,
    )


def no_parallax(angle: float | None = None) -> EngineError:
    """`angle`: under which the median point is seen; None when the camera only turned."""
    seen = "" if angle is None else f" (a point is seen under {angle:.1f}°, at least {MIN_ANGLE}° are needed)"
    return EngineError(
        "no_parallax",
        f"The camera hardly moved between the photos, so there is no depth to measure{seen}.",
        advice=PARALLAX_ADVICE,
    )


def too_few(count: int, total: int, groups: Sequence[Sequence[int]]) -> EngineError:
    parts = [str(len(g)) for g in groups if len(g) > 1]
    said = f" They fall into groups of {', '.join(parts)}." if len(parts) > 1 else ""
    return EngineError(
        "too_few_registered",
        f"Only {count} of {total} photos fit together; at least three are needed.{said}",
        advice=OVERLAP_ADVICE,
    )


def match_groups(count: int, pairs: Sequence[Pair]) -> list[list[int]]:
    """Photos that hang together by verified matches, the largest group first."""
    groups = Groups(count)
    for pair in pairs:
        groups.join(pair.first, pair.second)
    return groups.members()


def reasons(
    photos: Sequence[Photo],
    features: Sequence[Features],
    pairs: Sequence[Pair],
    solved: set[int],
    others: Sequence[set[int]],
) -> dict[str, str]:
    """Per photo without a place the plain reason. `others` are the smaller models."""
    groups = match_groups(len(photos), pairs)
    usual = float(np.median([p.sharpness for p in photos]))
    out = {}
    for index, photo in enumerate(photos):
        if index in solved:
            continue
        # all that hangs together counts as the group, also what its own small model left out
        group = next((set(g) for g in groups if index in g and len(g) > 1 and not set(g) & solved), None)
        if group is None:
            group = next((g for g in others if index in g and not g & solved), None)
        best = _best_partner(index, pairs, solved)
        if photo.sharpness < BLURRED * usual:
            reason = "blurred"
        elif len(features[index]) < FEW_POINTS:
            reason = f"too little detail: only {len(features[index])} points to recognise"
        elif group is not None:
            reason = f"belongs to a second group of {len(group)} photos that doesn't overlap the main one enough"
        elif best is None:
            reason = "no overlap with the others was found"
        else:
            reason = f"not enough overlap with the others: {best[0]} matches at most (with {photos[best[1]].name})"
        out[photo.name] = reason
    return out


def _best_partner(index: int, pairs: Sequence[Pair], solved: set[int]) -> tuple[int, int] | None:
    """(matches, photo) of the strongest tie into the solved model."""
    ties = [
        (len(pair.matches), pair.second if pair.first == index else pair.first)
        for pair in pairs
        if index in (pair.first, pair.second) and ({pair.first, pair.second} - {index}) & solved
    ]
    return max(ties, default=None)


def tell_focal(sparse: Sparse, lenses: Lenses, report: Report) -> None:
    """Warns where the lens that was found is far from what the photo's file says."""
    found = {}
    for number, camera in sparse.cameras.items():
        solved, prior = camera.params[0], lenses.prior_focal[number]
        found[str(number)] = {"focal": round(solved, 2), "prior": round(prior, 2), "model": camera.model.value}
        if not 0.5 < solved / prior < 2:
            report.warn(
                "focal_length",
                f"The photos' lens seems to be {solved / prior:.1f} times as long as their files say.",
                advice="Were they cropped or enlarged? Use them as they came from the camera if the model looks stretched.",
            )
    report.count("cameras", found)


def tell_missing(missing: dict[str, str], total: int, report: Report) -> None:
    """The photos without a place, each in the report, together as one warning."""
    for name, reason in missing.items():
        report.reject(name, reason)
    if missing:
        shown = "; ".join(f"{name}: {reason}" for name, reason in list(missing.items())[:5])
        more = f"; and {len(missing) - 5} more" if len(missing) > 5 else ""
        report.warn(
            "unregistered",
            f"{len(missing)} of {total} photos could not be placed ({shown}{more}).",
            advice=OVERLAP_ADVICE,
        )
    if total - len(missing) == 2:
        report.warn("two_photos", "Two photos show only one side of the subject.", advice=OVERLAP_ADVICE)
