"""The PyTorch pack by a click, from made-up wheels through the real installer; the networks folder; and what of both the engine is told."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path

import bpy
import pytest

from tests import wheels


@pytest.fixture
def home(maquette, part) -> Path:
    """Where the pack goes; nothing is there before and after."""
    folder = part("preferences").pack_home()
    part("engine.pack.install").remove(folder)
    yield folder
    part("engine.pack.install").remove(folder)
    part("preferences").of(bpy.context).pack = ""


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> Path:
    return wheels.make(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def offline():
    """Blender's own switch, put back."""
    system = bpy.context.preferences.system
    before = system.use_online_access
    system.use_online_access = False
    yield
    system.use_online_access = before


def test_the_click_adds_it_and_the_engine_gets_it_after_all_else(home, part, made_up):
    assert part("preferences").pack_folder(bpy.context) is None
    assert bpy.ops.maquette.add_pack(wheels=str(made_up)) == {"FINISHED"}
    folder = part("preferences").pack_folder(bpy.context)
    assert folder.parent == home and not part("engine.pack.pieces").look(folder).problem
    assert [path.name for path in home.iterdir()] == [folder.name]
    command = part("operators.runner").engine_command(["selftest"], [folder])
    assert command[-1] == str(folder) and command[command.index("--libraries") + 1] != str(folder)


def test_blenders_own_python_stays_as_it_is(home, made_up):
    import site
    import sysconfig

    folders = {Path(sysconfig.get_paths()["purelib"]), *map(Path, site.getsitepackages())}
    before = {folder: sorted(path.name for path in folder.iterdir()) for folder in folders if folder.is_dir()}
    bpy.ops.maquette.install_pack(wheels=str(made_up))
    assert before == {folder: sorted(path.name for path in folder.iterdir()) for folder in before}


def test_one_click_removes_all_of_it(home, part, made_up):
    bpy.ops.maquette.install_pack(wheels=str(made_up))
    beside = sorted(path.name for path in home.parent.iterdir() if path != home)
    assert bpy.ops.maquette.remove_pack() == {"FINISHED"}
    assert not home.exists() and part("preferences").pack_folder(bpy.context) is None
    assert sorted(path.name for path in home.parent.iterdir()) == beside
    assert not bpy.ops.maquette.remove_pack.poll()


def test_without_online_access_nothing_is_asked_of_the_network(home, part, offline):
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="online access is switched off"):
        bpy.ops.maquette.install_pack()
    assert not home.exists()
    told = bpy.context.window_manager.maquette.messages[-1]
    assert told.code == "offline"
    assert [remedy.operator for remedy in part("operators.remedies").REMEDIES["offline"]]


def test_without_online_access_a_folder_of_wheels_will_do(home, part, made_up, offline):
    assert bpy.ops.maquette.install_pack(wheels=str(made_up)) == {"FINISHED"}
    assert part("preferences").pack_folder(bpy.context) is not None


def test_what_fails_is_said_and_leaves_nothing_behind(home, tmp_path):
    broken = wheels.make(tmp_path / "wheels", torch="raise ImportError('libcudart.so.13: cannot open')")
    with pytest.raises(RuntimeError, match=r"does not work here.*libcudart"):
        bpy.ops.maquette.install_pack(wheels=str(broken))
    assert not home.exists()
    assert bpy.context.window_manager.maquette.messages[-1].code == "pack_broken"


def test_a_cancel_is_quick_and_leaves_nothing_behind(home, part, tmp_path, monkeypatch):
    runs, cancelled = [], []
    real = part("operators.engine_operator").EngineRun

    def cancel():
        cancelled.append(time.monotonic())
        runs[0].cancel()

    def watched(*given):
        runs.append(real(*given))
        return runs[0]

    monkeypatch.setattr(part("operators.engine_operator"), "EngineRun", watched)
    folder = wheels.make_stuck(tmp_path / "wheels", cancel)
    assert bpy.ops.maquette.install_pack(wheels=str(folder)) == {"CANCELLED"}
    assert time.monotonic() - cancelled[0] < 6.0
    assert not home.exists()


def test_what_a_kill_left_behind_is_no_pack_and_goes_with_the_next(home, part, made_up):
    (home / ".new" / "torch").mkdir(parents=True)
    (home / ".scratch").mkdir()
    assert part("preferences").pack_folder(bpy.context) is None
    bpy.ops.maquette.install_pack(wheels=str(made_up))
    assert not part("engine.pack.install").leavings(home)


