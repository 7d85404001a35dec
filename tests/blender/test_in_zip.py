"""The zip: what it holds, that Blender's own tools accept it, that its wheels cover every Blender."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bpy
import pytest

from .conftest import ROOT


def blender_ext(*words: str) -> subprocess.CompletedProcess[str]:
    """Blender's command-line tool for extensions, under plain Python."""
    tool = Path(bpy.utils.system_resource("SCRIPTS"), "addons_core", "bl_pkg", "cli", "blender_ext.py")
    return subprocess.run([sys.executable, str(tool), *words], capture_output=True, text=True)


def test_blender_validates_the_zip(built_zip):
    done = blender_ext("validate", str(built_zip))
    assert done.returncode == 0, done.stdout + done.stderr


def test_zip_holds_the_extension_and_nothing_else(built_zip):
    names = {name for name in zipfile.ZipFile(built_zip).namelist() if not name.startswith("wheels/")}
    assert {"__init__.py", "blender_manifest.toml", "engine/__main__.py", "scene/build.py"} <= names
    assert {name.split("/")[0] for name in names if "/" in name} == {
        "engine",
        "operators",
        "panels",
        "properties",
        "scene",
    }
    carried = {"LICENSE", "engine/mono/embedded.onnx"}
    assert carried <= names
    assert not [n for n in names - carried if "__pycache__" in n or not n.endswith((".py", ".toml"))]


def test_blenders_own_build_leaves_out_the_same_files(builder, tmp_path):
    done = blender_ext("build", "--source-dir", str(ROOT), "--output-filepath", str(tmp_path / "theirs.zip"))
    assert done.returncode == 0, done.stdout + done.stderr
    excluded = tomllib.loads(builder.MANIFEST.read_text(encoding="utf-8"))["build"]["paths_exclude_pattern"]
    ours = {path.relative_to(ROOT).as_posix() for path in builder.sources(excluded)} | {builder.MANIFEST.name}
    assert {name for name in zipfile.ZipFile(tmp_path / "theirs.zip").namelist() if not name.endswith("/")} == ours


def test_manifest_in_the_zip_lists_what_the_zip_carries(built_zip):
    with zipfile.ZipFile(built_zip) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        carried = {f"./{name}" for name in archive.namelist() if name.endswith(".whl")}
    assert set(manifest["wheels"]) == carried
    assert len(manifest["platforms"]) == 1 and "build" not in manifest
    ours = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    for name in ("version", "id", "license", "permissions", "blender_version_min"):
        assert manifest[name] == ours[name]


def test_lock_covers_every_platform_and_python(builder):
    lock = builder.read_lock()
    builder.check_coverage(lock)
    pinned = {
        line.split("==")[0].replace("-", "_").lower(): line.split("==")[1].strip()
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    for package, version in pinned.items():
        if package not in builder.INSIDE_BLENDER:
            assert version in lock[package], f"wheels/lock.json is older than requirements.txt: {package}"
    assert "numpy" not in lock  # Blender's own would be shadowed


@pytest.mark.parametrize("loss", ["cp313-cp313-win_amd64", "cp311-cp311-macosx"])
def test_a_missing_wheel_is_noticed(builder, loss):
    lock = builder.read_lock()
    for version, files in lock["pycolmap"].items():
        lock["pycolmap"][version] = {file: sha for file, sha in files.items() if loss not in file}
    with pytest.raises(builder.BuildError, match="pycolmap has 0 wheels"):
        builder.check_coverage(lock)


def test_a_changed_wheel_is_refused(builder, monkeypatch):
    lock = builder.read_lock()
    version, files = next(iter(lock["mdurl"].items()))
    lock["mdurl"][version] = dict.fromkeys(files, "0" * 64)
    with pytest.raises(builder.BuildError, match="is not the file"):
        builder.fetch(lock, "linux-x64")
