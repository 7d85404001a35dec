"""Events, settings and jobs survive their journey between processes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine import jobs, protocol
from engine.cli import job_of, main, parse
from engine.report import RunReport
from engine.settings import ModelSettings, Quality, Region, from_json, preset, to_json

ROOT = Path(__file__).resolve().parents[2]
EVENTS = [
    protocol.StageEvent(name="poses", index=1, of=6),
    protocol.ProgressEvent(stage="poses", step="features", done=3, total=36, overall=0.12),
    protocol.WarningEvent(code="blurred", sentence="“a b.jpg” is blurred.\nReally", file="/tmp/ü 😀/a b.jpg"),
    protocol.PreviewEvent(what="sparse", path="x"),
    protocol.ResultEvent(files={"model": "model.glb"}, summary={"seconds": 1.5}),
    protocol.ErrorEvent(code="no_photos", sentence="No.", exit_code=2),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.kind)
def test_events_survive_a_line(event: protocol.Event) -> None:
    line = protocol.encode(event)
    assert "\n" not in line
    assert protocol.decode(line) == event


@pytest.mark.parametrize("line", ["", "{}", "[1]", "hello", '{"event": "nothing"}', '{"event": "stage", "x": 1}'])
def test_foreign_lines_are_no_events(line: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        protocol.decode(line)


@pytest.mark.parametrize("quality", list(Quality))
def test_settings_survive_json(quality: Quality) -> None:
    settings = preset(quality)
    settings = replace(settings, photos=replace(settings.photos, masks=Path("a b/ü")))
    assert from_json(ModelSettings, to_json(settings)) == settings


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="no setting named colour"):
        from_json(ModelSettings, {"colour": 1})


def test_qualities_are_ordered() -> None:
    draft, standard, high = (preset(q) for q in Quality)
    assert draft.depth.max_side < standard.depth.max_side < high.depth.max_side
    assert draft.surface.faces < standard.surface.faces < high.surface.faces
    assert draft.texture.size < standard.texture.size == 4096 < high.texture.size


def test_the_command_line_reaches_every_setting() -> None:
    words = (
        "model a b -o out --quality draft --faces 1234 --texture 512 --masks m --region all --watertight --device cpu"
    )
    job = job_of(parse(words.split()))
    assert jobs.decode(jobs.encode(job)) == job
    assert [p.name for p in job.photos] == ["a", "b"]
    s = job.settings
    assert (s.quality, s.surface.faces, s.texture.size, s.surface.region) == (Quality.DRAFT, 1234, 512, Region.ALL)
    assert s.photos.masks is not None and s.photos.masks.name == "m"
    assert s.surface.watertight and s.device.value == "cpu"


def test_photos_may_come_from_a_list(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("/photos/a b.jpg\n/photos/ü.jpg\n\n", encoding="utf-8")
    job = job_of(parse(["model", "--photos-from", str(tmp_path / "list.txt"), "-o", "out"]))
    assert [p.name for p in job.photos] == ["a b.jpg", "ü.jpg"]


@pytest.mark.parametrize(
    "words", ["model a", "model -o x", "model a -o x --faces 3", "model a -o x --quality best", ""]
)
def test_wrong_words_exit_with_2(words: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words.split())
    assert stop.value.code == 2


def test_overall_progress_never_goes_back() -> None:
    seen: list[protocol.Event] = []
    report = RunReport(("prepare", "poses", "export"), seen.append)
    for name in report.stages:
        with report.stage(name) as stage:
            for step, share in (("one", 0.3), ("two", 0.7)):
                with stage.step(step, 4, share=share) as clock:
                    for _ in range(4):
                        clock.advance()
    overall = [e.overall for e in seen if isinstance(e, protocol.ProgressEvent)]
    assert overall == sorted(overall)
    assert overall[0] == 0 and overall[-1] == 1
    assert [r.name for r in report.records] == list(report.stages)
    assert set(report.records[0].steps) == {"one", "two"}


HELPED = """
import subprocess, sys
from engine.report import RunReport
report = RunReport(("first", "second"))
with report.stage("first"):
    subprocess.run([sys.executable, "-c", "b'x' * 300_000_000"], check=True)
with report.stage("second"):
    pass
print(*(record.peak_mb for record in report.records))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a helper's memory")
def test_a_helper_s_memory_counts_in_the_stage_that_waited_for_it() -> None:
    """In a process of its own: what is counted is the largest helper since the process began."""
    told = subprocess.run([sys.executable, "-c", HELPED], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    first, second = map(float, told.split())
    assert 300 < first < 700
    assert second < first - 250
