"""The check before a run: what is said of each photo and of the set is what a photographer would see."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.capture.after import judge_run, said_of_run
from engine.capture.hanging import hanging
from engine.capture.stage import run as judge
from engine.datatypes import FocalSource, Overlap, Photo, Tie
from engine.jobs import CheckJob
from engine.photos.doubts import Measured, doubts, relative_sharpness
from engine.photos.exposure import Light, measure
from engine.photos.listing import list_photos
from engine.recipes import check
from engine.verdicts import Doubt, Verdict, from_plain, to_plain
from tests import synthetic

ROOT = Path(__file__).resolve().parents[2]


def photo(number: int) -> Photo:
    name = f"IMG_{number}.jpg"
    return Photo(
        name=name, path=Path("/shoot") / name, content_hash=name, width=4000, height=3000, orientation=1,
        working_width=640, working_height=480, focal_px=4000, focal_source=FocalSource.GUESS, camera_key="",
        sharpness=1.0, brightness=0.5,
    )  # fmt: skip


def ties(*links: tuple[int, int, int], shift: float = 0.1, share: float = 0.1) -> list[Tie]:
    return [Tie(first=a, second=b, matches=n, shift=shift, share=share) for a, b, n in links]


def overlap(count: int, found: Sequence[Tie], *, turned: bool = False) -> Overlap:
    return Overlap(ties=tuple(found), features=(1500,) * count, still=False, only_turned=turned)


def chain(*photos: int, matches: int = 200) -> list[Tie]:
    """A walk along those photos, each tied to the next two."""
    near = [(a, b, matches) for a, b in pairwise(photos)]
    return ties(*near, *((a, b, matches // 2) for a, b in zip(photos, photos[2:], strict=False)))


def verdict_of(count: int, found: Sequence[Tie], **doubted: Verdict):
    photos = [photo(i) for i in range(count)]
    by = {int(name[1:]): (Doubt(verdict, f"is {verdict.value}"),) for name, verdict in doubted.items()}
    return judge(photos, [by.get(i, ()) for i in range(count)], [], overlap(count, found), soft=False)


# The set as a whole


def test_a_good_set_is_told_to_be_good() -> None:
    found = verdict_of(20, chain(*range(20)))
    assert found.said.mood == "INFO" and found.said.lines == ("All 20 photos hang together and are sharp: good to go.",)
    assert {j.verdict for j in found.judged} == {Verdict.GOOD}
    assert len(found.groups) == 1 and len(found.groups[0]) == 20


def test_photos_that_hang_on_nothing_are_named_with_their_neighbours() -> None:
    found = verdict_of(20, chain(*range(12), 15, 16, 17, 18, 19))
    assert found.said.mood == "WARNING" and found.said.lines[0] == "17 of 20 photos hang together."
    assert found.said.lines[1].startswith(
        "IMG_12 to IMG_14 hang on nothing: take two more photos between IMG_11 and IMG_12 and between IMG_14 and IMG_15"
    )
    assert [j.verdict for j in found.judged[11:16]] == [Verdict.GOOD, *[Verdict.ALONE] * 3, Verdict.GOOD]


def test_two_groups_are_counted_and_the_gap_is_named() -> None:
    found = verdict_of(20, [*chain(*range(14)), *chain(*range(14, 20))])
    assert found.said.lines[0] == "The photos fall into groups of 14 and 6 that share too little."
    assert "IMG_14 to IMG_19 hang on none of the others" in found.said.lines[1]
    assert "between IMG_13 and IMG_14" in found.said.lines[1]


def test_two_halves_on_a_thread_are_told() -> None:
    found = verdict_of(20, [*chain(*range(10)), *chain(*range(10, 20)), *ties((9, 10, 25))])
    assert found.said.mood == "WARNING" and "by IMG_9 and IMG_10 alone" in found.said.lines[1]
    assert len(found.groups) == 1


def test_what_can_t_become_a_model_is_an_error() -> None:
    assert verdict_of(2, chain(0, 1)).said.mood == "ERROR"
    assert "don't hang together" in verdict_of(9, ties((0, 1, 90))).said.lines[0]
    turned = judge([photo(i) for i in range(9)], [()] * 9, [], overlap(9, chain(*range(9)), turned=True), soft=False)
    assert turned.said.mood == "ERROR" and "turned on the spot" in turned.said.lines[0]
    assert judge([], [], [], overlap(0, []), soft=False).said.lines[0].startswith("No photo can be used")


def test_blurred_photos_are_to_be_taken_again_and_nothing_else_is_asked_for_them() -> None:
    found = verdict_of(20, chain(*(i for i in range(20) if i != 7)), _7=Verdict.BLURRED, _9=Verdict.BLURRED)
    assert found.judged[7].verdict is Verdict.BLURRED and "shows too little" in found.judged[7].sentence
    assert found.said.lines[1] == "IMG_7 and IMG_9 are blurred. Take them again, or take the tick away."
    assert not any("hangs on nothing" in line for line in found.said.lines)


def test_weak_ties_and_repeats_are_told_but_no_fault() -> None:
    found = verdict_of(14, [*chain(*range(13)), *ties((12, 13, 24)), *ties((3, 5, 900), shift=0.002, share=0.7)])
    assert found.judged[13].verdict is Verdict.LOOSE and "IMG_12.jpg by only 24" in found.judged[13].sentence
    assert found.judged[5].verdict is Verdict.ALIKE and found.judged[3].verdict is Verdict.GOOD
    assert all(found.judged[i].verdict.is_fine for i in (5, 13))


@pytest.mark.parametrize(("matches", "alone"), [(19, True), (20, False)])
def test_a_tie_holds_from_twenty_matches(matches: int, alone: bool) -> None:
    found = hanging(overlap(4, [*chain(0, 1, 2), *ties((2, 3, matches))]))
    assert (found.holds[3] == 0) is alone


# Each photo


def test_a_blurred_photo_is_seen_among_its_neighbours_not_against_other_subjects() -> None:
    values = [0.9] * 20 + [0.5] * 20  # the second half shows something softer by nature
    values[30] = 0.2
    relative = relative_sharpness(values)
    assert relative[30] == pytest.approx(0.4) and min(r for i, r in enumerate(relative) if i != 30 and i > 23) > 0.9
    light = Light(highlight=0.9, shadow=0.1, white=0.0)
    found = doubts([Measured(name=str(i), sharpness=v, light=light) for i, v in enumerate(values)])
    assert [i for i, of in enumerate(found) if of] == [30]
    assert doubts([Measured(name="wall", sharpness=float("nan"), light=light)])[0][0].verdict is Verdict.BLURRED


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda p: p * 0.15, Verdict.DARK),
        (lambda p: p * 0.4, Verdict.DARK),
        (lambda p: p * 0.75, None),
        (lambda p: np.clip(p * 2.5, 0, 255), Verdict.BRIGHT),
        (lambda p: 225 + p / 8, Verdict.BRIGHT),
    ],
)
def test_light_is_judged_as_an_eye_would(change, verdict) -> None:
    rng = np.random.default_rng(4)
    usual = np.clip(rng.normal(130, 45, (480, 640)), 5, 250)
    lights = [measure(usual.astype(np.uint8)) for _ in range(6)]
    odd = measure(np.clip(change(usual), 0, 255).astype(np.uint8))
    found = doubts([Measured(name=str(i), sharpness=0.6, light=one) for i, one in enumerate([*lights, odd])])
    assert [d.verdict for d in found[6]] == ([verdict] if verdict else [])
    assert not any(found[:6])


def test_a_white_backdrop_and_a_black_one_are_no_fault() -> None:
    rng = np.random.default_rng(4)
    for backdrop in (255, 0):
        picture = np.full((480, 640), backdrop, np.uint8)
        picture[150:330, 220:420] = rng.integers(40, 200, (180, 200))
        lights = [measure(picture)] * 8
        assert not any(doubts([Measured(name=str(i), sharpness=0.6, light=one) for i, one in enumerate(lights)]))


def test_verdicts_survive_their_report() -> None:
    found = verdict_of(14, chain(*range(13)), _3=Verdict.DARK)
    again = from_plain(json.loads(json.dumps(to_plain(found.judged))))
    assert [(j.path, j.verdict, j.sentence) for j in again] == [(j.path, j.verdict, j.sentence) for j in found.judged]
    assert again[3].figures["matches"] == 200
    assert from_plain(None) == [] and from_plain([{"path": 3}, {"path": "a", "verdict": "new"}, 7]) == []


def test_after_a_run_each_photo_has_its_place_or_its_reason(tmp_path: Path) -> None:
    truth = synthetic.make_truth(tmp_path, count=5, width=120, height=90)
    sparse = truth.sparse(per_view=40)
    posed = [p.photo for p in sparse.posed]
    lost = replace(posed[0], name="lost.jpg", path=tmp_path / "lost.jpg")
    sparse = replace(sparse, unregistered={"lost.jpg": "no overlap with the others was found"})
    out = {"path": str(tmp_path / "copy.jpg"), "code": "duplicate", "clause": "is the same file as a", "advice": ""}
    prepared = {
        "doubts": [{"name": posed[1].name, "verdict": "blurred", "clause": "is blurred: 40 % as sharp"}],
        "left_out": [out],
    }
    judged = judge_run([*posed, lost], sparse, prepared)
    assert [j.verdict for j in judged] == [
        Verdict.GOOD, Verdict.BLURRED, *[Verdict.GOOD] * 3, Verdict.UNPLACED, Verdict.DUPLICATE,
    ]  # fmt: skip
    assert judged[5].sentence.startswith("lost.jpg found no place: no overlap with the others was found.")
    assert judged[0].figures["points"] == int((sparse.seen_posed == 0).sum()) >= 40
    mood, lines = said_of_run(judged)
    assert mood == "WARNING" and lines[0] == "5 of 7 photos found their place." and "lost.jpg" in lines[1]


# The whole of it, from files


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up walk around a subject with everything that goes wrong; the last three show another place."""
    folder = tmp_path_factory.mktemp("shoot")
    synthetic.make_truth(folder, count=10, width=480, height=360)
    rng = np.random.default_rng(5)
    for number in range(3):
        noise = Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)).resize(
            (480, 360), Image.Resampling.BICUBIC
        )
        noise.save(folder / f"z_other_{number}.jpg", quality=92)
    dark = Image.open(folder / "view_003.jpg").point(lambda value: value * 0.12)
    dark.save(folder / "view_003.jpg", quality=92)
    (folder / "view_copy.jpg").write_bytes((folder / "view_005.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes((folder / "view_006.jpg").read_bytes()[:900])
    Image.new("RGB", (90, 60)).save(folder / "tiny.png")
    return folder


def test_check_sees_what_is_wrong_with_a_set(shoot: Path, tmp_path: Path) -> None:
    result = check.run(CheckJob(photos=(shoot,), out=tmp_path))
    told = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))
    verdicts = {Path(one["path"]).name: one["verdict"] for one in told["verdicts"]}
    assert verdicts["view_003.jpg"] == "dark" and verdicts["view_copy.jpg"] == "duplicate"
    assert verdicts["broken.jpg"] == verdicts["tiny.png"] == "unreadable"
    assert {verdicts[f"z_other_{i}.jpg"] for i in range(3)} <= {"alone", "blurred"}
    rest = {v for name, v in verdicts.items() if name.startswith("view_0") and name != "view_003.jpg"}
    assert rest <= {"good", "loose"} and len(verdicts) == 16
    assert told["photos"] == 13 and told["mood"] == "WARNING" and len(told["groups"][0]) in (9, 10)
    assert told["said"] == result.summary["said"] and told["said"][0].endswith("of 13 photos hang together.")
    sentence = next(one["sentence"] for one in told["verdicts"] if one["path"].endswith("tiny.png"))
    assert "too small: 90 × 60" in sentence
    # The list before a check knows the same files, in the same order.
    photos = [Path(one["path"]) for one in told["verdicts"] if one["verdict"] not in ("duplicate", "unreadable")]
    assert [p for p in (one.path for one in list_photos([shoot])) if p in photos] == photos


