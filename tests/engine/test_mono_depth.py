"""`engine depth` from photos to files: what is written is what the network said, at the photo's size, and a rerun asks nobody twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.cli import job_of, parse
from engine.errors import Cancelled, EngineError, Exit
from engine.jobs import DepthJob, decode, encode
from engine.mono import stage as mono
from engine.mono.embedded import Embedded, as_input, shrunk, work_size
from engine.recipes import depth
from engine.recipes import mono as shared
from engine.report import Report
from engine.settings import DepthFormat, MonoSettings
from tests.tiny_network import write_network

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 320, 240


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network") / "tiny.onnx")


def a_photo(path: Path, width: int = WIDTH, height: int = HEIGHT, **save) -> Path:
    """Grey below, blue above."""
    pixels = np.full((height, width, 3), 110, np.uint8)
    pixels[: height // 4] = (40, 90, 230)
    pixels += np.random.default_rng(1).integers(0, 6, pixels.shape, dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **save)
    return path


def a_job(photos: Path | list[Path], out: Path, network: Path, **settings) -> DepthJob:
    listed = tuple(photos) if isinstance(photos, list) else (photos,)
    kind = settings.pop("format", DepthFormat.NPY)
    return DepthJob(photos=listed, out=out, format=kind, settings=MonoSettings(weights=network, **settings))


def expected(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """What the tiny network says, up to scale."""
    y = (np.arange(height) + 0.5 - height / 2) / (max(width, height) / 2)
    return np.repeat((0.6 + 0.5 * y)[:, None], width, 1)


def test_each_pixel_holds_the_inverse_depth_and_the_sky_is_at_infinity(tmp_path: Path, network: Path) -> None:
    out = tmp_path / "out"
    done = depth.run(a_job(a_photo(tmp_path / "a.png"), out, network))
    plane = np.load(out / "a.npy")
    assert plane.shape == (HEIGHT, WIDTH) and plane.dtype == np.float32
    assert (plane[: HEIGHT // 4 - 1] == 0).all() and (plane[HEIGHT // 4 + 1 :] > 0).all()
    ground = plane[HEIGHT // 4 + 12 :]
    ratio = ground / expected()[HEIGHT // 4 + 12 :]
    assert np.ptp(ratio) < 0.06 * ratio.mean()  # only its scale is free
    assert 1 / np.median(plane[plane > 0]) == pytest.approx(4, rel=0.1)
    report = json.loads(Path(done.files["report"]).read_text())
    (row,) = report["depths"]
    assert (row["provider"], row["metric"], row["focal_from"]) == ("embedded", False, "default")
    assert row["sky"] == pytest.approx(0.25, abs=0.01)
    assert report["photos"] == 1 and report["stages"][-1]["name"] == "mono"
    picture = np.asarray(Image.open(out / "a-colour.png"))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture[-1].mean() > picture[HEIGHT // 3].mean() + 30  # near is light


def test_png_and_exr_hold_the_same_as_npy(tmp_path: Path, network: Path) -> None:
    photo = a_photo(tmp_path / "a.png")
    for kind in DepthFormat:
        depth.run(a_job(photo, tmp_path / "out", network, format=kind))
    plane = np.load(tmp_path / "out" / "a.npy")
    row = json.loads((tmp_path / "out" / "report.json").read_text())["depths"][0]
    depth.run(a_job(photo, tmp_path / "out", network, format=DepthFormat.PNG))
    row = json.loads((tmp_path / "out" / "report.json").read_text())["depths"][0]
    png = cv2.imread(str(tmp_path / "out" / "a.png"), cv2.IMREAD_UNCHANGED)
    assert png.dtype == np.uint16 and png.max() == 65535
    assert np.abs(png / 65535 * row["white"] - plane).max() <= row["white"] / 65535
    assert (tmp_path / "out" / "a.exr").read_bytes()[:4] == b"\x76\x2f\x31\x01"


def test_metres_from_a_distance_and_the_lens_from_the_artist(tmp_path: Path, network: Path) -> None:
    photo = a_photo(tmp_path / "a.png")
    depth.run(a_job(photo, tmp_path / "out", network, distance=2.5, focal_35mm=36.0))
    plane = np.load(tmp_path / "out" / "a.npy")
    assert 1 / plane[HEIGHT // 2, WIDTH // 2] == pytest.approx(2.5, rel=0.02)
    row = json.loads((tmp_path / "out" / "report.json").read_text())["depths"][0]
    assert row["metric"] and row["focal_from"] == "chosen"
    assert row["focal_px"] == pytest.approx(WIDTH)  # 36 mm across 36 mm of film


def test_the_exif_lens_and_the_exif_turn_are_heeded(tmp_path: Path, network: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0xA405] = 27
    photo = a_photo(tmp_path / "a.jpg", exif=exif, quality=95)
    depth.run(a_job(photo, tmp_path / "out", network))
    assert np.load(tmp_path / "out" / "a.npy").shape == (WIDTH, HEIGHT)
    row = json.loads((tmp_path / "out" / "report.json").read_text())["depths"][0]
    assert row["focal_from"] == "exif" and row["focal_35mm"] == pytest.approx(27, abs=0.1)


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGBA", "P", "I;16"])
def test_photos_of_every_kind_of_colour(tmp_path: Path, network: Path, mode: str) -> None:
    plain = Image.open(a_photo(tmp_path / "plain.png"))
    if mode == "I;16":
        odd = Image.fromarray(np.asarray(plain.convert("L")).astype(np.uint16) * 257)
    else:
        odd = plain.convert(mode)
    if mode == "RGBA":
        odd.putalpha(Image.linear_gradient("L").resize(odd.size))
    path = tmp_path / "in" / ("a.tif" if mode in ("CMYK", "I;16") else "a.png")
    path.parent.mkdir()
    odd.save(path)
    depth.run(a_job(path, tmp_path / "out", network))
    plane = np.load(tmp_path / "out" / "a.npy")
    assert plane.shape == (HEIGHT, WIDTH) and np.isfinite(plane).all() and plane.max() > plane.min() >= 0


@pytest.mark.parametrize(("width", "height"), [(64, 64), (64, 900), (1200, 70), (333, 251)])
def test_photos_of_every_shape(tmp_path: Path, network: Path, width: int, height: int) -> None:
    depth.run(a_job(a_photo(tmp_path / "a.png", width, height), tmp_path / "out", network))
    assert np.load(tmp_path / "out" / "a.npy").shape == (height, width)


def test_what_is_no_photo_is_named_and_the_others_are_done(tmp_path: Path, network: Path) -> None:
    folder = tmp_path / "in"
    good = a_photo(folder / "a.png")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    a_photo(folder / "tiny.png", 40, 40)
    (folder / "same.png").write_bytes(good.read_bytes())
    said: list[str] = []
    depth.run(a_job(folder, tmp_path / "out", network), lambda e: said.append(getattr(e, "sentence", "")))
    text = " ".join(said)
    for words in ("empty.jpg is empty", "phone.heic is a HEIC photo", "tiny.png is too small: 40 × 40 pixels, and 64"):
        assert words in text
    assert json.loads((tmp_path / "out" / "report.json").read_text())["photos"] == 1
    with pytest.raises(EngineError) as caught:
        depth.run(a_job(folder / "phone.heic", tmp_path / "out2", network))
    assert caught.value.code == "no_photos" and caught.value.exit_code is Exit.INPUT
    assert "HEIC" in caught.value.sentence and "JPEG" in caught.value.advice


def test_a_rerun_asks_no_network_and_writes_nothing_anew(tmp_path: Path, network: Path, monkeypatch) -> None:
    folder = tmp_path / "in"
    for name in "abc":
        a_photo(folder / f"{name}.png", WIDTH + ord(name))
    job = a_job(folder, tmp_path / "out", network)
    depth.run(job)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.npy")}
    monkeypatch.setattr(mono, "provider_of", lambda settings: pytest.fail("a network was asked"))
    depth.run(job)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.npy")} == before
    (tmp_path / "out" / "b.npy").unlink()
    depth.run(job)
    assert (tmp_path / "out" / "b.npy").exists()
    depth.run(replace(job, format=DepthFormat.PNG))  # written from what the network said before
    assert len(list((tmp_path / "out").glob("?.png"))) == 3


def test_a_cancel_keeps_what_is_done(tmp_path: Path, network: Path) -> None:
    folder = tmp_path / "in"
    for index in range(6):
        a_photo(folder / f"{index}.png", WIDTH + index)
    stop = threading.Event()
    job = a_job(folder, tmp_path / "out", network)
    with pytest.raises(Cancelled):
        depth.run(job, lambda event: stop.set() if event.kind == "preview" else None, stop)
    assert 1 <= len(list((tmp_path / "out").glob("*.npy"))) < 6
    assert not list((tmp_path / "out").rglob("*.part"))
    depth.run(job)
    assert len(list((tmp_path / "out").glob("*.npy"))) == 6


def test_the_command(tmp_path: Path, network: Path) -> None:
    photo = a_photo(tmp_path / "a b.png")
    words = [
        "depth",
        str(photo),
        "-o",
        str(tmp_path / "out"),
        "--format",
        "exr",
        "--weights",
        str(network),
        "--focal",
        "50",
    ]
    job = job_of(parse(words))
    assert isinstance(job, DepthJob) and decode(encode(job)) == job
    assert job.settings.focal_35mm == 50 and job.format is DepthFormat.EXR
    done = subprocess.run([sys.executable, "-m", "engine", *words, "--json"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.strip().splitlines()[-1])
    assert last["event"] == "result" and Path(last["files"]["depth"]).name == "a_b.exr"
    for wrong in (["--focal", "1"], ["--distance", "-2"], ["--format", "tga"]):
        with pytest.raises(SystemExit) as caught:
            parse([*words, *wrong])
        assert caught.value.code == int(Exit.INPUT)


def test_wrong_names_and_files_are_told_plainly(tmp_path: Path, network: Path) -> None:
    photo = a_photo(tmp_path / "a.png")
    for settings, code in (
        (MonoSettings(provider="crystal-ball"), "unknown_provider"),
        (MonoSettings(weights=tmp_path / "none.onnx"), "no_weights"),
        (MonoSettings(weights=photo), "bad_weights"),
    ):
        with pytest.raises(EngineError) as caught:
            depth.run(DepthJob(photos=(photo,), out=tmp_path / "out", settings=settings))
        assert caught.value.code == code and caught.value.advice


def test_a_damaged_photo_is_left_out(tmp_path: Path, network: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    whole = a_photo(tmp_path / "whole.jpg", 640, 480).read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EngineError) as caught:
        depth.run(a_job(folder, tmp_path / "out", network))
    assert "half.jpg" in caught.value.sentence


# The embedded network's input


def test_what_the_network_sees() -> None:
    assert work_size(4000, 3000) == (256, 192) and work_size(3000, 4000) == (192, 256)
    assert work_size(4000, 700) == (256, 32) and work_size(64, 4000)[0] == 32
    picture = np.zeros((96, 128, 3), np.uint8)
    picture[..., 2] = 255
    planes = as_input(picture)
    assert planes.shape == (1, 5, 96, 128) and planes.dtype == np.float32
    assert (planes[0, 2] == 1).all() and (planes[0, :2] == 0).all()
    assert planes[0, 3, 0, 0] == pytest.approx(-1 + 0.5 / 64) and planes[0, 4, -1, 0] == pytest.approx(0.75 - 0.5 / 64)
    assert shrunk(np.zeros((3000, 4000, 3), np.uint8)).shape == (192, 256, 3)


def test_left_and_right_are_evened_out(network: Path) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (288, 384, 3), dtype=np.uint8)
    ahead = Embedded(network).read(picture, None, Report())
    mirrored = Embedded(network).read(np.ascontiguousarray(picture[:, ::-1]), None, Report())
    np.testing.assert_allclose(ahead.sky, mirrored.sky[:, ::-1], atol=1e-5)


def test_a_two_megapixel_photo_takes_less_than_a_second(tmp_path: Path, network: Path) -> None:
    """Without the network, which is as small here as can be: the photo's edges and all the rest, in processor time.

    The best of three: where neighbours share the core, even that time is stretched.
    """
    photo = shared.read_photos((a_photo(tmp_path / "a.jpg", 1632, 1224),), MonoSettings(), Report())[0]
    spent = []
    for _ in range(3):
        began = time.process_time()
        result = shared.single(photo, MonoSettings(weights=network), Report())
        spent.append(time.process_time() - began)
    assert min(spent) < 1.0, spent
    assert result.inverse_depth.shape == (1224, 1632) and result.K[0, 2] == 816
