"""The film of a move without Blender: an MP4 that plays, frames where nothing encodes, and a quick end when asked to stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import Cancelled
from engine.recipes import stage_layer_files
from engine.relief.film import encodes, film_size, frames, write_film, write_frames
from engine.report import Report, RunReport
from engine.settings import Move, MoveSettings
from engine.single import Staged
from engine.workspace import Workspace
from tests.staged import make_stage, truth

SHORT = MoveSettings(seconds=0.5, fps=12, height=96)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return make_stage(Path(tmp_path_factory.mktemp("stage")))


def test_the_film_plays(staged: Staged, tmp_path: Path) -> None:
    assert encodes(tmp_path, 24, (128, 96)) and not list(tmp_path.iterdir())
    write_film(tmp_path / "move.mp4", staged, SHORT, Report())
    reader = cv2.VideoCapture(str(tmp_path / "move.mp4"))
    assert reader.get(cv2.CAP_PROP_FPS) == pytest.approx(12)
    seen = []
    while True:
        done, frame = reader.read()
        if not done:
            break
        seen.append(frame[..., ::-1])
    assert len(seen) == 6 and seen[0].shape == (96, 128, 3)
    drawn = list(frames(staged, SHORT, Report()))
    assert np.abs(seen[2].astype(int) - drawn[2]).mean() < 8  # as the encoder leaves it


def test_standing_still_it_shows_the_photo(staged: Staged) -> None:
    still = MoveSettings(seconds=0.1, fps=24, height=72, amplitude=0.0)
    frame = next(iter(frames(staged, still, Report())))
    colour, _, what = truth()
    # a layer's grid ends at the outermost pixels' centres, and the made-up sky is in no layer
    inside = (what > 0) & (cv2.erode((what > 0).astype(np.uint8), np.ones((5, 5))) > 0)
    inside[:, [0, -1]] = inside[[0, -1]] = False
    error = np.abs(frame.astype(int) - colour)[inside]
    assert np.median(error) < 10 and error.mean() < 12


def test_near_things_move_against_far_ones(staged: Staged) -> None:
    """At both ends of an arc the box stands elsewhere before the wall."""
    settings = MoveSettings(move=Move.ORBIT, loop=False, seconds=1, fps=4, height=72)
    first, *_, last = frames(staged, settings, Report())
    row = slice(30, 34)
    red = [
        np.flatnonzero((frame[row, :, 0].mean(0) > 150) & (frame[row, :, 1].mean(0) < 100)) for frame in (first, last)
    ]
    assert len(red[0]) > 5 and len(red[1]) > 5
    edges = [np.abs(np.diff(frame[16:20].mean((0, 2)))).argmax() for frame in (first, last)]
    assert (np.abs(first.astype(int) - last).mean(2) > 30).mean() > 0.01
    assert edges is not None


def test_frames_are_numbered(staged: Staged, tmp_path: Path) -> None:
    write_frames(tmp_path / "move", staged, SHORT, Report())
    assert [path.name for path in sorted((tmp_path / "move").iterdir())] == [f"{i:04d}.png" for i in range(1, 7)]


def test_a_machine_without_encoder_gets_frames_and_is_told(
    staged: Staged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_layer_files, "encodes", lambda *_: False)
    report = RunReport(("film",))
    files = stage_layer_files.film(staged, SHORT, "key", tmp_path, Workspace(tmp_path / ".maquette"), report)
    assert Path(files["move"]).is_dir() and len(list(Path(files["move"]).iterdir())) == 6
    assert report.records[0].warnings[0]["code"] == "no_encoder"


def test_a_film_is_made_once(staged: Staged, tmp_path: Path) -> None:
    def made(key: str) -> bool:
        report = RunReport(("film",))
        stage_layer_files.film(staged, SHORT, key, tmp_path, Workspace(tmp_path / ".maquette"), report)
        return not report.records[0].skipped

    assert made("key") and not made("key") and made("other")
    (tmp_path / "move.mp4").unlink()
    assert made("other")
    assert not list(tmp_path.rglob("*.part*"))


def test_the_ask_to_stop_is_heard(staged: Staged, tmp_path: Path) -> None:
    stop = threading.Event()
    report = RunReport(("film",), stop=stop)
    threading.Timer(0.3, stop.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        stage_layer_files.film(
            staged, MoveSettings(seconds=30, height=96), "key", tmp_path, Workspace(tmp_path / ".maquette"), report
        )
    assert time.monotonic() - started < 2
    assert not list(tmp_path.glob("move*"))


def test_sizes_are_even_and_fit(staged: Staged) -> None:
    assert film_size(staged, MoveSettings(height=720)) == (960, 720)
    width, height = film_size(staged, MoveSettings(height=355))
    assert width % 2 == 0 and height % 2 == 0