def test_check_without_photos_says_so_and_changes_no_photo(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "IMG.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    result = check.run(CheckJob(photos=(tmp_path / "in",), out=tmp_path / "out"))
    assert result.summary["mood"] == "ERROR" and "No photo can be used" in result.summary["said"][0]
    assert "HEIC" in result.summary["said"][1]
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["IMG.heic"]


def test_masks_leave_out_what_does_not_belong_to_the_subject(shoot: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    keep = np.zeros((360, 480), np.uint8)
    keep[:60, :60] = 255  # sky alone
    for path in shoot.glob("view_*.jpg"):
        Image.fromarray(keep).save(tmp_path / "masks" / f"{path.stem}.png")
    views = tuple(sorted(shoot.glob("view_00[4-9].jpg")))
    result = check.run(CheckJob(photos=views, masks=tmp_path / "masks", out=tmp_path / "out"))
    assert "don't hang together" in result.summary["said"][0]
    whole = check.run(CheckJob(photos=views, out=tmp_path / "out")).summary["said"][0]
    assert whole.startswith("All 6 photos hang together")


def test_check_at_a_shell_prints_a_table(shoot: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "engine", "check", str(shoot), "-o", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-800:]
    row = next(line for line in done.stderr.splitlines() if line.strip().startswith("view_copy.jpg"))
    assert "copy" in row and "hang together" in done.stderr
    assert (tmp_path / "check.json").is_file()


def test_the_list_needs_no_libraries() -> None:
    """Blender shows it, and says what is missing, also where the wheels don't fit."""
    code = (
        "import sys\nfor name in ('cv2', 'PIL', 'pycolmap'): sys.modules[name] = None\n"
        "import engine.photos.listing, engine.capture.after, engine.verdicts"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-400:]
