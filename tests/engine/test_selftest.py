"""What the self-test says of a machine: true on this one, and plain where something is missing, hangs or crashes."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine import machine
from engine.cli import job_of, parse
from engine.errors import Cancelled
from engine.jobs import SelftestJob
from engine.recipes import estimate, selftest
from engine.settings import DeviceChoice, Quality


def test_this_machine_s_processor_works_and_is_timed(tmp_path: Path) -> None:
    job = job_of(parse(["selftest", "-o", str(tmp_path / "out"), "--device", "cpu"]))
    assert isinstance(job, SelftestJob)
    result = selftest.run(job)
    found = json.loads(Path(result.files["report"]).read_text(encoding="utf-8"))
    assert found == result.summary | {"lines": [list(line) for line in result.summary["lines"]]}
    assert found["devices"]["cpu"]["works"] and 1e-3 < found["devices"]["cpu"]["megapixels_per_second"] < 1e3
    assert 0 < found["minutes"]["draft"] < found["minutes"]["standard"] < found["minutes"]["high"]
    text = " ".join(sentence for _, sentence in found["lines"])
    assert "Processor: works" in text and "36 photos" in text and "All libraries are there" in text
    assert not [kind for kind, _ in found["lines"] if kind == "ERROR"]


def _trial(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """The child that tries a device runs `code` instead."""
    played = tmp_path / "recipes" / "selftest.py"
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "trial.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(selftest, "__file__", str(played))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(11)", "its driver crashed (code 11)"),
        ("print('a greeting')", "its driver crashed (code 0)"),
        ("import time; time.sleep(60)", "it did not answer within 1 seconds"),
    ],
)
def test_a_device_that_crashes_or_hangs_is_only_not_usable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, reason: str
) -> None:
    _trial(monkeypatch, tmp_path, code)
    monkeypatch.setattr(selftest, "PATIENCE", 1.0)
    result = selftest.run(SelftestJob(out=tmp_path / "out", device=DeviceChoice.CUDA))
    assert result.summary["devices"]["cuda"] == {"works": False, "reason": reason}
    kinds = dict((text, kind) for kind, text in result.summary["lines"])
    assert kinds["Not usable here: NVIDIA card (CUDA)"] == "INFO" and result.summary["minutes"] == {}
    assert any(kind == "ERROR" and "No device works" in text for text, kind in kinds.items())


def test_cancel_is_heard_while_a_device_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _trial(monkeypatch, tmp_path, "import time; time.sleep(60)")
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        selftest.run(SelftestJob(out=tmp_path / "out", device=DeviceChoice.CUDA), stop=stop)
    assert time.monotonic() - started < 2


def test_what_is_missing_and_what_is_short_is_said(tmp_path: Path) -> None:
    here = machine.look(tmp_path)
    assert not here.missing and here.cores >= 1 and here.disk_free_gb is not None
    poor = replace(here, libraries=here.libraries | {"pycolmap": ""}, memory_free_gb=1.0, disk_free_gb=0.4)
    kinds = [kind for kind, _ in selftest.about_machine(poor)]
    assert kinds.count("ERROR") == 1 and kinds.count("WARNING") == 2
    assert "pycolmap" in next(text for kind, text in selftest.about_machine(poor) if kind == "ERROR")


def test_estimates_grow_with_what_is_slow() -> None:
    usual = estimate.minutes(Quality.STANDARD, 0.15, 2, 1.0)
    assert 2 < usual < 6  # 382 CPU-seconds were measured (README)
    assert estimate.minutes(Quality.STANDARD, 15, 2, 1.0) < usual < estimate.minutes(Quality.STANDARD, 0.15, 2, 2.0)


def test_facts_need_no_library(tmp_path: Path) -> None:
    """Where the wheels are missing the self-test is what says so."""
    import subprocess

    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name in ('numpy', 'cv2', 'pycolmap', 'quadrants') else find(name, *a);"
        "from pathlib import Path; from engine.recipes import selftest; from engine.jobs import SelftestJob;"
        "r = selftest.run(SelftestJob(out=Path(sys.argv[2]))); print(r.summary['lines'][0][1]);"
        "assert 'numpy' not in sys.modules"
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", code, root, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Missing" in done.stdout and "numpy, pycolmap" in done.stdout
