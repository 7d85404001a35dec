"""The list of photos: filled by dropping, choosing and pasting; ticks, removing, refreshing; what the next model is made from."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def folder(maquette, tmp_path) -> Path:
    """Twelve photos in natural order, one that must be converted, and what is no photo."""
    place = tmp_path / "my 'shoe' ünd %20s"
    (place / "more").mkdir(parents=True)
    for number in range(1, 11):
        (place / f"IMG_{number}.JPG").write_bytes(bytes([number]))
    (place / "more" / "near.png").write_bytes(b"n")
    (place / "IMG_3.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    (place / "notes.txt").write_text("no photo")
    (place / ".hidden.jpg").write_bytes(b"h")
    return place


@pytest.fixture
def rows(maquette):
    """The list as it is now: an undo makes older references stale."""
    return lambda: bpy.context.scene.maquette.photos.rows


def names(rows) -> list[str]:
    return [row.name for row in rows()]


def test_a_folder_comes_in_natural_order_with_what_is_wrong(folder, rows):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    assert names(rows) == ["IMG_1.JPG", "IMG_2.JPG", "IMG_3.heic", "IMG_3.JPG"] + [
        f"IMG_{n}.JPG" for n in range(4, 11)
    ] + ["near.png"]
    assert all(row.use for row in rows())
    heic = rows()["IMG_3.heic"]
    assert heic.verdict == "unreadable" and "HEIC" in heic.sentence and "Convert" in heic.sentence
    assert {row.verdict for row in rows() if row.name != "IMG_3.heic"} == {"unseen"}


def test_dropped_photos_come_together_and_only_once(folder, rows):
    files = [{"name": "IMG_2.JPG"}, {"name": "IMG_9.JPG"}]
    assert bpy.ops.maquette.add_photos("INVOKE_DEFAULT", directory=str(folder), files=files) == {"FINISHED"}
    assert names(rows) == ["IMG_2.JPG", "IMG_9.JPG"]
    rows()[0].use = False
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    assert len(rows()) == 12 and names(rows).count("IMG_2.JPG") == 1
    assert not rows()["IMG_2.JPG"].use  # what was chosen stays chosen
    assert bpy.ops.maquette.add_photos(directory=str(folder), files=files) == {"CANCELLED"}


def test_the_drop_handler_takes_photos_in_the_3d_view_only(maquette):
    handler = bpy.types.MAQUETTE_FH_photos
    assert handler.bl_import_operator == "maquette.add_photos"
    assert {".jpg", ".png", ".tif", ".webp"} <= set(handler.bl_file_extensions.split(";"))
    for kind, wanted in (("VIEW_3D", True), ("IMAGE_EDITOR", False)):
        context = type("Context", (), {"area": type("Area", (), {"type": kind})})
        assert handler.poll_drop(context) is wanted
    assert not handler.poll_drop(type("Context", (), {"area": None}))


@pytest.mark.parametrize(
    "written",
    [
        "{file}",
        "'{file}'",
        '"{file}"',
        "{uri}",
        "copy\n{uri}",
        "# a comment\n\n  {file}  \n{file}",
        "{escaped}",
    ],
)
def test_pasted_paths_are_understood(folder, rows, written):
    file = folder / "IMG_4.JPG"
    escaped = str(file).replace(" ", "\\ ").replace("'", "\\'")
    text = written.format(file=file, uri=file.as_uri(), escaped=escaped)
    assert bpy.ops.maquette.paste_photos(text=text) == {"FINISHED"}
    assert names(rows) == ["IMG_4.JPG"] and rows()[0].path == str(file)


def test_several_lines_and_folders_are_pasted_in_order(folder, rows):
    bpy.ops.maquette.paste_photos(text=f"{folder / 'IMG_7.JPG'}\r\n{folder / 'more'}\n{folder / 'IMG_1.JPG'}")
    assert names(rows) == ["IMG_7.JPG", "near.png", "IMG_1.JPG"]


@pytest.mark.parametrize("text", ["hello there", "relative/a.jpg", "\0", "x" * 50_000])
def test_text_that_is_no_path_is_said_so(maquette, rows, text):
    assert bpy.ops.maquette.paste_photos(text=text) == {"CANCELLED"}
    assert len(rows()) == 0


def test_a_path_that_leads_nowhere_is_said_in_words(folder, rows):
    with pytest.raises(RuntimeError, match=r"no file or folder IMG_99\.JPG"):
        bpy.ops.maquette.paste_photos(text=str(folder / "IMG_99.JPG"))
    assert len(rows()) == 0


def test_ticks_decide_what_the_engine_gets(folder, rows, part):
    request, engine = part("operators.request"), part("engine.cli")
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    assert len(request.chosen_photos(bpy.context)) == 12
    rows()["IMG_5.JPG"].use = False
    words = request.request_of(bpy.context).words
    job = engine.job_of(engine.parse([*words, "--json"]))
    assert len(job.photos) == 11 and folder / "IMG_5.JPG" not in job.photos
    assert job.photos == tuple(request.chosen_photos(bpy.context))
    bpy.ops.maquette.tick_photos(action="NONE")
    with pytest.raises(part("engine.errors").EngineError, match="No photo is ticked"):
        request.chosen_photos(bpy.context)


def test_tick_buttons_follow_the_verdicts(folder, rows):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    for row, verdict in zip(rows(), ("blurred", "good", "unreadable", "alone", "dark", "duplicate"), strict=False):
        row.verdict = verdict

    def unticked(action: str) -> set[str]:
        bpy.ops.maquette.tick_photos(action=action)
        return {row.verdict for row in rows() if not row.use}

    assert unticked("SHARP") == {"blurred", "unreadable", "duplicate"}
    assert unticked("GOOD") == {"blurred", "unreadable", "duplicate", "alone", "dark"}
    assert unticked("ALL") == {"unreadable", "duplicate"}
    assert unticked("INVERT") == {"blurred", "good", "alone", "dark", "unseen"}


def test_removing_leaves_the_files_and_can_be_undone(folder, rows):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    bpy.context.scene.maquette.photos.active = 11
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.maquette.remove_photos("EXEC_DEFAULT", True, which="ACTIVE")
    assert len(rows()) == 11 and "near.png" not in names(rows)
    assert bpy.context.scene.maquette.photos.active == 10
    bpy.ops.ed.undo()
    assert "near.png" in names(rows)
    rows()[0].use = False
    bpy.ops.maquette.remove_photos(which="UNTICKED")
    assert len(rows()) == 11 and "IMG_1.JPG" not in names(rows)
    bpy.ops.maquette.remove_photos(which="ALL")
    assert len(rows()) == 0 and len(bpy.context.scene.maquette.photos.folders) == 0
    assert (folder / "IMG_1.JPG").exists()
    assert not bpy.ops.maquette.remove_photos.poll()


def test_refreshing_sees_what_is_new_and_what_is_gone(folder, rows):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    (folder / "IMG_11.JPG").write_bytes(b"11")
    (folder / "IMG_2.JPG").rename(folder / "more" / "IMG_2.JPG.away")
    bpy.ops.maquette.refresh_photos()
    assert names(rows)[-1] == "IMG_11.JPG"
    assert [row.name for row in rows() if row.verdict == "missing"] == ["IMG_2.JPG"]
    (folder / "more" / "IMG_2.JPG.away").rename(folder / "IMG_2.JPG")
    bpy.ops.maquette.refresh_photos()
    assert rows()["IMG_2.JPG"].verdict == "unseen"


def test_photos_that_moved_are_said_so_and_found_again(folder, rows, part, tmp_path):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    new = tmp_path / "another disk"
    folder.rename(new)
    request = part("operators.request")
    with pytest.raises(part("engine.errors").EngineError, match="12 of 12 photos are not where they were"):
        request.chosen_photos(bpy.context)
    assert {row.verdict for row in rows()} == {"missing"}
    assert bpy.ops.maquette.find_photos(directory=str(new)) == {"FINISHED"}
    assert request.chosen_photos(bpy.context)[0] == new / "IMG_1.JPG"
    assert {row.verdict for row in rows()} == {"unseen"}


def test_verdicts_find_their_photos_by_path(folder, rows, part):
    scene, verdicts = part("scene.photos"), part("engine.verdicts")
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    plain = [
        {"path": str(folder / "IMG_4.JPG"), "verdict": "blurred", "sentence": "It is blurred.", "sharpness": 0.4},
        {"path": str(folder / "more" / ".." / "IMG_6.JPG"), "verdict": "good", "sentence": "Sharp."},
        {"path": "/elsewhere/IMG_5.JPG", "verdict": "alone", "sentence": "Alone."},
        {"path": str(folder / "IMG_7.JPG"), "verdict": "of another version", "sentence": ""},
    ]
    met = scene.judge(bpy.context.scene, verdicts.from_plain(plain), ("Two photos.", "One is blurred."))
    assert met == 2
    assert rows()["IMG_4.JPG"].verdict == "blurred" and rows()["IMG_4.JPG"].sharpness == pytest.approx(0.4)
    assert rows()["IMG_6.JPG"].verdict == "good" and rows()["IMG_5.JPG"].verdict == "unseen"
    assert bpy.context.scene.maquette.photos.said == "Two photos.\nOne is blurred."


def test_thumbnails_are_given_back(folder, part, maquette):
    thumbnails = part("panels.thumbnails")
    for name in ("IMG_1.JPG", "IMG_2.JPG", "IMG_1.JPG"):
        thumbnails.icon_of(str(folder / name))  # without a window Blender makes no icons: 0
    assert len(thumbnails._held[0].made) == 2
    maquette.unregister()
    assert thumbnails._held == []
    maquette.register()


@pytest.mark.parametrize("libraries", [True, False])
def test_a_photo_that_lies_on_its_side_is_shown_upright(maquette, part, tmp_path, monkeypatch, libraries):
    import numpy as np
    from PIL import Image  # came with the zip

    upright = np.zeros((400, 300, 3), np.uint8)
    upright[:200] = 255, 0, 0  # red above
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(upright)).save(tmp_path / "lying.jpg", exif=exif, quality=95)
    Image.fromarray(upright).save(tmp_path / "upright.png")
    thumbnails = part("panels.thumbnails")
    if not libraries:  # as if they could not be imported
        monkeypatch.setitem(sys.modules, part("engine").__name__ + ".photos.upright", None)
    paths = [str(tmp_path / name) for name in ("lying.jpg", "upright.png")]
    end = time.monotonic() + 30
    while [thumbnails.icon_of(path) for path in paths] and thumbnails._held[0].turning:
        assert time.monotonic() < end
        time.sleep(0.02)
    held = thumbnails._held[0]
    for size, pixels in (("image_size", "image_pixels_float"), ("icon_size", "icon_pixels_float")):
        picture = held.made[str(tmp_path / "lying.jpg")]
        width, height = getattr(picture, size)
        assert height > width and height <= 256
        rows = np.array(getattr(picture, pixels)[:]).reshape(height, width, 4)  # the lowest row first
        assert np.allclose(rows[-2, 2], (1, 0, 0, 1), atol=0.05) and np.allclose(rows[1, 2], (0, 0, 0, 1), atol=0.05)
    thumbnails.release()


def test_the_list_sorts_and_filters(folder, part):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    photos, panel = bpy.context.scene.maquette.photos, part("panels.photos")
    photos.rows["IMG_5.JPG"].verdict, photos.rows["IMG_8.JPG"].verdict = "blurred", "good"

    class List:
        bitflag_filter_item, filter_name, use_filter_invert = 1 << 30, "", False

    def shown() -> list[str]:
        flags, places = panel.MAQUETTE_UL_photos.filter_items(List(), bpy.context, photos, "rows")
        order = sorted(range(len(flags)), key=lambda i: places[i] if places else i)
        return [photos.rows[i].name for i in order if flags[i]]

    assert len(shown()) == 12 and shown()[0] == "IMG_1.JPG"
    photos.sort = "VERDICT"
    assert shown()[:3] == ["IMG_3.heic", "IMG_5.JPG", "IMG_8.JPG"]
    photos.show = "FAULTS"
    assert shown() == ["IMG_3.heic", "IMG_5.JPG"]


# What the engine thinks of them


@pytest.fixture
def real_photos(maquette, tmp_path) -> Path:
    """Ten photos of the made-up scene, of which one is blurred, and a copy of one."""
    from PIL import Image, ImageFilter  # came with the zip

    from tests.synthetic import make_truth

    folder = tmp_path / "shoot"
    make_truth(folder, count=10, width=480, height=360)
    blurred = folder / "view_004.jpg"
    Image.open(blurred).filter(ImageFilter.GaussianBlur(4)).save(blurred, quality=95)
    (folder / "view_010.jpg").write_bytes((folder / "view_002.jpg").read_bytes())
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    return folder


def test_the_check_says_what_the_engine_says(real_photos, rows, part, tmp_path):
    import json
    import subprocess

    assert bpy.ops.maquette.check_photos() == {"FINISHED"}
    photos = bpy.context.scene.maquette.photos
    assert (
        rows()["view_004.jpg"].verdict == "blurred" and "sharp as the photos around" in rows()["view_004.jpg"].sentence
    )
    assert rows()["view_010.jpg"].verdict == "duplicate" and "view_002.jpg" in rows()["view_010.jpg"].sentence
    fine = [row for row in rows() if row.name not in ("view_004.jpg", "view_010.jpg")]
    assert {row.verdict for row in fine} <= {"good", "loose"} and len(fine) == 9
    assert (
        photos.said.startswith("9 of 10 photos hang together") and "view_004 is blurred. Take it again" in photos.said
    )

    runner = part("operators.runner")
    command = runner.engine_command(["check", str(real_photos), "-o", str(tmp_path / "out")])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    check = json.loads((tmp_path / "out" / "check.json").read_text(encoding="utf-8"))
    assert check["said"] == photos.said.splitlines()
    told = {Path(one["path"]).name: (one["verdict"], one["sentence"]) for one in check["verdicts"]}
    assert told == {row.name: (row.verdict, row.sentence) for row in rows()}

    bpy.ops.maquette.tick_photos(action="SHARP")
    assert {row.name for row in rows() if not row.use} == {"view_004.jpg", "view_010.jpg"}


def test_a_run_s_report_reaches_the_list(folder, rows, part):
    bpy.ops.maquette.add_photo_folder(directory=str(folder))
    scene = part("scene.photos")
    lost = "IMG_2.JPG found no place: no overlap with the others was found."
    report = {
        "verdicts": [
            {"path": str(folder / "IMG_1.JPG"), "verdict": "good", "sentence": "In place.", "points": 90},
            {"path": str(folder / "IMG_2.JPG"), "verdict": "unplaced", "sentence": lost, "points": 0},
        ]
    }
    scene.take_run(bpy.context.scene, report)
    assert rows()["IMG_2.JPG"].verdict == "unplaced" and rows()["IMG_2.JPG"].sentence == lost
    photos = bpy.context.scene.maquette.photos
    assert photos.said.splitlines() == ["1 of 2 photos found their place.", lost] and photos.mood == "WARNING"
    scene.take_run(bpy.context.scene, {"verdicts": [{"path": "/other/a.jpg", "verdict": "good", "sentence": ""}]})
    scene.take_run(bpy.context.scene, {"photos": 3})
    assert photos.said.startswith("1 of 2")  # what is not about these photos changes nothing
