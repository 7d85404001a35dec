"""Printed markers give the model its size: on a made-up table whose every length is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.cli import job_of, parse
from engine.datatypes import Sparse
from engine.errors import EngineError
from engine.jobs import MarkersJob, ModelJob, ScaleJob, decode, encode
from engine.recipes import markers, model, scale
from engine.report import Report, RunReport
from engine.scale import sheet, stage
from engine.scale.place import Floor, floor_of, world_from_solved
from engine.settings import MarkerKind, Paper, ScaleSettings, SheetSettings
from engine.workspace import Workspace
from tests.markers import Printed, photograph

UNIT = 3.7  # of the made-up solved worlds, to a metre
TURN = cv2.Rodrigues(np.array([0.4, -0.7, 0.3]))[0]
SETTINGS = ScaleSettings(marker_size=0.05)


def printed(kind: str, number: int, x: float, y: float, size: float = 0.05, angle: float = 0.0) -> Printed:
    return Printed(dictionary=getattr(cv2.aruco, f"DICT_{kind}"), number=number, x=x, y=y, size=size, angle=angle)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Sparse:
    """Three small ArUco markers and an AprilTag, six photos, bent lens, true cameras in a world of another unit."""
    return photograph(
        tmp_path_factory.mktemp("table"),
        [
            printed("4X4_50", 3, -0.25, 0.2, angle=20),
            printed("4X4_50", 7, 0.3, 0.1, angle=-50),
            printed("4X4_50", 9, 0, -0.3, angle=5),
            printed("APRILTAG_36h11", 2, 0.1, 0.3, angle=70),
        ],
        scale=UNIT,
        turn=TURN,
    )


@pytest.fixture(scope="module")
def odd_table(tmp_path_factory: pytest.TempPathFactory) -> Sparse:
    """One marker twice, one of another size, one of a family that is not looked for."""
    return photograph(
        tmp_path_factory.mktemp("odd"),
        [
            printed("5X5_100", 11, -0.2, 0.1, angle=33),
            printed("5X5_100", 11, 0.2, -0.1, angle=-10),
            printed("5X5_100", 12, 0.0, 0.15),
            printed("6X6_250", 40, 0.0, -0.2, size=0.07),
            printed("7X7_50", 5, 0.25, 0.2, size=0.06),
        ],
        count=4,
    )


def test_the_size_is_true_to_half_a_percent(table: Sparse) -> None:
    report = Report()
    found = stage.run(table, SETTINGS, report)
    assert found.scale * UNIT == pytest.approx(1, abs=0.005)
    assert [(m.dictionary, m.number) for m in found.markers] == [
        ("AprilTag 36h11", 2), ("ArUco 4x4", 3), ("ArUco 4x4", 7), ("ArUco 4x4", 9),
    ]  # fmt: skip
    assert all(abs(m.side / UNIT / 0.05 - 1) < 0.006 and len(m.views) >= 4 for m in found.markers)
    assert found.spread < 0.005 and found.source == "4 markers of 50 mm"
    assert found.sentence.startswith("The scale comes from 4 markers of 50 mm, agreeing within 0.")
    assert report.record.warnings == []
    json.dumps(found.facts())


def test_the_floor_that_they_lie_on_is_found(table: Sparse) -> None:
    found = stage.run(table, SETTINGS, Report())
    up = TURN @ [0, 0, 1]
    assert found.is_flat and found.floor.normal @ up > np.cos(np.radians(0.1))
    placed = world_from_solved(found.scale, found.floor)
    corners = np.concatenate([m.corners for m in found.markers]) @ placed[:3, :3].T + placed[:3, 3]
    assert np.abs(corners[:, 2]).max() < 0.0005
    assert np.linalg.norm(corners[0] - corners[1]) == pytest.approx(0.05, rel=0.01)
    assert abs(np.linalg.det(placed[:3, :3]) - found.scale**3) < 1e-9


def test_a_floor_upside_down_is_turned_over() -> None:
    turned = world_from_solved(2.0, Floor(point=np.array([0, 0, 3.0]), normal=np.array([0, 0, -1.0]), flatness=0))
    assert np.allclose(turned @ [0, 0, 3, 1], [0, 0, 0, 1]) and np.allclose(turned @ [0, 0, 2, 1], [0, 0, 2, 1])


def test_three_photos_are_enough_and_two_are_told(table: Sparse) -> None:
    report = Report()
    found = stage.run(replace(table, posed=table.posed[:3]), SETTINGS, report)
    assert found.scale * UNIT == pytest.approx(1, abs=0.01) and report.record.warnings == []
    found = stage.run(replace(table, posed=table.posed[:2]), SETTINGS, report)
    assert found.scale * UNIT == pytest.approx(1, abs=0.01)
    assert [w["code"] for w in report.record.warnings] == ["markers_in_two"]


def test_one_photo_is_refused(table: Sparse) -> None:
    with pytest.raises(EngineError, match="in one photo only") as caught:
        stage.run(replace(table, posed=table.posed[:1]), SETTINGS, Report())
    assert caught.value.code == "marker_once" and "three photos" in caught.value.advice


def test_photos_that_contradict_each_other_are_refused(table: Sparse) -> None:
    """The same photo at two places: no square fits."""
    first, second = table.posed[:2]
    with pytest.raises(EngineError, match="no two photos agree"):
        stage.run(replace(table, posed=(first, replace(second, photo=first.photo))), SETTINGS, Report())


def test_other_families_other_sizes_and_doubles(odd_table: Sparse) -> None:
    report = Report()
    found = stage.run(odd_table, SETTINGS, report)
    assert [(m.dictionary, m.number) for m in found.markers] == [
        ("ArUco 5x5", 11),
        ("ArUco 5x5", 11),
        ("ArUco 5x5", 12),
    ]
    assert found.scale == pytest.approx(1, abs=0.005)
    assert [w["code"] for w in report.record.warnings] == ["markers_differ"]
    assert "1 of 4 markers" in report.record.warnings[0]["sentence"]
    distance = np.linalg.norm(found.markers[0].corners.mean(0) - found.markers[1].corners.mean(0))
    assert distance == pytest.approx(np.hypot(0.4, 0.2), rel=0.005)


def test_without_markers_that_we_know_there_is_no_scale(tmp_path: Path) -> None:
    table = photograph(tmp_path, [printed("7X7_50", 5, 0, 0, size=0.1)], count=2, width=480, height=360)
    with pytest.raises(EngineError, match="No marker was found"):
        stage.run(table, SETTINGS, Report())


def test_photos_that_are_gone_are_said(table: Sparse, tmp_path: Path) -> None:
    def gone(posed):
        return replace(posed, photo=replace(posed.photo, path=tmp_path / posed.photo.name))

    report = Report()
    found = stage.run(replace(table, posed=(*table.posed[:4], gone(table.posed[4]))), SETTINGS, report)
    assert found.scale * UNIT == pytest.approx(1, abs=0.01)
    assert [w["code"] for w in report.record.warnings] == ["photos_gone"]
    with pytest.raises(EngineError, match="None of the photos"):
        stage.run(replace(table, posed=tuple(map(gone, table.posed))), SETTINGS, Report())


def test_floor_needs_no_more_than_one_marker(table: Sparse) -> None:
    found = stage.run(table, SETTINGS, Report())
    one = floor_of(found.markers[1:2], table)
    assert one.normal @ (TURN @ [0, 0, 1]) > np.cos(np.radians(2))


def test_a_run_goes_on_in_metres_and_takes_up_what_it_found(table: Sparse, tmp_path: Path, monkeypatch) -> None:
    workspace, photos = Workspace(tmp_path), tuple(p.photo for p in table.posed)
    settings = replace(SETTINGS, floor=True)

    def step(settings: ScaleSettings, sparse: Sparse) -> tuple[Sparse, str, dict | None, RunReport]:
        report = RunReport(("scale",))
        return *scale.scaled(settings, report, workspace, photos, sparse, "poses"), report

    workspace.save_sparse("poses", table)
    metric, key, facts, report = step(settings, table)
    eyes = np.array([-p.cam_from_world[:, :3].T @ p.cam_from_world[:, 3] for p in metric.posed])
    assert np.linalg.norm(eyes[0] - eyes[3]) == pytest.approx(1.8 * np.sqrt(1 + 0.0494), rel=0.01)
    assert sorted(np.round(eyes[:, 2], 2)) == [0.5] * 3 + [0.9] * 3  # the cameras' true heights above the table
    assert facts["metres_per_unit"] == pytest.approx(1) and report.notes == [facts["sentence"]]
    assert np.abs(np.array([m["corners"] for m in facts["markers"]])[..., 2]).max() < 0.001
    assert key != "poses" and workspace.has("sparse", key) and workspace.has("solved", "poses")
    with monkeypatch.context() as patch:
        patch.setattr(stage, "run", lambda *_: pytest.fail("looked again"))
        again, same, told, report = step(settings, table)
        assert same == key and told == facts and report.records[0].skipped and report.notes == [facts["sentence"]]
        assert np.array_equal(again.posed[2].cam_from_world, metric.posed[2].cam_from_world)
    plain, key, told, _ = step(ScaleSettings(), table)
    assert key == "poses" and told is None and workspace.has("sparse", "poses")
    assert np.array_equal(storage_pose(workspace, photos), plain.posed[0].cam_from_world)


def storage_pose(workspace: Workspace, photos) -> np.ndarray:
    return workspace.load_sparse(photos).posed[0].cam_from_world


def test_a_run_without_luck_goes_on_without_size(table: Sparse, tmp_path: Path) -> None:
    workspace, report = Workspace(tmp_path), RunReport(("scale",))
    alone = replace(table, posed=table.posed[:1])
    sparse, key, facts = scale.scaled(SETTINGS, report, workspace, (table.posed[0].photo,), alone, "poses")
    assert sparse is alone and key == "poses" and facts is None
    assert [w["code"] for w in report.records[0].warnings] == ["marker_once"]
    assert len(report.notes) == 1 and workspace.has("sparse", "poses")


def test_a_whole_run_s_cameras_come_in_metres(table: Sparse, tmp_path: Path) -> None:
    """From photos alone: the poses are solved, and the distances between the cameras are the true ones."""
    folder = table.posed[0].photo.path.parent
    words = ["model", str(folder), "-o", str(tmp_path), "--marker-size", "50mm", "--marker-floor", "--until", "poses"]
    job = job_of(parse([*words, "--device", "cpu", "--quality", "draft"]))
    assert isinstance(job, ModelJob) and job.settings.scale == ScaleSettings(marker_size=0.05, floor=True)
    assert decode(encode(job)) == job
    events: list = []
    result = model.run(job, events.append)
    assert [e.name for e in events if e.kind == "stage"] == ["prepare", "poses", "scale", "export"]
    assert [e.path for e in events if e.kind == "preview"] == [str(job.workspace / "sparse.npz")]
    assert "The scale comes from 4 markers of 50 mm" in result.summary["notes"][-1]
    posed = {p.photo.name: p.cam_from_world for p in Workspace(job.workspace).load_sparse(()).posed}
    true = {p.photo.name: p.cam_from_world / [1, 1, 1, UNIT] for p in table.posed}
    assert len(posed) == 6
    eyes, truth = ({k: -m[:, :3].T @ m[:, 3] for k, m in which.items()} for which in (posed, true))
    names = sorted(posed)
    ratios = [
        np.linalg.norm(eyes[a] - eyes[b]) / np.linalg.norm(truth[a] - truth[b])
        for i, a in enumerate(names) for b in names[:i]
    ]  # fmt: skip
    assert np.median(ratios) == pytest.approx(1, abs=0.01)
    asked = scale.run(ScaleJob(out=tmp_path, settings=SETTINGS))
    assert asked.summary["scale"]["metres_per_unit"] == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize(("text", "metres"), [("0.05", 0.05), ("50mm", 0.05), ("2 in", 0.0508), ("5cm", 0.05)])
def test_lengths_are_understood(text: str, metres: float) -> None:
    job = job_of(parse(["scale", "x", "--marker-size", text]))
    assert isinstance(job, ScaleJob) and job.settings.marker_size == pytest.approx(metres)
    for wrong in ("-1", "50 pt", "0", "x"):
        with pytest.raises(SystemExit):
            parse(["scale", "x", "--marker-size", wrong])


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="holds no solved cameras"):
        scale.run(ScaleJob(out=tmp_path, settings=SETTINGS))


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("kind", list(MarkerKind))
def test_a_sheet_is_exact(tmp_path: Path, paper: Paper, kind: MarkerKind) -> None:
    settings = SheetSettings(size=0.04, paper=paper, kind=kind, first=3)
    markers.run(MarkersJob(out=tmp_path / "sheet.png", settings=settings))
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        width, height = sheet.SHEETS[paper]
        assert np.allclose(np.array(picture.size) / 300 * 0.0254, (width, height), atol=0.0001)
        grey = np.array(picture.convert("L"))
    dictionary = cv2.aruco.getPredefinedDictionary(sheet.DICTIONARIES[sheet.NAMES[kind]])
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(grey)
    count = len(numbers)
    assert count >= 6 and sorted(np.ravel(numbers)) == list(range(3, 3 + count))
    for corner in corners:
        sides = np.linalg.norm(corner[0] - np.roll(corner[0], 1, 0), axis=1)
        assert np.allclose(sides + 1, 0.04 / 0.0254 * 300, atol=1.5)  # from middle to middle of the outer dots
    assert (grey[-20:] == 255).all() and (grey[:, :100] == 255).all()


def test_a_sheet_s_line_to_measure_is_100_mm() -> None:
    page = sheet.draw(SheetSettings()).picture
    longest = max(
        int(np.diff(np.flatnonzero(np.diff([255, *row, 255]))).max(initial=0)) for row in page[-260:] if row.min() == 0
    )
    dark = [(row == 0).sum() for row in page[-260:]]
    assert max(dark) / 300 * 25.4 == pytest.approx(100, abs=0.6) and longest > 0


def test_a_sheet_as_pdf_has_the_paper_s_size(tmp_path: Path) -> None:
    markers.run(MarkersJob(out=tmp_path / "sheet.pdf", settings=SheetSettings(paper=Paper.LETTER)))
    data = (tmp_path / "sheet.pdf").read_bytes()
    assert data.startswith(b"%PDF") and b"MediaBox [ 0 0 612" in data and b"792" in data
    with pytest.raises(EngineError, match="neither"):
        markers.run(MarkersJob(out=tmp_path / "sheet.doc"))
    with pytest.raises(EngineError, match="does not fit"):
        markers.run(MarkersJob(out=tmp_path / "big.pdf", settings=SheetSettings(size=0.3)))
    assert not (tmp_path / "big.pdf").exists()
