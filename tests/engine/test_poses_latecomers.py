"""Photos placed against a finished model: into their true place when the model shows it, and not at all when it doesn't."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pycolmap
import pytest

from engine.poses.database import write_database
from engine.poses.features import Features, extract_all
from engine.poses.latecomers import place_latecomers
from engine.poses.lenses import Lenses, make_lenses
from engine.poses.mapping import incremental
from engine.poses.pairs import all_pairs, cheap_scores, choose_pairs, match_pairs
from engine.poses.refine import refine
from engine.poses.verify import Pair
from engine.report import Report, Step
from engine.settings import PoseSettings
from tests.synthetic import Truth

SETTINGS = PoseSettings(max_features=2400)
LATE, NEIGHBOUR = 4, 11  # the neighbour is the one that shares most with it


def step() -> Step:
    return Report().step("test")


@pytest.fixture(scope="module")
def matched(truth: Truth) -> tuple[Lenses, list[Features], list[Pair]]:
    """Fourteen photos on two rings, each matched with those most like it."""
    photos = [view.photo for view in truth.views]
    lenses = make_lenses(photos)
    features = extract_all(photos, SETTINGS, step())
    scores = cheap_scores(features, all_pairs(len(photos)), step())
    chosen = choose_pairs(scores, neighbours=7)
    return lenses, features, match_pairs(features, lenses, chosen, SETTINGS, step(), ratio=0.8)


def model_without(
    late: int, matched: tuple[Lenses, list[Features], list[Pair]], folder: Path
) -> pycolmap.Reconstruction:
    """What the mapper makes of all other photos."""
    lenses, features, pairs = matched
    others = [pair for pair in pairs if late not in (pair.first, pair.second)]
    write_database(folder / "matches.db", lenses, features, others)
    model = incremental(folder / "matches.db", folder, SETTINGS, step(), loose=True)[0]
    refine(model, step())
    assert model.num_reg_images() == 13 and late + 1 not in model.images
    return model


def turn_to(truth: Truth, model: pycolmap.Reconstruction, late: int) -> float:
    """Degrees between the late photo's true and found rotation against its neighbour."""
    true = [truth.views[i].cam_from_world[:, :3] for i in (late, NEIGHBOUR)]
    found = [model.images[i + 1].cam_from_world().matrix()[:, :3] for i in (late, NEIGHBOUR)]
    delta = (true[0] @ true[1].T) @ (found[0] @ found[1].T).T
    return float(np.degrees(np.arccos(np.clip((np.trace(delta) - 1) / 2, -1, 1))))


def test_a_late_photo_gets_its_true_place(
    matched: tuple[Lenses, list[Features], list[Pair]], truth: Truth, tmp_path: Path
) -> None:
    lenses, features, pairs = matched
    model = model_without(LATE, matched, tmp_path)
    assert place_latecomers(model, features, lenses, pairs, step()) == 1
    refine(model, step())
    assert turn_to(truth, model, LATE) < 0.1
    assert model.images[LATE + 1].num_points3D > 60


def test_one_neighbour_and_a_handful_of_points_are_enough(
    matched: tuple[Lenses, list[Features], list[Pair]], truth: Truth, tmp_path: Path
) -> None:
    """Its matches lead to places that no third photo saw, but for a few: the mapper's way can't work here."""
    lenses, features, pairs = matched
    late = (LATE, NEIGHBOUR)
    pair = next(p for p in pairs if {p.first, p.second} == set(late))
    model = model_without(LATE, matched, tmp_path)
    seen = model.images[NEIGHBOUR + 1].points2D
    theirs = pair.matches[:, 0] if pair.first == NEIGHBOUR else pair.matches[:, 1]
    tied = [int(k) for k in theirs if seen[int(k)].has_point3D()]
    manager = pycolmap.ObservationManager(model)
    for keypoint in tied[14:]:
        if seen[keypoint].has_point3D():
            manager.delete_point3D(seen[keypoint].point3D_id)
    before = model.num_points3D()
    assert place_latecomers(model, features, lenses, [pair], step()) == 1
    assert turn_to(truth, model, LATE) < 0.6
    assert model.num_points3D() > before + 20  # what only these two see


@pytest.mark.parametrize("fault", ["other looks", "other places", "mirrored"])
def test_what_cannot_be_proved_is_not_placed(
    matched: tuple[Lenses, list[Features], list[Pair]], tmp_path: Path, fault: str
) -> None:
    lenses, features, pairs = matched
    model = model_without(LATE, matched, tmp_path)
    rng = np.random.default_rng(3)
    found = list(features)
    mixed = rng.permutation(len(found[LATE]))
    if fault == "other looks":
        found[LATE] = replace(found[LATE], descriptors=found[LATE].descriptors[mixed])
    elif fault == "other places":
        found[LATE] = replace(found[LATE], xy=found[LATE].xy[mixed])
    else:  # a mirror's picture: what matches has no place in a rigid world
        found[LATE] = replace(found[LATE], xy=found[LATE].xy * np.float32([-1, 1]) + np.float32([480, 0]))
    assert place_latecomers(model, found, lenses, pairs, step()) == 0
    assert model.num_reg_images() == 13
