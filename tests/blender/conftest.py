"""The shipped zip, built, installed into a throw-away profile and enabled; and made-up results to bring into the scene.

Nothing of the extension is imported from the repository: what the tests see is what an artist installs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.blender.traces import Counts

ROOT = Path(__file__).resolve().parents[2]
MODULE = "bl_ext.user_default.maquette"
HAS_BPY = importlib.util.find_spec("bpy") is not None
_EXIT = pytest.StashKey[int]()

if HAS_BPY:  # before bpy is imported anywhere
    PROFILE = Path(tempfile.mkdtemp(prefix="maquette-profile-"))
    (PROFILE / "config").mkdir()  # else Blender takes the user's own
    os.environ["BLENDER_USER_RESOURCES"] = str(PROFILE)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without bpy one test stays, which says why the others are not there."""
    return True if not HAS_BPY and collection_path.name.startswith("test_in_") else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A class or handler that is still registered at exit hangs or crashes some Blenders; and it is what a user would keep."""
    if "bpy" in sys.modules:
        import addon_utils

        wheels = [*PROFILE.glob("extensions/.local/lib/*/site-packages/pycolmap")]
        if addon_utils.check(MODULE)[1]:
            addon_utils.disable(MODULE)
            if not wheels:  # another Blender that a test started on this profile cleared them away
                print("\nThe extension's wheels are gone.")
                session.exitstatus = 1
        try:
            left = _watched.left()
        finally:
            _watched.close()
        if left:
            print("\nAfter all tests the disabled extension left behind:", *left, sep="\n  ")
            session.exitstatus = 1
    if HAS_BPY:
        shutil.rmtree(PROFILE, ignore_errors=True)
    session.config.stash[_EXIT] = int(session.exitstatus)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Blender 4.2's module crashes at exit once a glTF was exported, also where nothing of ours is there: it is left before that."""
    bpy = sys.modules.get("bpy")
    if bpy is not None and bpy.app.version < (4, 3) and "io_scene_gltf2.blender.exp" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(_EXIT, 1))


def this_platform() -> str:
    """Blender's name of this system."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    return f"{system}-{'arm64' if platform.machine().lower() in ('arm64', 'aarch64') else 'x64'}"


class _Watched:
    """What was in Blender before the extension first came."""

    def __init__(self) -> None:
        self.ending = ExitStack()
        self.counts: Counts | None = None
        self.before: set[str] = set()

    def start(self) -> None:
        from tests.blender import traces  # needs bpy

        self.counts = self.ending.enter_context(traces.counting(MODULE))
        self.before = traces.picture(self.counts, MODULE)

    def now(self) -> set[str]:
        from tests.blender import traces

        assert self.counts is not None
        return traces.picture(self.counts, MODULE)

    def left(self) -> list[str]:
        return sorted(self.now() - self.before) if self.counts is not None else []

    def close(self) -> None:
        self.ending.close()


_watched = _Watched()


@pytest.fixture(scope="session")
def watched(installed: str) -> _Watched:
    """What Blender held before the extension was installed, and holds now."""
    return _watched


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    """tools/build_extension.py."""
    spec = importlib.util.spec_from_file_location("build_extension", ROOT / "tools" / "build_extension.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def built_zip(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This platform's zip."""
    if this_platform() not in builder.PIP_PLATFORMS:
        pytest.skip(f"there is no zip for {this_platform()}")
    return builder.build([this_platform()], tmp_path_factory.mktemp("dist"))[0]


@pytest.fixture(scope="session")
def installed(built_zip: Path) -> str:
    """The extension as an artist has it; gives its module name."""
    import bpy

    _watched.start()
    done = bpy.ops.extensions.package_install_files(
        filepath=str(built_zip), repo="user_default", enable_on_install=True
    )
    assert done == {"FINISHED"}
    return MODULE


@pytest.fixture
def maquette(installed: str) -> Iterator[ModuleType]:
    """The enabled extension in an empty file; the file is emptied again after."""
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True)
    yield importlib.import_module(installed)
    state = bpy.context.window_manager.maquette
    state.messages.clear()
    state.facts.clear()


@pytest.fixture
def part(maquette: ModuleType):
    """Gives a module of the installed extension by its path: part("scene.mesh")."""
    return lambda name: importlib.import_module(f"{MODULE}.{name}")


@pytest.fixture(scope="session")
def result_folder(installed: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run's OUT, written by the engine's own writers: true cameras of the made-up scene, a box for a mesh."""
    from engine import storage
    from tests.blender.made_up import box
    from tests.synthetic import make_truth  # needs Pillow, which came with the zip

    out = tmp_path_factory.mktemp("results") / "Box ünd Bäll"
    (out / ".maquette").mkdir(parents=True)
    truth = make_truth(out.parent / "photos", count=5, width=200, height=150)
    storage.write_sparse(out / ".maquette" / "sparse.npz", truth.sparse(per_view=40))
    storage.write_textured(out / ".maquette" / "textured.npz", box())
    report = {
        "seconds": 61.5,
        "photos": 6,
        "registered": 5,
        "faces": 12,
        "filled_faces": 2,
        "texture": 64,
        "device": "cpu",
    }
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return out


@pytest.fixture(scope="session")
def bumpy_folder(result_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose mesh is the bumpy sphere."""
    from engine import storage
    from tests.blender.bumpy import bumpy_sphere

    out = tmp_path_factory.mktemp("bumpy") / "Bumpy Bäll"
    shutil.copytree(result_folder, out)
    storage.write_textured(out / ".maquette" / "textured.npz", bumpy_sphere())
    return out
