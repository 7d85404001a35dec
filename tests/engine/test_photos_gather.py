"""Which files a folder gives, under which names: odd paths, links in circles, devices, results of earlier runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image

from engine import decoding
from engine.datatypes import Photo
from engine.errors import EngineError, Exit
from engine.photos.gather import natural_key
from engine.photos.names import unique_names
from engine.photos.stage import run
from engine.report import Report
from engine.settings import PhotoSettings
from tests import corpus

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")


def prepare(*paths: Path, masks: Path | None = None) -> tuple[tuple[Photo, ...], Report]:
    report = Report()
    return run(paths, PhotoSettings(masks=masks), report), report


def found(*paths: Path) -> list[str]:
    return [p.path.name for p in prepare(*paths)[0]]


def test_natural_order() -> None:
    names = ["IMG_10.jpg", "img_2.jpg", "IMG_1.jpg", "b.jpg", "2.jpg", "10.jpg", "1.jpg"]
    assert sorted(names, key=natural_key) == [
        "1.jpg",
        "2.jpg",
        "10.jpg",
        "b.jpg",
        "IMG_1.jpg",
        "img_2.jpg",
        "IMG_10.jpg",
    ]
    assert natural_key("9" * 250) > natural_key("8")


def test_folders_files_and_each_once(tmp_path: Path) -> None:
    corpus.good_set(tmp_path / "b", 2)
    corpus.good_set(tmp_path / "b" / "inner", 2, start=2)
    alone = corpus.good_set(tmp_path / "a", 1, start=5)[0]
    assert found(alone, tmp_path, tmp_path / "b", alone) == [
        "IMG_0006.JPG", "IMG_0001.JPG", "IMG_0002.JPG", "IMG_0003.JPG", "IMG_0004.JPG",
    ]  # fmt: skip


def test_silence_about_other_files_in_a_folder_but_not_about_named_ones(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 2)
    for name, data in {
        "notes.txt": b"hello",
        "a.pdf": b"%PDF-1.7",
        "clip.mov": b"\0\0\0\x14ftypqt  ",
        "x.blend": b"BLENDER",
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / ".hidden.jpg").write_bytes(b"junk")
    (tmp_path / "._IMG_0001.JPG").write_bytes(b"junk")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "x.jpg").write_bytes(b"junk")
    photos, report = prepare(tmp_path)
    assert len(photos) == 2 and not report.record.warnings and not report.record.rejected
    _, report = prepare(tmp_path, tmp_path / "notes.txt", tmp_path / "clip.mov")
    assert not report.record.rejected  # met in the folder before
    _, report = prepare(tmp_path / "notes.txt", tmp_path / "clip.mov", tmp_path)
    assert report.record.rejected == {"notes.txt": "is not a picture that can be read", "clip.mov": "is a video"}


def test_own_results_and_masks_are_no_photos(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 2)
    picture = Image.fromarray(corpus.picture(30))
    for out in (tmp_path, tmp_path / "out"):
        (out / ".maquette").mkdir(parents=True)
        (out / "undistorted").mkdir()
        picture.save(out / "preview.png")
        picture.save(out / "undistorted" / "IMG_0001.JPG.jpg")
    (tmp_path / "masks").mkdir()
    (tmp_path / "cutouts").mkdir()
    white = Image.fromarray(np.full((360, 480), 255, np.uint8))
    white.save(tmp_path / "masks" / "IMG_0001.png")
    white.save(tmp_path / "cutouts" / "IMG_0002.png")
    white.save(tmp_path / "IMG_0002.JPG.png")
    photos, report = prepare(tmp_path, masks=tmp_path / "cutouts")
    assert [p.name for p in photos] == ["IMG_0001.JPG", "IMG_0002.JPG"]
    assert [w["code"] for w in report.record.warnings] == ["masks_unused", "mask_missing"]
    assert photos[1].mask == tmp_path / "cutouts" / "IMG_0002.png"


@posix
def test_links_in_circles_devices_and_pipes(tmp_path: Path) -> None:
    corpus.good_set(tmp_path / "photos", 2)
    (tmp_path / "photos" / "up").symlink_to(tmp_path)
    (tmp_path / "photos" / "self.jpg").symlink_to(tmp_path / "photos" / "self.jpg")
    (tmp_path / "photos" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "photos" / "again.jpg").symlink_to(tmp_path / "photos" / "IMG_0001.JPG")
    os.mkfifo(tmp_path / "photos" / "pipe.jpg")
    assert sorted(found(tmp_path)) == ["IMG_0002.JPG", "again.jpg"]
    photos, report = prepare(tmp_path / "photos" / "pipe.jpg", Path("/dev/zero"), tmp_path)
    assert len(photos) == 2
    assert report.record.rejected == {"pipe.jpg": "is not a regular file", "zero": "is not a regular file"}


@pytest.mark.parametrize("name", ["nowhere", "a.jpg/b.jpg", "x" * 5000])
def test_missing_paths(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.jpg").write_bytes(corpus.jpeg())
    with pytest.raises(EngineError) as caught:
        prepare(tmp_path / name)
    assert caught.value.code in ("missing_path", "unreadable_path") and caught.value.exit_code is Exit.INPUT
    assert len(caught.value.sentence) < 200


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is injected: root, as whom tests often run, may read everything."""
    corpus.good_set(tmp_path, 3)

    def guarded(path: Path, mode: str) -> BinaryIO:
        if path.name == "IMG_0002.JPG":
            raise PermissionError(13, "Permission denied")
        return open(path, "rb")

    monkeypatch.setattr(decoding, "open", guarded, raising=False)
    photos, report = prepare(tmp_path)
    assert len(photos) == 2 and "permission" in report.record.rejected["IMG_0002.JPG"]