def test_a_folder_of_the_artists_own_is_taken_and_never_removed(home, part, made_up, tmp_path):
    bpy.ops.maquette.install_pack(wheels=str(made_up))
    own = tmp_path / "venv"
    site = own / "lib" / "python3.11" / "site-packages"
    site.parent.mkdir(parents=True)
    part("preferences").pack_folder(bpy.context).rename(site)
    part("preferences").of(bpy.context).pack = str(own)
    assert part("preferences").pack_folder(bpy.context) == site
    if bpy.ops.maquette.remove_pack.poll():
        bpy.ops.maquette.remove_pack()
    assert (site / "torch" / "__init__.py").is_file()


def _network(folder: Path) -> Path:
    head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))
    (folder / "config.json").write_text(json.dumps({"model_type": "zoedepth"}))
    return folder


@pytest.fixture
def networks(maquette, part, tmp_path) -> Path:
    page = part("preferences").of(bpy.context)
    page.networks = str(tmp_path)
    yield tmp_path
    page.networks = ""


def test_networks_in_the_folder_are_found_and_named_to_the_engine(networks, part):
    listed = part("operators.networks")
    assert listed.weights_for(bpy.context, "zoedepth") is None
    folder = _network(networks / "zoe")
    assert listed.weights_for(bpy.context, "zoedepth") == folder
    (networks / "big-lama.safetensors").write_bytes(b"")
    assert listed.lama_for(bpy.context) == networks / "big-lama.safetensors"
    settings = bpy.context.scene.maquette.stage
    settings.provider, settings.photo = "zoedepth", str(networks / "photo.jpg")
    (networks / "photo.jpg").write_bytes(b"x")
    words = part("operators.stage_request").stage_request(bpy.context).words
    assert words[words.index("--weights") + 1] == str(folder)


def test_looking_never_waits(networks, part, monkeypatch):
    looked_up = part("operators.looked_up")
    slow = looked_up.LookedUp(lambda folder: time.sleep(0.3) or {"there": folder})
    started = time.monotonic()
    assert slow.latest(networks) is None
    assert time.monotonic() - started < 0.1
    slow.wait(5.0)
    assert slow.latest(networks) == {"there": networks}
    looked_up.unregister()
    assert not bpy.app.timers.is_registered(looked_up._redraw)


def test_every_refusal_has_a_button_that_helps(part):
    remedies = part("operators.remedies").REMEDIES
    for code in (
        "pack_missing",
        "weights_missing",
        "pickle_refused",
        "wrong_weights",
        "weights_broken",
        "pack_network",
    ):
        for remedy in remedies[code]:
            group, name = remedy.operator.split(".")
            assert name in dir(getattr(bpy.ops, group)), remedy


class Sheet:
    """A layout that notes what is drawn."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def column(self, **_):
        return self

    row = box = split = separator = column

    def prop(self, data, name, **_):
        assert name in data.bl_rna.properties, name
        self.drawn.append(name)

    def operator(self, name, **_):
        group, _, one = name.partition(".")
        assert one in dir(getattr(bpy.ops, group)), name
        self.drawn.append(name)
        return type("Values", (), {})()

    def label(self, text="", **_):
        self.drawn.append(text)


def test_the_page_lists_networks_with_licence_and_whether_they_are_there(home, networks, part):
    from types import SimpleNamespace

    page, panel = part("preferences").of(bpy.context), part("panels.networks")
    _network(networks / "zoe")
    context = SimpleNamespace(
        region=SimpleNamespace(width=600),
        preferences=bpy.context.preferences,
        window_manager=bpy.context.window_manager,
    )
    folded = Sheet()
    panel.draw_networks(folded, context)
    assert folded.drawn == ["show_networks"]
    page.show_networks = True
    panel.draw_networks(Sheet(), context)
    part("operators.networks").in_folder.wait(5.0)
    sheet = Sheet()
    panel.draw_networks(sheet, context)
    page.show_networks = False
    part("operators.looked_up").unregister()  # timers don't run in the module
    assert {"networks", "pack", "maquette.add_pack", "wm.url_open"} <= set(sheet.drawn)
    assert "CC-BY-NC-4.0: not for commercial work" in sheet.drawn and "zoe" in sheet.drawn
    assert sum(text.startswith("Not found.") for text in sheet.drawn) > 10
