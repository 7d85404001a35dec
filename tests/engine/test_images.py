"""The decoder: every orientation, colour and depth gives the same upright sRGB pixels; damage and theft are said."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFile

from engine import decoding, images
from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto
from engine.errors import EngineError
from engine.geometry import distort, intrinsics, view_of
from tests import corpus


def photo_of(path: Path, width: int, height: int, *, orientation: int = 1, mask: Path | None = None) -> Photo:
    return Photo(
        name=path.name, path=path, content_hash="", width=width, height=height, orientation=orientation,
        working_width=width, working_height=height, focal_px=width * 1.2, focal_source=FocalSource.GUESS,
        camera_key="", sharpness=1.0, brightness=0.5, mask=mask,
    )  # fmt: skip


def near(a: np.ndarray, b: np.ndarray) -> float:
    """Mean difference in grey levels, away from edges."""
    assert a.shape == b.shape
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_shows_the_same_picture(tmp_path: Path, kind: str, orientation: int) -> None:
    upright = corpus.corners()
    more = {"compression": "tiff_lzw"} if kind == "TIFF" and orientation % 2 else {}
    stored = corpus.stored_as(upright, orientation)
    path = tmp_path / "photo"
    path.write_bytes(corpus.encode(stored, kind, exif=corpus.exif(orientation=orientation), **more))
    photo = photo_of(path, 400, 300, orientation=orientation)
    assert near(images.load_photo(photo, 400, 300), upright) < 1.5
    assert near(images.load_photo(photo, 100, 75), cv2.resize(upright, (100, 75), interpolation=cv2.INTER_AREA)) < 1.5


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "LAB"])
def test_other_colour_modes(tmp_path: Path, mode: str) -> None:
    grey = np.repeat(cv2.GaussianBlur(corpus.picture(3), (0, 0), 5)[:, :, :1], 3, axis=2)
    if mode == "1":
        grey = np.where(grey > 128, 255, 0).astype(np.uint8)
    image = Image.fromarray(grey)
    path = tmp_path / "a"
    if mode == "LAB":
        luma = cv2.cvtColor(grey, cv2.COLOR_RGB2LAB)
        luma[..., 1:] = 128  # no hue
        Image.merge("LAB", [Image.fromarray(np.ascontiguousarray(luma[..., c])) for c in range(3)]).save(path, "TIFF")
    elif mode == "P":
        image.quantize(256, dither=Image.Dither.NONE).save(path, "PNG")
    else:
        image.convert(mode).save(path, "TIFF")
    out = images.load_photo(photo_of(path, 480, 360), 480, 360)
    assert near(out, grey) < 3


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_16_bit_grey_is_not_clipped(tmp_path: Path, kind: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 480).astype(np.uint16), (300, 1))
    path = tmp_path / "deep"
    Image.fromarray(ramp).save(path, kind)
    out = images.load_photo(photo_of(path, 480, 300), 480, 300)
    assert near(out, np.repeat((ramp // 257).astype(np.uint8)[..., None], 3, 2)) < 1


@pytest.mark.parametrize("ending", [".tif", ".png"])
def test_16_bit_and_float_colour(tmp_path: Path, ending: str) -> None:
    truth = cv2.GaussianBlur(corpus.picture(1), (0, 0), 3)
    path = tmp_path / f"deep{ending}"
    cv2.imwrite(str(path), truth[:, :, ::-1].astype(np.uint16) * 257)
    assert near(images.load_photo(photo_of(path, 480, 360), 480, 360), truth) < 1
    if ending == ".tif":
        cv2.imwrite(str(path), truth[:, :, ::-1].astype(np.float32) / 255)
        assert near(images.load_photo(photo_of(path, 480, 360), 480, 360), truth) < 1


def test_colour_profile_is_applied(tmp_path: Path) -> None:
    """The profile exchanges the primaries, so ignoring it would show."""
    colours = np.zeros((300, 400, 3), np.uint8)
    colours[...] = (250, 10, 10)
    path = tmp_path / "a.png"
    path.write_bytes(corpus.encode(colours, "PNG", icc_profile=corpus.wide_profile()))
    out = images.load_photo(photo_of(path, 400, 300), 400, 300)[150, 200]
    assert out[1] > 200 and out[0] < 100
    path.write_bytes(corpus.encode(colours, "PNG", icc_profile=b"rubbish" * 50))
    assert near(images.load_photo(photo_of(path, 400, 300), 400, 300), colours) < 1


def test_reduced_jpeg_is_the_area_average(tmp_path: Path) -> None:
    big = corpus.picture(2, 1600, 1200)
    path = tmp_path / "a.jpg"
    path.write_bytes(corpus.encode(big, "JPEG", quality=97, subsampling=0))
    out = images.load_photo(photo_of(path, 1600, 1200), 500, 375)
    assert near(out, cv2.resize(big, (500, 375), interpolation=cv2.INTER_AREA)) < 2.5


def test_a_photo_that_vanished_or_changed_is_named(tmp_path: Path) -> None:
    path = corpus.good_set(tmp_path, 1)[0]
    photo = photo_of(path, corpus.WIDTH, corpus.HEIGHT)
    path.write_bytes(corpus.jpeg(0, 300, 300))
    for break_it in (lambda: None, lambda: path.write_bytes(b"gone"), path.unlink):
        break_it()
        with pytest.raises(EngineError) as caught:
            images.load_photo(photo, 480, 360)
        assert caught.value.code == "photo_gone" and caught.value.file == str(path)


def test_partial_file_keeps_only_its_rows(tmp_path: Path) -> None:
    """The lost part is masked out, and Pillow's switch for the whole process stays off."""
    whole, path = corpus.picture(5), tmp_path / "half.jpg"
    path.write_bytes(corpus.truncated(corpus.jpeg(5), 0.6))
    photo = photo_of(path, corpus.WIDTH, corpus.HEIGHT, mask=path)
    mask = images.load_mask(photo, corpus.WIDTH, corpus.HEIGHT)
    assert mask is not None
    assert 0.3 < mask.mean() < 0.8 and mask[0].all() and not mask[-1].any()
    pixels = images.load_photo(photo, corpus.WIDTH, corpus.HEIGHT)
    assert near(pixels[mask][:, None], whole[mask][:, None]) < 8
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    with pytest.raises(EngineError):
        images.load_photo(replace(photo, mask=None), corpus.WIDTH, corpus.HEIGHT)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_mask_is_upright_like_what_an_artist_sees(tmp_path: Path, orientation: int) -> None:
    """Kept: the upright picture's upper left quarter; the mask's size need not be the photo's."""
    keep = np.zeros((300, 400), np.uint8)
    keep[:150, :200] = 255
    path, mask = tmp_path / "a.jpg", tmp_path / "m.png"
    path.write_bytes(
        corpus.encode(
            corpus.stored_as(corpus.corners(), orientation), "JPEG", exif=corpus.exif(orientation=orientation)
        )
    )
    Image.fromarray(keep).resize((200, 150)).save(mask)
    photo = photo_of(path, 400, 300, orientation=orientation, mask=mask)
    got = images.load_mask(photo, 400, 300)
    assert got is not None and (got == (keep > 0)).mean() > 0.985
    red = images.load_photo(photo, 400, 300)[got].mean(axis=0)
    assert red[0] > 200 and red[1] < 50
    if orientation >= 5:  # a mask of the stored pixels' shape is turned along
        Image.fromarray(corpus.stored_as(np.repeat(keep[..., None], 3, 2), orientation)).save(mask)
        got = images.load_mask(photo, 400, 300)
        assert got is not None and (got == (keep > 0)).mean() > 0.985