def test_missing_masks_folder(tmp_path: Path) -> None:
    corpus.good_set(tmp_path, 2)
    with pytest.raises(EngineError) as caught:
        prepare(tmp_path, masks=tmp_path / "nowhere")
    assert caught.value.code == "masks_missing"


ODD = ["a b.jpg", "it's \"100%\".jpg", "😀.jpg", "e\u0301te\u0301.jpg", "\u202eגן.jpg", "-rf.jpg", "line\nbreak.jpg", "tab\t.jpg",
       "CON.jpg", "semi;colon&.jpg", "no_ending", "x" * 200 + ".jpg", "日本.jpg"]  # fmt: skip


@posix
def test_odd_names_become_safe_and_unique(tmp_path: Path) -> None:
    folder = tmp_path / 'my 100% "photos" \n😀'
    folder.mkdir()
    for i, name in enumerate(ODD):
        (folder / name).write_bytes(corpus.jpeg(i, 240, 240))
    photos, report = prepare(folder)
    assert len(photos) == len(ODD), report.record.rejected
    for photo in photos:
        assert photo.path.exists()
        assert not set(photo.name) & set(" \n\t\r\"'%;&/\\:*?<>|") and photo.name.isprintable()
        assert photo.name[0] not in "-." and len(photo.name.encode()) <= 130
        (tmp_path / f"{photo.name}.npz").write_bytes(b"")
    names = {photo.name for photo in photos}
    assert {"a_b.jpg", "été.jpg", "日本.jpg", "_-rf.jpg", "_CON.jpg", "no_ending"} <= names
    assert len({n.casefold() for n in names}) == len(names)


def test_unique_names() -> None:
    assert unique_names(["IMG_1.JPG", "img_1.jpg", "IMG_1.png", "IMG_1_2.JPG", "IMG_2.JPG"]) == [
        "IMG_1.JPG", "img_1_3.jpg", "IMG_1_4.png", "IMG_1_2.JPG", "IMG_2.JPG",
    ]  # fmt: skip
    assert unique_names(["00006._c.jpg", "a.b.c.tiff"]) == ["00006._c.jpg", "a.b.c.tiff"]


def test_same_name_in_two_folders(tmp_path: Path) -> None:
    corpus.good_set(tmp_path / "left", 2)
    for i, path in enumerate(corpus.good_set(tmp_path / "right", 2)):
        path.write_bytes(corpus.jpeg(40 + i))
    photos, _ = prepare(tmp_path / "left", tmp_path / "right")
    assert [p.name for p in photos] == ["IMG_0001.JPG", "IMG_0002.JPG", "IMG_0001_2.JPG", "IMG_0002_2.JPG"]
    assert [p.path.parent.name for p in photos] == ["left", "left", "right", "right"]
