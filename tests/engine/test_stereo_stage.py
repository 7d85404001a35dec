"""The depth stage on a made-up scene whose depth is known exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.datatypes import Dense, Sparse
from engine.errors import Cancelled, EngineError
from engine.geometry import project
from engine.protocol import Event, PreviewEvent
from engine.report import RunReport
from engine.settings import DepthSettings
from engine.stereo import stage
from tests.synthetic import SPHERE_CENTRE, SPHERE_RADIUS, Truth, make_truth

SETTINGS = DepthSettings(max_side=240)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return make_truth(tmp_path_factory.mktemp("photos"), count=12, width=240, height=180)


def depth_of(sparse: Sparse, folder: Path, settings: DepthSettings = SETTINGS) -> tuple[Dense, RunReport]:
    run = RunReport(("depth",))
    with run.stage("depth") as report:
        return stage.run(sparse, settings, report, folder), run


@pytest.fixture(scope="module")
def dense(truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dense, RunReport]:
    return depth_of(truth.sparse(), tmp_path_factory.mktemp("maps"))


def test_depth_is_right_and_nearly_everywhere(truth: Truth, dense: tuple[Dense, RunReport]) -> None:
    complete, error, wrong, tilt = [], [], [], []
    for one, true, normal in zip(dense[0].maps, truth.depths, truth.normals, strict=True):
        got = (one.depth > 0) & (true > 0)
        off = np.abs(one.depth - true)[got] / true[got]
        complete.append(got.sum() / (true > 0).sum())
        error.append(np.median(off))
        wrong.append((off > 0.02).mean())
        tilt.append(np.degrees(np.arccos(np.clip(np.median((one.normal * normal).sum(-1)[got]), -1, 1))))
    assert 0.6 < np.mean(complete) <= 1
    assert 0 < np.mean(error) < 0.002
    assert np.mean(wrong) < 0.03
    assert np.mean(tilt) < 10


def test_the_sky_stays_empty(truth: Truth, dense: tuple[Dense, RunReport]) -> None:
    share = [
        ((m.depth > 0) & (true == 0)).sum() / max((true == 0).sum(), 1)
        for m, true in zip(dense[0].maps, truth.depths, strict=True)
    ]
    assert np.mean(share) < 0.1


def test_maps_hold_what_the_contract_says(dense: tuple[Dense, RunReport], truth: Truth) -> None:
    assert len(dense[0].maps) == 12
    for one, view in zip(dense[0].maps, truth.views, strict=True):
        assert one.view.name == view.name and one.depth.shape == (180, 240) == one.confidence.shape
        assert one.depth.dtype == np.float32 and np.isfinite(one.depth).all() and (one.depth >= 0).all()
        known = one.depth > 0
        assert (
            (one.confidence[known] >= 0).all() and (one.confidence <= 1).all() and (one.confidence[~known] == 0).all()
        )
        length = np.linalg.norm(one.normal, axis=2)
        np.testing.assert_allclose(length[known], 1, atol=0.02)
        assert (length[~known] == 0).all()


def test_the_cloud_lies_on_the_scene_and_looks_outwards(dense: tuple[Dense, RunReport]) -> None:
    cloud = dense[0].cloud
    assert 20_000 < len(cloud.points) < 12 * 240 * 180
    assert cloud.points.dtype == np.float32 and cloud.colours.dtype == np.uint8
    np.testing.assert_allclose(np.linalg.norm(cloud.normals, axis=1), 1, atol=1e-3)
    assert cloud.support.min() >= 3 and 0 < cloud.spacing.min() <= cloud.spacing.max() < 0.05
    from_centre = cloud.points - SPHERE_CENTRE
    distance = np.linalg.norm(from_centre, axis=1)
    ball = (distance < 1.05 * SPHERE_RADIUS) & (cloud.points[:, 2] > 0.1)
    assert ball.sum() > 2000
    assert np.median(np.abs(distance[ball] - SPHERE_RADIUS)) < 0.003
    facing = (cloud.normals[ball] * from_centre[ball]).sum(1) / distance[ball]
    assert np.median(facing) > 0.97


def test_the_report_counts(dense: tuple[Dense, RunReport]) -> None:
    record = dense[1].records[0]
    assert record.counts["views"] == 12 and record.counts["points"] == len(dense[0].cloud.points)
    assert set(record.steps) == {"depth maps", "consistency", "fusion"}


def test_no_depth_under_a_mask_and_the_same_with_little_memory(truth: Truth, tmp_path: Path) -> None:
    small = DepthSettings(max_side=120)
    sparse = truth.sparse()
    mask = np.full((180, 240), 255, np.uint8)
    mask[:, :100] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    first = replace(sparse.posed[0], photo=replace(sparse.posed[0].photo, mask=tmp_path / "mask.png"))
    masked = replace(sparse, posed=(first, *sparse.posed[1:]))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    frugal = replace(small, memory_mb=1)  # nothing fits: arrays go to disk and pictures in and out of their slots
    one, two = (depth_of(masked, tmp_path / name, settings)[0] for name, settings in (("a", small), ("b", frugal)))
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == sorted(f"{v.name}.npz" for v in truth.views)
    assert (one.maps[0].depth[:, :49] == 0).all() and (one.maps[0].depth[:, 51:] > 0).mean() > 0.3
    np.testing.assert_array_equal(one.maps[3].depth, two.maps[3].depth)
    np.testing.assert_array_equal(one.cloud.points, two.cloud.points)


def test_three_photos_suffice(tmp_path: Path) -> None:
    few = make_truth(tmp_path / "photos", count=3, width=160, height=120, rings=(0.8,), arc=40)
    (tmp_path / "maps").mkdir()
    dense, _ = depth_of(few.sparse(), tmp_path / "maps", DepthSettings(max_side=160))
    true, got = few.depths[1], dense.maps[1].depth
    known = (got > 0) & (true > 0)
    assert known.sum() > 0.3 * (true > 0).sum()
    assert np.median(np.abs(got - true)[known] / true[known]) < 0.006


def test_views_that_share_nothing_are_an_error(truth: Truth, tmp_path: Path) -> None:
    sparse = truth.sparse()
    alone = replace(
        sparse,
        seen_point=np.arange(120, dtype=np.int32),
        seen_posed=np.repeat(np.arange(12), 10).astype(np.int32),
        seen_pixel=np.ones((120, 2), np.float32),
    )
    with pytest.raises(EngineError) as error:
        depth_of(alone, tmp_path)
    assert error.value.code == "no_overlap" and error.value.advice


def test_cancel_is_heard(truth: Truth, tmp_path: Path) -> None:
    run = RunReport(("depth",))
    run.stop.set()
    with pytest.raises(Cancelled), run.stage("depth") as report:
        stage.run(truth.sparse(), SETTINGS, report, tmp_path)


def test_points_are_told_while_the_maps_land(truth: Truth, tmp_path: Path) -> None:
    """Each view's points come several times before the stage ends; they lie on the surface and have its colours; nothing stays."""
    clouds: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    def hear(event: Event) -> None:
        if isinstance(event, PreviewEvent):
            assert event.what == "dense"
            with np.load(event.path) as file:
                points, colours = file["points"], file["colours"]
            assert points.shape == colours.shape and colours.dtype == np.uint8 and 0 < len(points) <= 20_000
            clouds.setdefault(Path(event.path).name.rsplit(".", 2)[0], []).append((points, colours))

    run = RunReport(("depth",), hear)
    with run.stage("depth") as report:
        stage.run(truth.sparse(), SETTINGS, report, tmp_path)
    assert len(clouds) == 12 and all(len(told) == 4 for told in clouds.values())  # three sizes, and the final map
    assert not list(tmp_path.glob("*.part"))
    for view, picture, depth in zip(truth.views, truth.pictures, truth.depths, strict=True):
        points, colours = clouds[view.name][-1]
        pixel, z = project(view, points.astype(np.float64))
        column, row = np.clip(pixel.astype(int), 0, [view.width - 1, view.height - 1]).T
        assert (np.abs(z - depth[row, column]) < 0.02 * z).mean() > 0.95
        assert np.median(np.abs(colours.astype(int) - picture[row, column])) < 12


def test_nobody_watching_costs_no_previews(truth: Truth, tmp_path: Path) -> None:
    told: list[Event] = []
    run = RunReport(("depth",), told.append)
    run.watched = False
    with run.stage("depth") as report:
        stage.run(truth.sparse(), replace(SETTINGS, max_side=96), report, tmp_path)
    assert told and not any(isinstance(event, PreviewEvent) for event in told)
