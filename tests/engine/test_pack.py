"""The pack's installer, with made-up wheels and the real pip: whole or not at all, and why not."""

from __future__ import annotations

import time

import pytest

from engine.errors import Cancelled, EngineError
from engine.jobs import PackJob
from engine.pack import install, pieces
from engine.recipes import pack
from engine.report import Report
from tests import wheels


def test_it_comes_whole_and_is_put_in_its_place(tmp_path):
    home = tmp_path / "pack"
    done = pack.run(PackJob(out=home, wheels=wheels.make(tmp_path / "wheels")))
    place = install.place_in(home)
    assert done.files == {"pack": str(place)} and done.summary["device"] == "cpu"
    assert not pieces.look(place).problem and pieces.look(place).missing == ()
    assert [path.name for path in home.iterdir()] == [place.name]  # nothing beside it
    assert "the processor" in done.summary["lines"][0][1]


def test_a_second_time_replaces_the_first(tmp_path):
    home, folder = tmp_path / "pack", wheels.make(tmp_path / "wheels")
    install.install(home, folder, "", Report())
    (install.place_in(home) / "stale.py").touch()
    (home / install.NEW).mkdir()  # what a kill leaves
    (home / install.NEW / "half.py").touch()
    install.install(home, folder, "", Report())
    assert not (install.place_in(home) / "stale.py").exists() and not install.leavings(home)


def test_what_fails_leaves_the_old_one_and_nothing_else(tmp_path):
    home = tmp_path / "pack"
    install.install(home, wheels.make(tmp_path / "wheels"), "", Report())
    for given, code, words in (
        ({"leave_out": "diffusers"}, "pack_unfit", "diffusers"),
        ({"torch": "raise ImportError('libcudart.so.13: cannot open')"}, "pack_broken", "libcudart"),
    ):
        folder = wheels.make(tmp_path / code, **given)
        with pytest.raises(EngineError, match=words) as caught:
            install.install(home, folder, "", Report())
        assert caught.value.code == code and caught.value.advice
        assert [path.name for path in home.iterdir()] == [install.place_in(home).name]
        assert not pieces.look(install.place_in(home)).problem


def test_where_there_was_none_a_failure_leaves_none(tmp_path):
    home = tmp_path / "pack"
    with pytest.raises(EngineError):
        install.install(home, wheels.make(tmp_path / "wheels", leave_out="torch"), "", Report())
    assert not home.exists()


def test_a_cancel_ends_pip_and_takes_all_away(tmp_path):
    home, report, cancelled = tmp_path / "pack", Report(), []

    def cancel():
        cancelled.append(time.monotonic())
        report.stopped.set()

    folder = wheels.make_stuck(tmp_path / "wheels", cancel)
    with pytest.raises(Cancelled):
        install.install(home, folder, "", report)
    assert time.monotonic() - cancelled[0] < 2.0
    assert not home.exists()


def test_a_full_disk_is_told_before_anything_is_loaded(tmp_path, monkeypatch):
    full = type("Usage", (), {"free": 900_000_000})()
    monkeypatch.setattr(install.shutil, "disk_usage", lambda folder: full)
    with pytest.raises(EngineError, match=r"has 0.9 GB free; the pack needs \d+") as caught:
        install.install(tmp_path / "pack", None, "", Report())
    assert caught.value.code == "disk_full" and not (tmp_path / "pack").exists()


def test_a_folder_without_wheels_is_told(tmp_path):
    with pytest.raises(EngineError, match="holds no wheels"):
        pack.run(PackJob(out=tmp_path / "pack", wheels=tmp_path))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk_full"),
        ("WARNING: Retrying … NewConnectionError: Temporary failure in name resolution", "pack_network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "pack_unfit"),
        ("ERROR: Something else went wrong", "pack_failed"),
    ],
)
def test_pips_words_become_sentences(said, code):
    error = install._said_by_pip(["Collecting torch==2.13.0", said])
    assert error.code == code and error.advice


def test_the_pip_that_every_python_carries_will_do(monkeypatch):
    import subprocess

    real = install.importlib.util.find_spec
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda name: None if name == "pip" else real(name))
    command = install.pip_command()
    assert command[-1].endswith("pip") and ".whl" in command[-1]
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("pip ")