def test_alpha_is_a_mask(tmp_path: Path) -> None:
    rgba = np.dstack([corpus.corners(), np.zeros((300, 400), np.uint8)])
    rgba[:150, 200:, 3] = 255
    for kind in ("PNG", "WEBP", "TIFF"):
        path = tmp_path / f"a.{kind}"
        Image.fromarray(rgba).save(path, kind, **({"lossless": True} if kind == "WEBP" else {}))
        mask = images.load_mask(photo_of(path, 400, 300, mask=path), 200, 150)
        assert mask is not None and mask[:74, 101:].all() and mask.mean() == pytest.approx(0.25, abs=0.01), kind


def test_undistorted_view_matches_the_exact_map(tmp_path: Path) -> None:
    """The map computed on a coarse grid stays within a hundredth of a pixel of the exact one, up to the border."""
    path = corpus.good_set(tmp_path, 1)[0]
    camera = Camera(
        model=CameraModel.OPENCV, width=480, height=360, params=(500, 505, 243, 176, -0.12, 0.05, 0.001, -0.002)
    )
    posed = PosedPhoto(photo=photo_of(path, 480, 360), camera_id=1, cam_from_world=np.eye(3, 4))
    view = view_of(posed, camera, 333)
    map_x, map_y = images._undistort_maps(view)
    x, y = np.meshgrid(np.arange(view.width) + 0.5, np.arange(view.height) + 0.5)
    ideal = (np.stack([x.ravel(), y.ravel()], 1) - view.K[:2, 2]) / [view.K[0, 0], view.K[1, 1]]
    K = intrinsics(camera)
    exact = (distort(camera, ideal) * [K[0, 0], K[1, 1]] + K[:2, 2]) * [view.width / 480, view.height / 360] - 0.5
    assert np.abs(map_x.ravel() - exact[:, 0]).max() < 0.01
    assert np.abs(map_y.ravel() - exact[:, 1]).max() < 0.01
    valid = images.view_valid(view)
    assert valid[100:150, 100:200].all() and 0.9 < valid.mean() <= 1
    assert images.load_view(view).shape == (view.height, view.width, 3)


def test_bombs_are_refused_before_decoding(tmp_path: Path) -> None:
    for data in (corpus.png_bomb(), corpus.png_text_bomb(), corpus.tiff_bomb()):
        path = tmp_path / "bomb"
        path.write_bytes(data)
        with (
            pytest.raises(decoding.Unreadable, match="decompression bomb"),
            decoding.regular_file(path) as handle,
            decoding.open_image(handle, 300_000_000),
        ):
            pass


def test_several_threads_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(corpus.encode(corpus.picture(7), "PNG", icc_profile=corpus.wide_profile()))
    photo = photo_of(path, corpus.WIDTH, corpus.HEIGHT)
    wanted = images.load_photo(photo, 240, 180)
    results: list[bool] = []

    def read() -> None:
        results.extend(bool((images.load_photo(photo, 240, 180) == wanted).all()) for _ in range(5))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20
