"""The whole way, as a user starts it: photos in, results out; resume, cancel, kill, and disks that fail."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from engine import workspace
from engine.errors import EngineError, Exit
from engine.jobs import ModelJob
from engine.settings import Quality, preset
from tests.synthetic import SPHERE_CENTRE, SPHERE_RADIUS, Truth

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("prepare", "poses", "depth", "surface", "texture", "export")
DRAFT = ("--quality", "draft", "--texture", "512", "--faces", "20000", "--device", "cpu")
OUTPUTS = {"model.glb", "cameras", "points.ply", "report.json", "preview.png"}


def engine(*words: str, **more: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "engine", "model", *words]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    """To the end, with its input left open: closing it would cancel."""
    assert process.stdout is not None and process.stderr is not None
    events = [json.loads(line) for line in process.stdout]
    err = process.stderr.read()
    return process.wait(60), events, err


def fingerprint(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture(scope="module")
def built(photos_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """One uninterrupted run, and its events."""
    out = tmp_path_factory.mktemp("built") / "a model"
    before = fingerprint(photos_folder)
    code, events, err = finish(engine(str(photos_folder), "-o", str(out), "--json", *DRAFT))
    assert code == 0, (events[-1:], err)
    assert fingerprint(photos_folder) == before, "the photos were touched"
    return out, events


def test_the_results_are_those_that_the_design_names(built: tuple[Path, list[dict[str, Any]]]) -> None:
    out, events = built
    assert {p.name for p in out.iterdir()} - {".maquette", "undistorted"} == OUTPUTS
    assert [e["name"] for e in events if e["event"] == "stage"] == list(STAGES)
    assert events[-1]["event"] == "result"
    for path in events[-1]["files"].values():
        assert Path(path).exists()
    report = json.loads((out / "report.json").read_text())
    assert {"seconds", "peak_mb", "device", "photos", "registered", "stages"} <= set(report)
    assert [s["name"] for s in report["stages"]] == list(STAGES)
    assert report["photos"] == report["registered"] == 14
    assert 0 < report["peak_mb"] < 2000


def test_the_mesh_is_the_scene(built: tuple[Path, list[dict[str, Any]]], truth: Truth) -> None:
    """Aligned over the camera centres, the sphere's surface lies where it truly is."""
    import pycolmap

    out, _ = built
    model = pycolmap.Reconstruction(str(out / "cameras"))
    ours = {i.name: i.projection_center() for i in model.images.values()}
    assert set(ours) == {v.name for v in truth.views}
    true = np.array([v.centre_in_world for v in truth.views])
    matrix, _, _ = trimesh.registration.procrustes(
        np.array([ours[v.name] for v in truth.views]), true, reflection=False
    )
    scene = trimesh.load(out / "model.glb", process=False)
    mesh = scene.to_mesh()
    mesh.apply_transform(np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float))
    mesh.apply_transform(matrix)
    points = mesh.sample(20_000, seed=0)
    off = np.abs(np.linalg.norm(points - SPHERE_CENTRE, axis=1) - SPHERE_RADIUS)
    on_sphere = points[(off < 0.05) & (points[:, 2] > 0.1) & (points[:, 0] < 0.05)]
    assert len(on_sphere) > 2000
    error = np.abs(np.linalg.norm(on_sphere - SPHERE_CENTRE, axis=1) - SPHERE_RADIUS)
    assert np.median(error) < 0.004  # a pixel covers 0.003 here
    assert mesh.visual.uv is not None and len(mesh.faces) <= 20_000


def test_a_second_run_takes_up_what_is_made(built: tuple[Path, list[dict[str, Any]]], photos_folder: Path) -> None:
    out, _ = built
    model = (out / "model.glb").read_bytes()
    code, events, _ = finish(engine(str(photos_folder), "-o", str(out), "--json", *DRAFT))
    assert code == 0
    skipped = {e["name"] for e in events if e["event"] == "stage" and e["skipped"]}
    assert skipped == {"poses", "depth", "surface", "texture"}
    assert (out / "model.glb").read_bytes() == model


