"""The turntable switch: a still background is masked, the subject is not; other sets are left alone, and told so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.alignment import target_from_source
from engine.datatypes import Photo
from engine.images import load_mask
from engine.photos import background, stage
from engine.poses import stage as poses
from engine.report import RunReport
from engine.settings import PhotoSettings, PoseSettings, Turntable
from tests.synthetic import Truth
from tests.turntable import Turned, make_turntable

COUNT = 18


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Turned:
    return make_turntable(tmp_path_factory.mktemp("turntable"), count=COUNT, width=480, height=360)


@pytest.fixture(scope="module")
def turned_before_plain_wall(tmp_path_factory: pytest.TempPathFactory) -> Turned:
    return make_turntable(tmp_path_factory.mktemp("plain"), count=COUNT, width=480, height=360, plain=True)


def masked(folder: Path, out: Path, choice: Turntable) -> tuple[tuple[Photo, ...], RunReport]:
    run = RunReport(("prepare",))
    out.mkdir(exist_ok=True)
    with run.stage("prepare") as report:
        photos = stage.run([folder], PhotoSettings(), report)
        files = background.find_masks(photos, choice, out, report)
        return background.with_masks(photos, files, out, choice, report), run


def warnings(run: RunReport) -> set[str]:
    return {one["code"] for one in run.records[0].warnings}


def check_masks(photos: tuple[Photo, ...], turned: Turned, *, overlap: float) -> None:
    truth = {view.name: subject for view, subject in zip(turned.truth.views, turned.subject, strict=True)}
    found = []
    for photo in photos:
        mask, subject = load_mask(photo, photo.width, photo.height), truth[photo.name]
        assert mask is not None
        assert (subject & ~mask).sum() < 0.01 * subject.sum()  # the subject is whole
        found.append((mask & subject).sum() / (mask | subject).sum())
    assert np.mean(found) > overlap and min(found) > overlap - 0.15


@pytest.mark.parametrize("choice", [Turntable.AUTO, Turntable.ON])
def test_a_textured_still_background_is_masked_and_the_subject_is_whole(
    turned: Turned, choice: Turntable, tmp_path: Path
) -> None:
    photos, run = masked(turned.folder, tmp_path, choice)
    check_masks(photos, turned, overlap=0.85)
    assert "still_background" in warnings(run)
    assert run.records[0].counts["still_background"]["masked"] == COUNT


def test_a_plain_backdrop_is_masked_when_asked_for_and_only_then(
    turned_before_plain_wall: Turned, tmp_path: Path
) -> None:
    """It looks the same to a camera that walks around: only the artist can know."""
    photos, _ = masked(turned_before_plain_wall.folder, tmp_path, Turntable.ON)
    check_masks(photos, turned_before_plain_wall, overlap=0.8)
    photos, run = masked(turned_before_plain_wall.folder, tmp_path, Turntable.AUTO)
    assert all(photo.mask is None for photo in photos) and "still_background" not in warnings(run)


def test_a_walk_around_is_left_alone_and_the_wrong_switch_is_told(photos_folder: Path, tmp_path: Path) -> None:
    for choice in (Turntable.AUTO, Turntable.ON):
        photos, run = masked(photos_folder, tmp_path, choice)
        assert all(photo.mask is None for photo in photos)
        assert ("turntable_ignored" in warnings(run)) is (choice is Turntable.ON)


def test_masks_of_the_artist_s_own_stay_in_force(turned: Turned, tmp_path: Path) -> None:
    from PIL import Image

    own = tmp_path / "own"
    own.mkdir()
    half = np.zeros((360, 480), np.uint8)
    half[:, :240] = 255
    for view in turned.truth.views:
        Image.fromarray(half).save(own / f"{view.name}.png")
    run = RunReport(("prepare",))
    out = tmp_path / "still"
    out.mkdir()
    with run.stage("prepare") as report:
        photos = stage.run([turned.folder], PhotoSettings(masks=own), report)
        assert not background.wanted(photos, Turntable.AUTO)
        files = background.find_masks(photos, Turntable.ON, out, report)
        photos = background.with_masks(photos, files, out, Turntable.ON, report)
    for photo in photos:
        mask = load_mask(photo, 480, 360)
        assert mask is not None and not mask[:, 242:].any() and mask[:, :238].any()


def solved_error(photos: tuple[Photo, ...], truth: Truth, scratch: Path) -> float:
    """How far the cameras are from where they stand around the subject, at most; everything registered."""
    run = RunReport(("poses",))
    scratch.mkdir()
    with run.stage("poses") as report:
        sparse = poses.run(photos, PoseSettings(max_features=2000, turned=True), report, scratch)
    assert len(sparse.posed) == len(photos)
    here, there = np.tile(np.eye(4), (2, COUNT, 1, 1))
    for index, one in enumerate(sparse.posed):
        here[index, :3] = one.cam_from_world
        there[index, :3] = next(v.cam_from_world for v in truth.views if v.name == one.photo.name)
    here, there = np.linalg.inv(here), np.linalg.inv(there)
    fit = target_from_source(here, there)
    return float(np.linalg.norm((fit @ here - there)[:, :3, 3], axis=1).max())


def test_masked_the_cameras_follow_the_subject(turned: Turned, tmp_path: Path) -> None:
    photos, _ = masked(turned.folder, tmp_path / "masks", Turntable.ON)
    assert solved_error(photos, turned.truth, tmp_path / "scratch") < 0.02  # of 1.6 to the subject
