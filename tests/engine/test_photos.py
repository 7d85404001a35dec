"""Prepare: what is read, what is refused with which sentence, and that bad files never stop the good ones."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.datatypes import FocalSource, Photo
from engine.errors import Cancelled, EngineError, Exit
from engine.images import load_mask, load_photo
from engine.photos.stage import run
from engine.report import Report, RunReport
from engine.settings import PhotoSettings
from tests import corpus

SETTINGS = PhotoSettings()


def prepare(*paths: Path, settings: PhotoSettings = SETTINGS) -> tuple[tuple[Photo, ...], Report]:
    report = Report()
    return run(paths, settings, report), report


def names(photos: tuple[Photo, ...]) -> list[str]:
    return [photo.name for photo in photos]


def codes(report: Report) -> list[str]:
    return [w["code"] for w in report.record.warnings]


def warning(report: Report, code: str) -> dict[str, str]:
    (found,) = [w for w in report.record.warnings if w["code"] == code]
    return found


def test_a_plain_folder(tmp_path: Path) -> None:
    corpus.good_set(tmp_path / "photos", 11)
    before = {p: hashlib.sha256(p.read_bytes()).digest() for p in (tmp_path / "photos").iterdir()}
    photos, report = prepare(tmp_path / "photos")
    assert names(photos) == [f"IMG_{i:04d}.JPG" for i in range(1, 12)]
    assert not report.record.warnings and not report.record.rejected
    one = photos[3]
    assert (one.width, one.height, one.orientation, one.mask) == (480, 360, 1, None)
    assert (one.working_width, one.working_height) == (480, 360)  # never enlarged
    assert one.focal_source is FocalSource.GUESS and one.focal_px == pytest.approx(576)
    assert len({p.camera_key for p in photos}) == 1
    assert np.median([p.sharpness for p in photos]) == pytest.approx(1.0)
    assert all(0.7 < p.sharpness < 1.4 and 0.3 < p.brightness < 0.7 for p in photos)
    assert before == {p: hashlib.sha256(p.read_bytes()).digest() for p in (tmp_path / "photos").iterdir()}
    assert prepare(tmp_path / "photos")[0] == photos  # deterministic


def test_working_size(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 2)
    photos, _ = prepare(tmp_path, settings=PhotoSettings(max_side=240))
    assert {(p.working_width, p.working_height, p.width) for p in photos} == {(240, 180, 480)}


# What can't be used: named with its reason, the rest goes on.


@pytest.mark.parametrize(
    ("name", "data", "code", "clause"),
    [
        ("zero.jpg", b"", "unreadable", "is empty"),
        ("noise.jpg", bytes(range(7, 250)) * 9, "unreadable", "is not a picture that can be read"),
        ("head.jpg", corpus.jpeg()[:40], "unreadable", "is damaged"),
        ("half.jpg", corpus.truncated(corpus.jpeg(9)), "damaged", "only a part of it can be read"),
        ("garbled.jpg", corpus.garbled(corpus.jpeg(9)), "damaged", "is damaged"),
        ("half.png", corpus.truncated(corpus.encode(corpus.picture(9), "PNG")), "damaged", "is damaged"),
        ("half.webp", corpus.truncated(corpus.encode(corpus.picture(9), "WEBP")), "", "is damaged"),
        ("half.tif", corpus.truncated(corpus.encode(corpus.picture(9), "TIFF")), "", "is damaged"),
        ("bomb.png", corpus.png_bomb(), "bomb", "looks like a decompression bomb"),
        ("text.png", corpus.png_text_bomb(), "bomb", "looks like a decompression bomb"),
        ("tags.tif", corpus.tiff_bomb(), "bomb", "looks like a decompression bomb"),
        ("dot.png", corpus.encode(corpus.picture(0, 1, 1), "PNG"), "too_small", "1 × 1"),
        ("strip.png", corpus.encode(corpus.picture(0, 2, 2000), "PNG"), "too_small", "2 × 2000"),
        ("small.jpg", corpus.jpeg(0, 320, 199), "too_small", "200 are needed"),
        ("liar1.jpg", corpus.OTHER_FORMATS["pdf"], "wrong_format", "a PDF document"),
        ("liar2.png", corpus.OTHER_FORMATS["eps"], "wrong_format", "a PostScript file"),
        ("liar3.png", corpus.OTHER_FORMATS["svg"], "wrong_format", "an SVG drawing"),
        ("liar4.tif", corpus.OTHER_FORMATS["fits"], "wrong_format", "a FITS file"),
    ],
)  # fmt: skip
def test_bad_file_among_good_ones(tmp_path: Path, name: str, data: bytes, code: str, clause: str) -> None:
    corpus.good_set(tmp_path, 2)
    (tmp_path / name).write_bytes(data)
    photos, report = prepare(tmp_path)
    assert len(photos) == 2
    assert clause in report.record.rejected[name]
    (told,) = report.record.warnings
    assert told["file"] == str(tmp_path / name) and told["sentence"].startswith(f"{name} ")
    assert told["code"] == (code or told["code"])
    assert "Error" not in told["sentence"] and "Traceback" not in told["sentence"]


@pytest.mark.parametrize("name", sorted(corpus.CONVERTIBLE))
def test_pictures_to_convert_are_named_with_advice(tmp_path: Path, name: str) -> None:
    corpus.good_set(tmp_path, 2)
    (tmp_path / name).write_bytes(corpus.CONVERTIBLE[name])
    photos, report = prepare(tmp_path)
    assert len(photos) == 2 and name in report.record.rejected
    told = warning(report, "wrong_format")
    assert told["advice"] and told["file"].endswith(name)
    assert ("raw" in told["sentence"]) == (Path(name).suffix in (".cr2", ".cr3", ".nef", ".raf"))


def test_no_good_photo_is_ever_called_damaged(tmp_path: Path) -> None:
    """Encoders differ in what they put around the picture; none of it is damage."""
    pixels = corpus.picture(2)
    plain = corpus.encode(pixels, "JPEG", quality=90)
    files = {
        "progressive": corpus.encode(pixels, "JPEG", progressive=True),
        "optimised": corpus.encode(pixels, "JPEG", optimize=True, quality=60),
        "restarts": corpus.encode(pixels, "JPEG", restart_marker_rows=1),
        "full_colour": corpus.encode(pixels, "JPEG", subsampling=0, quality=99),
        "black": corpus.encode(np.where(np.arange(360)[:, None, None] < 180, pixels, 0).astype(np.uint8), "JPEG"),
        "white": corpus.encode(np.where(np.arange(360)[:, None, None] < 180, pixels, 255).astype(np.uint8), "JPEG"),
        "grey": corpus.encode(np.ascontiguousarray(pixels[:, :, 0]), "JPEG"),
        "tail": plain + bytes(range(256)) * 400,  # a phone's motion clip
        "thumbnail": plain[:2] + b"\xff\xed\x10\x02" + plain[:4096] + plain[2:],
    }
    for name, data in files.items():
        (tmp_path / f"{name}.jpg").write_bytes(data)
    photos, report = prepare(tmp_path)
    assert sorted(p.path.stem for p in photos) == sorted(files), report.record.rejected


def test_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 2)
    (tmp_path / "big.jpg").write_bytes(corpus.jpeg(5, 700, 500))
    photos, report = prepare(tmp_path, settings=PhotoSettings(max_megapixels=0.3))
    assert len(photos) == 2 and "at most 0" in report.record.rejected["big.jpg"]
    assert codes(report) == ["too_large"]


def test_partial_files_where_asked_for(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 2)
    (tmp_path / "half.jpg").write_bytes(corpus.truncated(corpus.jpeg(9), 0.6))
    (tmp_path / "crumb.jpg").write_bytes(corpus.truncated(corpus.jpeg(8), 0.15))
    (tmp_path / "garbled.jpg").write_bytes(corpus.garbled(corpus.jpeg(7)))
    photos, report = prepare(tmp_path, settings=PhotoSettings(use_partial=True))
    assert [p.path.name for p in photos] == ["half.jpg", "IMG_0001.JPG", "IMG_0002.JPG"]
    assert set(report.record.rejected) == {"crumb.jpg", "garbled.jpg"}
    assert "half.jpg" in warning(report, "partial")["sentence"]
    mask = load_mask(photos[0], 480, 360)
    assert mask is not None and mask[0].all() and not mask[-1].any()


def test_exact_duplicates_are_dropped(tmp_path: Path) -> None:
    first = corpus.good_set(tmp_path, 3)[0]
    (tmp_path / "IMG_0009.JPG").write_bytes(first.read_bytes())
    photos, report = prepare(tmp_path)
    assert names(photos) == ["IMG_0001.JPG", "IMG_0002.JPG", "IMG_0003.JPG"]
    assert report.record.rejected == {"IMG_0009.JPG": "is the same file as IMG_0001.JPG"}
    assert codes(report) == ["duplicate"]


def test_first_frame_of_several(tmp_path: Path) -> None:
    frames = [Image.fromarray(corpus.picture(i)) for i in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    frames[1].save(tmp_path / "b.webp", save_all=True, append_images=frames[2:], lossless=True)
    frames[2].save(tmp_path / "c.png", save_all=True, append_images=frames[:1])
    photos, report = prepare(tmp_path)
    assert len(photos) == 3
    assert "3 photos hold several pictures" in warning(report, "several_pictures")["sentence"]
    for seed, photo in enumerate(photos):
        assert np.abs(load_photo(photo, 480, 360).astype(int) - corpus.picture(seed)).mean() < 1


# EXIF


@pytest.mark.parametrize("orientation", [*range(0, 10), 65535, None])
def test_orientation(tmp_path: Path, orientation: int | None) -> None:
    corpus.good_set(tmp_path, 2)
    stored = corpus.stored_as(corpus.corners(), orientation or 1)
    more = {} if orientation is None else {"exif": corpus.exif(orientation=orientation)}
    path = tmp_path / "a.jpg"
    path.write_bytes(corpus.encode(stored, "JPEG", **more))
    photos, report = prepare(tmp_path)
    assert (photos[0].width, photos[0].height) == (400, 300)
    assert photos[0].orientation == (orientation if orientation in range(1, 9) else 1)
    red = load_photo(photos[0], 400, 300)[50, 50]
    assert red[0] > 180 and red[1] < 60
    assert ("odd_orientation" in codes(report)) == (orientation in (9, 65535))


@pytest.mark.parametrize(
    ("tags", "focal", "source"),
    [
        ({"focal_35mm": 35}, 480 * 35 / 36, FocalSource.EXIF_35MM),
        ({"focal_35mm": 28, "focal_mm": 4.5}, 480 * 28 / 36, FocalSource.EXIF_35MM),
        ({"focal_mm": 20.0, "plane_x": 500.0, "plane_unit": 3, "pixels_x": 960}, 500.0, FocalSource.EXIF_SENSOR),
        ({"focal_mm": 20.0, "plane_x": 762.0, "plane_unit": 2}, 600.0, FocalSource.EXIF_SENSOR),
        ({"focal_mm": 4.5}, 576, FocalSource.GUESS),
        ({"focal_35mm": 0}, 576, FocalSource.GUESS),
        ({"focal_35mm": 60_000}, 576, FocalSource.GUESS),
        ({"focal_35mm": 2}, 576, FocalSource.GUESS),
        ({"focal_mm": 0.0, "plane_x": 500.0}, 576, FocalSource.GUESS),
        ({"focal_mm": 5.0, "plane_x": 500.0, "plane_unit": 77}, 576, FocalSource.GUESS),
    ],
)
def test_focal_prior(tmp_path: Path, tags: dict[str, float], focal: float, source: FocalSource) -> None:
    corpus.good_set(tmp_path, 1)
    (tmp_path / "a.jpg").write_bytes(corpus.jpeg(5, exif=corpus.exif(**tags)))
    photo = prepare(tmp_path)[0][0]
    assert photo.focal_px == pytest.approx(focal, rel=1e-3) and photo.focal_source is source


def test_focal_prior_of_a_portrait_is_that_of_its_landscape(tmp_path: Path) -> None:
    tags = {"focal_35mm": 50, "make": "M", "model": "X"}
    (tmp_path / "a.jpg").write_bytes(corpus.jpeg(1, exif=corpus.exif(**tags)))
    (tmp_path / "b.jpg").write_bytes(corpus.jpeg(2, exif=corpus.exif(orientation=6, **tags)))
    (tmp_path / "c.jpg").write_bytes(corpus.jpeg(3, exif=corpus.exif(**tags)))
    (tmp_path / "d.jpg").write_bytes(corpus.jpeg(4, exif=corpus.exif(focal_mm=20.0, **tags)))
    (tmp_path / "e.png").write_bytes(corpus.encode(corpus.picture(5), "PNG", exif=corpus.exif(**tags)))
    (tmp_path / "f.webp").write_bytes(corpus.encode(corpus.picture(6), "WEBP", exif=corpus.exif(**tags)))
    (tmp_path / "g.tif").write_bytes(corpus.encode(corpus.picture(7), "TIFF", exif=corpus.exif(**tags).tobytes()))
    a, b, c, d, *other_formats = prepare(tmp_path)[0]
    assert a.focal_px == b.focal_px == pytest.approx(480 * 50 / 36)
    assert (b.width, b.height) == (360, 480)
    assert a.camera_key == c.camera_key != b.camera_key
    assert d.camera_key not in (a.camera_key, b.camera_key)  # another zoom
    assert {p.camera_key for p in other_formats} == {a.camera_key}
    assert {p.focal_px for p in other_formats} == {a.focal_px}


@pytest.mark.parametrize("name", sorted(corpus.EXIF_BLOCKS))
def test_broken_exif_does_no_harm(tmp_path: Path, name: str) -> None:
    corpus.good_set(tmp_path, 1)
    (tmp_path / "a.jpg").write_bytes(corpus.jpeg_with_exif_block(corpus.EXIF_BLOCKS[name]))
    (tmp_path / "IMG_0001.JPG").write_bytes(corpus.jpeg(4))
    photos, report = prepare(tmp_path)
    assert len(photos) == 2 and not report.record.rejected
    assert photos[0].orientation == 1 and photos[0].focal_source is FocalSource.GUESS


# Sharpness and light


def test_blurred_and_dark_photos_are_told_of_and_kept(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 6)
    sharp = corpus.picture(20)
    shaken = cv2.blur(corpus.picture(21), (11, 1))
    noise = np.random.default_rng(0).normal(0, 4, sharp.shape)
    soft = (cv2.GaussianBlur(corpus.picture(22), (0, 0), 3) + noise).clip(0, 255).astype(np.uint8)
    bright_on_black = np.where(np.hypot(*(np.mgrid[:360, :480] - [[[180]], [[240]]]))[..., None] < 70, sharp, 0)
    Image.fromarray(sharp).save(tmp_path / "sharp.jpg", quality=92)
    Image.fromarray(shaken).save(tmp_path / "shaken.jpg", quality=92)
    Image.fromarray(soft).save(tmp_path / "soft.jpg", quality=92)
    Image.fromarray((sharp * 0.1).astype(np.uint8)).save(tmp_path / "night.jpg", quality=92)
    Image.fromarray(bright_on_black.astype(np.uint8)).save(tmp_path / "spot.jpg", quality=92)
    photos, report = prepare(tmp_path)
    assert len(photos) == 11
    by_name = {p.name: p for p in photos}
    assert by_name["sharp.jpg"].sharpness == pytest.approx(1.0, abs=0.25)
    assert 0.1 < by_name["shaken.jpg"].sharpness < 0.6 and 0.05 < by_name["soft.jpg"].sharpness < 0.6
    told = warning(report, "blurred")["sentence"]
    assert "shaken.jpg" in told and "soft.jpg" in told and "IMG_" not in told and "sharp.jpg" not in told
    assert warning(report, "dark")["sentence"].startswith("night.jpg is very dark")
    assert by_name["night.jpg"].brightness < 0.1


# Masks


def test_masks_by_name(tmp_path: Path) -> None:
    photos_at, masks = tmp_path / "p", tmp_path / "m"
    corpus.good_set(photos_at, 8)
    masks.mkdir()
    half = np.zeros((360, 480), np.uint8)
    half[:, 100:380] = 255
    Image.fromarray(half).save(masks / "IMG_0001.png")
    Image.fromarray(half).save(masks / "IMG_0002.JPG.png")
    Image.fromarray(half).resize((240, 180)).save(masks / "img_0003.PNG")
    Image.fromarray(half[:, :200]).save(masks / "IMG_0004.png")
    Image.fromarray(half * 0).save(masks / "IMG_0005.png")
    (masks / "IMG_0006.png").write_bytes(b"rubbish")
    Image.fromarray(half).save(masks / "IMG_0007.png")
    photos, report = prepare(photos_at, settings=PhotoSettings(masks=masks))
    assert [p.mask is not None for p in photos] == [True, True, True, False, False, False, True, False]
    ignored = [Path(w["file"]).name for w in report.record.warnings if w["code"] == "mask_ignored"]
    assert ignored == ["IMG_0004.png", "IMG_0005.png", "IMG_0006.png"]
    assert "IMG_0008.JPG has no mask" in warning(report, "mask_missing")["sentence"]
    got = load_mask(photos[2], 480, 360)
    assert got is not None and got[180, 240] and not got[180, 20]


def test_inverted_masks_are_ignored_when_the_whole_set_is(tmp_path: Path) -> None:
    photos_at, masks = tmp_path / "p", tmp_path / "m"
    corpus.good_set(photos_at, 5)
    masks.mkdir()
    hole = np.full((360, 480), 255, np.uint8)
    hole[80:280, 100:380] = 0
    for i in range(1, 6):
        Image.fromarray(hole).save(masks / f"IMG_{i:04d}.png")
    photos, report = prepare(photos_at, settings=PhotoSettings(masks=masks))
    assert not any(p.mask for p in photos)
    assert codes(report) == ["mask_ignored"] * 5 and "inverted" in report.record.warnings[0]["sentence"]
    for i in range(2, 6):  # one passer-by cut out of one photo is no inversion
        Image.fromarray(255 - hole).save(masks / f"IMG_{i:04d}.png")
    photos, report = prepare(photos_at, settings=PhotoSettings(masks=masks))
    assert all(p.mask for p in photos) and not report.record.warnings


def test_masks_that_two_photos_claim(tmp_path: Path) -> None:
    corpus.good_set(tmp_path / "a", 2)
    corpus.good_set(tmp_path / "b", 2, start=0)
    for i, path in enumerate(sorted((tmp_path / "b").iterdir())):
        path.write_bytes(corpus.jpeg(10 + i))
    white = Image.fromarray(np.full((360, 480), 255, np.uint8))
    (tmp_path / "m" / "b").mkdir(parents=True)
    white.save(tmp_path / "m" / "IMG_0001.png")
    white.save(tmp_path / "m" / "IMG_0002.png")
    white.save(tmp_path / "m" / "b" / "IMG_0002.png")
    photos, report = prepare(tmp_path / "a", tmp_path / "b", settings=PhotoSettings(masks=tmp_path / "m"))
    assert [None if p.mask is None else p.mask.parent.name for p in photos] == [None, "m", None, "b"]
    assert codes(report) == ["mask_ignored"] * 2


def test_alpha_channel_is_the_mask(tmp_path: Path) -> None:
    alpha = np.zeros((360, 480), np.uint8)
    alpha[100:300, 100:300] = 255
    for name, a in (("cut.png", alpha), ("opaque.png", alpha * 0 + 255), ("clear.png", alpha * 0)):
        Image.fromarray(np.dstack([corpus.picture(len(name)), a])).save(tmp_path / name)
    photos, report = prepare(tmp_path)
    by_name = {p.name: p.mask for p in photos}
    assert by_name == {"cut.png": tmp_path / "cut.png", "opaque.png": None, "clear.png": None}
    assert "transparent all over" in warning(report, "mask_ignored")["sentence"]


# Too few, and cancelling


def test_no_photos(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(EngineError) as caught:
        prepare(tmp_path)
    error = caught.value
    assert (error.code, error.exit_code, error.file) == ("no_photos", Exit.INPUT, str(tmp_path))
    assert error.advice


def test_one_photo(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 1)
    (tmp_path / "bad.jpg").write_bytes(b"")
    with pytest.raises(EngineError) as caught:
        prepare(tmp_path)
    error = caught.value
    assert (error.code, error.exit_code) == ("one_photo", Exit.INPUT)
    assert "IMG_0001.JPG" in error.sentence and "bad.jpg is empty" in error.sentence
    assert "at least 3" in error.advice.lower() and "relief" in error.advice


def test_cancel_is_quick_and_leaves_no_thread(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 12)
    stop = threading.Event()
    whole = RunReport(("prepare",), lambda event: stop.set() if event.kind == "progress" else None, stop)
    before = threading.active_count()
    began = time.monotonic()
    with pytest.raises(Cancelled), whole.stage("prepare") as report:
        run([tmp_path], SETTINGS, report)
    assert time.monotonic() - began < 1.5
    for _ in range(50):
        if threading.active_count() <= before:
            break
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_two_megapixels_cost_little(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.jpg" for i in range(6)]
    one = corpus.jpeg(0, 1600, 1200)
    for i, path in enumerate(paths):
        path.write_bytes(one + bytes([i]))
    prepare(*paths)
    began = time.process_time()
    prepare(*paths)
    per_photo = (time.process_time() - began) / len(paths)
    assert 0.001 < per_photo < 0.12 * (1 if os.environ.get("CI") is None else 2)