def test_another_texture_size_redoes_the_texture_alone(
    built: tuple[Path, list[dict[str, Any]]], photos_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "copy"
    shutil.copytree(built[0], out)
    code, events, _ = finish(engine(str(photos_folder), "-o", str(out), "--json", *DRAFT, "--texture", "256"))
    assert code == 0
    skipped = {e["name"] for e in events if e["event"] == "stage" and e["skipped"]}
    assert skipped == {"poses", "depth", "surface"}
    report = json.loads((out / "report.json").read_text())
    assert report["texture"] == 256


def test_cancel_in_every_stage_then_kill_then_go_on(
    built: tuple[Path, list[dict[str, Any]]], photos_folder: Path, tmp_path: Path
) -> None:
    """Each stage is cancelled (in turn by input and by Ctrl-C), then killed; the last run ends with the same model."""
    out = tmp_path / "again"
    words = (str(photos_folder), "-o", str(out), "--json", *DRAFT)
    for number, stage in enumerate(STAGES):
        process = engine(*words)
        if wait_for(process, stage):
            began = time.monotonic()
            if number % 2:
                process.send_signal(signal.SIGINT)
            else:
                assert process.stdin is not None
                process.stdin.close()
            assert process.wait(10) == 130, stage
            assert time.monotonic() - began < 2.0, stage
            assert not (out / "report.json").exists()
        for pipe in (process.stdin, process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
        process = engine(*words, start_new_session=True)
        if wait_for(process, stage):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert not {p.name for p in out.iterdir()} & {"report.json"}, stage
    code, _, _ = finish(engine(*words))
    assert code == 0
    assert not list(out.rglob("*.part"))
    ours, theirs = (trimesh.load(p / "model.glb", process=False).to_mesh() for p in (out, built[0]))
    assert abs(len(ours.faces) / len(theirs.faces) - 1) < 0.05
    assert np.allclose(ours.bounds, theirs.bounds, atol=0.05)


def wait_for(process: subprocess.Popen[str], stage: str) -> bool:
    """Reads events until some way into `stage`."""
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        assert event["event"] not in ("error",), event
        if event["event"] == "stage" and event["name"] == stage:
            time.sleep(0.25)
            return process.poll() is None
    return False


class FailingWrites:
    """Counts the writes that finish, and makes the n-th one fail as a full disk would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.count = 0
        real = workspace._flush

        def flush(path: Path) -> None:
            self.count += 1
            if self.count == fail_at:
                raise OSError(28, "No space left on device")
            real(path)

        monkeypatch.setattr(workspace, "_flush", flush)


def test_a_full_disk_at_every_write(
    built: tuple[Path, list[dict[str, Any]]], photos_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a finished folder the exports are written again with each write failing once: the old results stay whole."""
    from engine.recipes import model

    out = tmp_path / "full"
    shutil.copytree(built[0], out)
    settings = preset(Quality.DRAFT)
    job = ModelJob(photos=(photos_folder,), out=out, settings=_draft(settings))
    names = {p.name for p in out.iterdir()}
    fails = 0
    for at in range(1, 40):
        with monkeypatch.context() as patch:
            writes = FailingWrites(patch, at)
            try:
                model.run(job)
                break
            except EngineError as error:
                fails += 1
                assert (error.code, error.exit_code) == ("disk_full", Exit.RESOURCES)
        assert {p.name for p in out.iterdir()} == names
        assert not list(out.rglob("*.part"))
        assert len(trimesh.load(out / "model.glb", process=False).to_mesh().faces) > 1000
    assert fails >= 5 and writes.count >= 5


def _draft(settings: Any) -> Any:
    from engine.cli import job_of, parse

    return job_of(parse(["model", "x", "-o", "y", *DRAFT])).settings


def test_cancel_before_the_start_leaves_nothing(photos_folder: Path, tmp_path: Path) -> None:
    from engine.errors import Cancelled
    from engine.recipes import model

    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        model.run(ModelJob(photos=(photos_folder,), out=tmp_path / "out"), stop=stop)
    assert {p.name for p in (tmp_path / "out").iterdir()} <= {".maquette"}


# What bad input gets: a plain sentence, the file, what to do, the right exit code.


@pytest.fixture
def small_tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB, where we may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root on Linux")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def said(words: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
    code, events, err = finish(engine(*words, "--json", *DRAFT))
    assert events, err
    assert events[-1]["event"] == "error"
    assert events[-1]["exit_code"] == code
    assert events[-1]["sentence"] and events[-1]["advice"]
    return code, events[-1]


def test_a_small_disk_is_said_before_the_work(photos_folder: Path, small_tmpfs: Path) -> None:
    code, error = said((str(photos_folder), "-o", str(small_tmpfs / "out")))
    assert (code, error["code"]) == (4, "disk_full")
    assert "MB" in error["sentence"]


def test_no_photos_one_photo_no_folder(photos_folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    out = str(tmp_path / "out")
    assert said((str(empty), "-o", out))[0] == 2
    code, error = said((str(next(iter(sorted(photos_folder.iterdir())))), "-o", out))
    assert code == 2 and "photo" in error["sentence"]
    assert said((str(tmp_path / "absent"), "-o", out))[0] == 2


def test_a_read_only_folder_is_said_at_once(photos_folder: Path, tmp_path: Path) -> None:
    """Also as root, who may write anywhere: below a file nothing can be made."""
    (tmp_path / "file").write_text("x")
    code, error = said((str(photos_folder), "-o", str(tmp_path / "file" / "out")))
    assert code in (2, 3) and error["file"]
    if os.name == "posix" and Path("/proc").exists():
        code, error = said((str(photos_folder), "-o", "/proc/maquette-out"))
        assert code == 3 and error["advice"]


def test_photos_of_nothing_in_common(tmp_path: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    for i in range(3):
        small = rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(small).resize((480, 360), Image.Resampling.BICUBIC).save(tmp_path / f"{i}.png")
    assert said((str(tmp_path), "-o", str(tmp_path / "out")))[0] == 2
    assert not (tmp_path / "out" / "model.glb").exists()


def test_a_corrupt_file_among_good_ones_is_named_and_left_out(photos_folder: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(photos_folder, photos)
    (photos / "view_000.jpg").write_bytes(b"\xff\xd8\xff" + os.urandom(2000))
    out = tmp_path / "out"
    process = engine(str(photos), "-o", str(out), "--json", *DRAFT)
    assert process.stdout is not None
    warnings = []
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "warning":
            warnings.append(event)
        if event["event"] == "stage" and event["name"] == "depth":
            break
    process.kill()
    process.communicate()
    assert any("view_000.jpg" in (w["file"] or "") + w["sentence"] for w in warnings)


def test_a_run_can_stop_after_the_cameras_and_go_on_with_a_box(
    built: tuple[Path, list[dict[str, Any]]], photos_folder: Path, tmp_path: Path
) -> None:
    """Find the cameras, draw a box around the ball, build that alone: what the box does not touch is not redone."""
    from engine import storage

    out = tmp_path / "boxed"
    shutil.copytree(built[0], out)
    older = (out / "model.glb").read_bytes()
    words = (str(photos_folder), "-o", str(out), "--json", *DRAFT)
    code, events, err = finish(engine(*words, "--until", "poses"))
    assert code == 0, err
    assert [e["name"] for e in events if e["event"] == "stage"] == ["prepare", "poses", "export"]
    assert events[-1]["summary"]["registered"] == 14 and "textured" not in events[-1]["files"]
    assert (out / "model.glb").read_bytes() == older

    sparse = storage.read_sparse(Path(events[-1]["files"]["sparse"]))
    low, high = np.quantile(sparse.points_in_world, [0.3, 0.7], axis=0)
    middle, sides = (low + high) / 2, 2 * (high - low)
    box = ",".join(str(v) for v in (*middle, *sides, 0, 0, 90))
    code, events, err = finish(engine(*words, f"--box={box}"))
    assert code == 0, err
    assert [e["name"] for e in events if e["event"] == "stage" and e["skipped"]] == ["poses", "depth"]
    vertices = np.load(out / ".maquette" / "textured.npz")["vertices"]
    turned = sides[[1, 0, 2]]
    assert (np.abs(vertices - middle) <= turned / 2 + 1e-3 * turned.max()).all()
    cloud = (out / "points.ply").read_bytes()
    assert len(cloud) < 0.9 * (built[0] / "points.ply").stat().st_size


def test_a_box_that_makes_no_sense_is_said_at_once(photos_folder: Path, tmp_path: Path) -> None:
    for bad in ("1,2,3", "a,b,c,d,e,f", str(tmp_path / "no.json"), "0,0,0,nan,1,1"):
        code, _, err = finish(engine(str(photos_folder), "-o", str(tmp_path / "o"), f"--box={bad}"))
        assert code == 2 and "--box" in err
