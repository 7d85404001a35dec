"""The poses stage on made-up scenes whose cameras are known, and on captures that cannot work."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pycolmap
import pytest
from PIL import Image

from engine.datatypes import FocalSource, Photo, Sparse
from engine.errors import Cancelled, EngineError, Exit
from engine.export.colmap import write_colmap
from engine.geometry import intrinsics
from engine.poses import retrieval, stage
from engine.poses.upright import camera_centres
from engine.report import Report, RunReport
from engine.settings import PoseSettings
from tests.synthetic import Truth

SETTINGS = PoseSettings(max_features=1200)


def photos_of(truth: Truth, prefix: str = "") -> list[Photo]:
    return [replace(v.photo, name=prefix + v.photo.name) for v in truth.views]


def close_ones(truth: Truth) -> list[Photo]:
    """Seven photos that each overlap the next."""
    return [photos_of(truth)[i] for i in (0, 7, 1, 8, 2, 9, 3)]


def solve(photos: Sequence[Photo], folder: Path, settings: PoseSettings = SETTINGS) -> tuple[Sparse, Report]:
    folder.mkdir(exist_ok=True)
    report = Report(RunReport(("poses",)))
    return stage.run(photos, settings, report, folder), report


def errors(sparse: Sparse, truth: Truth) -> tuple[float, float, np.ndarray]:
    """Median rotation error in degrees, median centre error relative to the cameras' spread, and where true up ends."""
    names = [v.photo.name for v in truth.views]
    index = [names.index(p.photo.name.split("/")[-1]) for p in sparse.posed]
    found = np.array([p.cam_from_world for p in sparse.posed])
    true = np.array([truth.views[i].cam_from_world for i in index])
    # The rotation between the worlds, by the mean of the cameras' own.
    u, _, vt = np.linalg.svd(np.einsum("nji,njk->ik", true[:, :, :3], found[:, :, :3]))
    true_from_found = u @ vt
    a, b = camera_centres(found) @ true_from_found.T, camera_centres(true)
    a, b = a - a.mean(0), b - b.mean(0)
    scale = (a * b).sum() / (a * a).sum()
    spread = np.linalg.norm(b, axis=1).mean()
    delta = np.einsum("nij,kj,nlk->nil", found[:, :, :3], true_from_found, true[:, :, :3])
    angles = np.degrees(np.arccos(np.clip((np.trace(delta, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    return (
        float(np.median(angles)),
        float(np.median(np.linalg.norm(scale * a - b, axis=1)) / spread),
        true_from_found[:, 2],
    )


@pytest.fixture(scope="module")
def ring(truth: Truth) -> Truth:
    """Fourteen cameras on two rings."""
    return truth


@pytest.fixture(scope="module")
def solved(ring: Truth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Sparse, Report]:
    # As in life, the EXIF focal length is some percent off.
    photos = [replace(p, focal_px=p.focal_px * 1.03) for p in photos_of(ring)]
    return solve(photos, tmp_path_factory.mktemp("scratch"))


def test_all_photos_get_their_true_place(solved: tuple[Sparse, Report], ring: Truth) -> None:
    sparse, _ = solved
    assert len(sparse.posed) == 14
    assert sparse.unregistered == {}
    rotation, centre, _ = errors(sparse, ring)
    assert rotation < 0.1
    assert centre < 0.002
    (camera,) = sparse.cameras.values()
    assert camera.params[0] == pytest.approx(480 * 1.1, rel=0.005)
    assert (camera.width, camera.height) == (480, 360)


def test_the_world_stands_upright_with_its_origin_under_the_subject(solved: tuple[Sparse, Report], ring: Truth) -> None:
    sparse, report = solved
    assert errors(sparse, ring)[2][2] > np.cos(np.radians(0.5))
    assert report.record.counts["ground_from"] == "plane"
    z = sparse.points_in_world[:, 2]
    assert (np.abs(z) < 0.01).mean() > 0.2  # the floor
    assert (z < -0.02).mean() < 0.03
    assert z.max() > 0.2  # the ball's top: 0.6 at a distance of 1.5
    centres = camera_centres(np.array([p.cam_from_world for p in sparse.posed]))
    assert 0.8 < np.median(np.linalg.norm(centres, axis=1)) < 1.2


def test_observations_are_where_the_points_are_seen(solved: tuple[Sparse, Report]) -> None:
    sparse, _ = solved
    assert len(sparse.points_in_world) > 500
    assert len(sparse.seen_point) > 2.5 * len(sparse.points_in_world)
    poses = np.array([p.cam_from_world for p in sparse.posed])[sparse.seen_posed]
    cam = np.einsum("nij,nj->ni", poses[:, :, :3], sparse.points_in_world[sparse.seen_point]) + poses[:, :, 3]
    assert (cam[:, 2] > 0).all()
    pixel = (cam / cam[:, 2:]) @ intrinsics(next(iter(sparse.cameras.values()))).T
    assert np.median(np.linalg.norm(pixel[:, :2] - sparse.seen_pixel, axis=1)) < 0.6
    assert sparse.point_colours.std() > 5


def test_the_report_says_what_was_done(solved: tuple[Sparse, Report]) -> None:
    counts = solved[1].record.counts
    assert min(counts["features"]) > 300
    assert counts["pairs"]["matched"] == 91
    assert 13 <= counts["pairs"]["verified"] <= 91
    assert 10 < counts["triangulation_angle"] < 120
    assert 0.01 < counts["mean_reprojection_error"] < 1
    assert counts["cameras"]["1"]["prior"] == pytest.approx(480 * 1.1 * 1.03, abs=0.01)


def test_the_same_photos_give_the_same_cameras(solved: tuple[Sparse, Report], ring: Truth, tmp_path: Path) -> None:
    photos = [replace(p, focal_px=p.focal_px * 1.03) for p in photos_of(ring)]
    again, _ = solve(photos, tmp_path)
    for first, second in zip(solved[0].posed, again.posed, strict=True):
        assert np.abs(first.cam_from_world - second.cam_from_world).max() < 1e-6


def test_work_at_half_size_comes_back_at_full_size(ring: Truth, tmp_path: Path) -> None:
    photos = [replace(p, working_width=240, working_height=180) for p in photos_of(ring)]
    sparse, _ = solve(photos, tmp_path)
    assert len(sparse.posed) == 14
    (camera,) = sparse.cameras.values()
    assert (camera.width, camera.params[1], camera.params[2]) == (480, 240, 180)
    assert camera.params[0] == pytest.approx(480 * 1.1, rel=0.02)
    assert sparse.seen_pixel[:, 0].max() > 400
    assert errors(sparse, ring)[0] < 0.3


def test_a_guessed_focal_length_may_be_far_off(ring: Truth, tmp_path: Path) -> None:
    photos = [replace(p, focal_px=p.focal_px * 1.3, focal_source=FocalSource.GUESS) for p in photos_of(ring)]
    sparse, _ = solve(photos, tmp_path)
    assert len(sparse.posed) == 14
    assert next(iter(sparse.cameras.values())).params[0] == pytest.approx(480 * 1.1, rel=0.01)
    assert errors(sparse, ring)[0] < 0.15


def test_large_sets_look_at_likely_pairs_only(ring: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "ALIKE", 4)
    monkeypatch.setattr(retrieval, "IN_ORDER", 1)
    photos = photos_of(ring)
    sparse, report = solve(photos, tmp_path, replace(SETTINGS, exhaustive_below=5, neighbours=5))
    assert 14 <= report.record.counts["pairs"]["looked_at"] < 70
    assert len(sparse.posed) == 14
    assert errors(sparse, ring)[0] < 0.15


def test_masked_parts_give_no_points(ring: Truth, tmp_path: Path) -> None:
    mask = np.zeros((360, 480), np.uint8)
    mask[:, :240] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    photos = [replace(p, mask=tmp_path / "mask.png") for p in photos_of(ring)]
    sparse, _ = solve(photos, tmp_path / "scratch")
    assert len(sparse.posed) >= 6
    assert sparse.seen_pixel[:, 0].max() <= 242


def test_two_lenses_are_two_cameras(ring: Truth, tmp_path: Path) -> None:
    photos = photos_of(ring)
    big = []
    for i, photo in enumerate(photos):
        if i % 2:
            path = tmp_path / photo.name
            Image.open(photo.path).resize((600, 450), Image.Resampling.LANCZOS).save(path, quality=95)
            photo = replace(
                photo, path=path, width=600, height=450, working_width=600, working_height=450,
                focal_px=photo.focal_px * 1.25, camera_key="other",
            )  # fmt: skip
        big.append(photo)
    sparse, _ = solve(big, tmp_path / "scratch")
    assert len(sparse.posed) == 14
    focals = {c.width: c.params[0] for c in sparse.cameras.values()}
    assert focals[480] == pytest.approx(528, rel=0.01)
    assert focals[600] == pytest.approx(660, rel=0.01)
    assert errors(sparse, ring)[0] < 0.15


def noise_photo(folder: Path, like: Photo, seed: int) -> Photo:
    rng = np.random.default_rng(seed)
    small = rng.uniform(0, 255, (90, 120, 3)).astype(np.uint8)
    path = folder / f"noise_{seed}.png"
    Image.fromarray(small).resize((like.width, like.height), Image.Resampling.BICUBIC).save(path)
    return replace(like, name=path.name, path=path)


def test_photos_of_nothing_in_common_are_refused_plainly(ring: Truth, tmp_path: Path) -> None:
    photos = [noise_photo(tmp_path, photos_of(ring)[0], seed) for seed in range(4)]
    with pytest.raises(EngineError) as caught:
        solve(photos, tmp_path / "scratch")
    assert caught.value.code == "no_overlap"
    assert caught.value.exit_code == Exit.INPUT
    assert "degrees" in caught.value.advice


def test_a_stranger_among_the_photos_is_left_out_with_its_reason(ring: Truth, tmp_path: Path) -> None:
    photos = [*close_ones(ring), noise_photo(tmp_path, photos_of(ring)[0], 7)]
    sparse, report = solve(photos, tmp_path / "scratch")
    assert len(sparse.posed) == 7
    assert list(sparse.unregistered) == ["noise_7.png"]
    assert "overlap" in sparse.unregistered["noise_7.png"]
    assert report.record.rejected == sparse.unregistered
    assert [w["code"] for w in report.record.warnings] == ["unregistered"]


@pytest.mark.parametrize("count", [0, 1])
def test_no_photo_or_one_is_too_few(ring: Truth, tmp_path: Path, count: int) -> None:
    with pytest.raises(EngineError) as caught:
        solve(photos_of(ring)[:count], tmp_path)
    assert caught.value.code == "too_few_photos"


def test_pictures_without_detail_are_refused_plainly(ring: Truth, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    Image.new("RGB", (480, 360), (128, 128, 128)).save(path)
    photos = [replace(p, path=path) for p in photos_of(ring)[:3]]
    with pytest.raises(EngineError) as caught:
        solve(photos, tmp_path / "scratch")
    assert caught.value.code == "no_texture"


def turned_photos(ring: Truth, folder: Path, count: int) -> list[Photo]:
    """What a camera sees that turns on the spot: one wide picture through a homography each."""
    import cv2

    like = photos_of(ring)[0]
    wide = cv2.resize(ring.pictures[0], (1920, 1440), interpolation=cv2.INTER_CUBIC)
    K = np.array([[528.0, 0, 240], [0, 528.0, 180], [0, 0, 1]])
    wide_K = np.array([[1056.0, 0, 960], [0, 1056.0, 720], [0, 0, 1]])
    photos = []
    for i in range(count):
        angle = np.radians(4.0 * (i - (count - 1) / 2))
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        picture = cv2.warpPerspective(wide, K @ turn @ np.linalg.inv(wide_K), (480, 360), flags=cv2.INTER_AREA)
        path = folder / f"turned_{i}.png"
        Image.fromarray(picture).save(path)
        photos.append(replace(like, name=path.name, path=path))
    return photos


def test_a_camera_that_only_turned_is_told_to_move(ring: Truth, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        solve(turned_photos(ring, tmp_path, 6), tmp_path / "scratch")
    assert caught.value.code == "no_parallax"
    assert "step sideways" in caught.value.advice


def test_the_same_photo_again_and_again_has_no_parallax(ring: Truth, tmp_path: Path) -> None:
    photos = [replace(photos_of(ring)[0], name=f"copy_{i}.jpg") for i in range(4)]
    with pytest.raises(EngineError) as caught:
        solve(photos, tmp_path / "scratch")
    assert caught.value.code == "no_parallax"


def test_two_groups_the_larger_goes_on(ring: Truth, tmp_path: Path) -> None:
    photos = close_ones(ring)
    for photo in photos[:5]:
        path = tmp_path / photo.name
        # Mirrored and with its colours turned over: another thing altogether to a matcher.
        Image.fromarray(255 - np.asarray(Image.open(photo.path))[:, ::-1]).save(path, quality=95)
        photos.append(replace(photo, name="b_" + photo.name, path=path))
    sparse, _ = solve(photos, tmp_path / "scratch")
    assert len(sparse.posed) == 7
    assert len(sparse.unregistered) == 5
    assert all("second group of 5 photos" in reason for reason in sparse.unregistered.values())


def test_a_still_background_does_not_hold_the_cameras(ring: Truth, tmp_path: Path) -> None:
    """A turntable: the subject's photos, each with the same strip of busy wall at its edges."""
    rng = np.random.default_rng(4)
    wall = np.asarray(Image.fromarray(rng.uniform(0, 255, (90, 120, 3)).astype(np.uint8)).resize((480, 360)))
    photos = []
    for photo, picture in zip(photos_of(ring), ring.pictures, strict=True):
        seen = wall.copy()
        seen[20:340, 50:430] = picture[20:340, 50:430]
        path = tmp_path / (Path(photo.name).stem + ".png")
        Image.fromarray(seen).save(path)
        photos.append(replace(photo, path=path))
    sparse, report = solve(photos, tmp_path / "scratch", replace(SETTINGS, max_features=3000))
    assert report.record.counts["still_features"] > 300
    assert "still_background" in [w["code"] for w in report.record.warnings]
    assert len(sparse.posed) >= 12
    assert errors(sparse, ring)[0] < 0.3


def test_a_cancel_is_heard_at_once(ring: Truth, tmp_path: Path) -> None:
    stop = threading.Event()
    report = Report(RunReport(("poses",), stop=stop))
    threading.Timer(0.4, stop.set).start()
    started = time.perf_counter()
    with pytest.raises(Cancelled):
        stage.run(photos_of(ring) * 3, SETTINGS, report, tmp_path)
    assert time.perf_counter() - started < 2.4


def test_the_colmap_export_is_what_colmap_reads(solved: tuple[Sparse, Report], tmp_path: Path) -> None:
    sparse = solved[0]
    write_colmap(tmp_path, sparse)
    model = pycolmap.Reconstruction(str(tmp_path))
    assert model.num_reg_images() == len(sparse.posed)
    assert model.num_points3D() == len(sparse.points_in_world)
    assert model.compute_num_observations() == len(sparse.seen_point)
    assert model.compute_mean_reprojection_error() < 1
    by_name = {image.name: image for image in model.images.values()}
    for posed in sparse.posed:
        assert np.allclose(by_name[posed.photo.name].cam_from_world().matrix(), posed.cam_from_world, atol=1e-9)
    model.update_point_3d_errors()  # recomputed from cameras, points and pixels as they were read back
    assert model.compute_mean_reprojection_error() == pytest.approx(sparse.point_errors.mean(), abs=0.02)
