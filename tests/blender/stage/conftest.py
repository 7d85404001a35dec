"""The made-up stage as a finished run, in the scene, and an engine that plays a role."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FAKE = Path(__file__).parents[1] / "fake_engine.py"


@pytest.fixture(scope="module")
def stage_folder(installed, tmp_path_factory) -> Path:
    """A finished stage's OUT, of the made-up scene with its exact truth; some of the relief's faces are a sky."""
    from engine.single_storage import write_stage
    from tests.staged import make_stage

    folder = tmp_path_factory.mktemp("stages") / "Wand ünd Box"
    (folder / ".maquette").mkdir(parents=True)
    write_stage(folder / ".maquette" / "stage.npz", make_stage(folder.parent))
    report = {"seconds": 1.5, "faces": 9000, "filled_faces": 0, "focal_35mm": 33.75, "focal_from": "default"}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return folder


@pytest.fixture
def play(maquette, part, monkeypatch, tmp_path, stage_folder):
    """play(role): the next engine plays it. Gives a function that reads the words that the engine was given."""
    monkeypatch.setattr(part("operators.runner"), "ENGINE", FAKE)
    words = tmp_path / "words.json"
    monkeypatch.setenv("MAQUETTE_WORDS", str(words))

    def start(role: str):
        monkeypatch.setenv("MAQUETTE_FAKE", str(stage_folder) if role == "done" else role)
        return lambda: json.loads(words.read_text(encoding="utf-8"))

    return start


@pytest.fixture
def settings(maquette, part, tmp_path, stage_folder):
    """The scene's, with the photo chosen, on whatever device is best."""
    import bpy

    part("preferences").of(bpy.context).device = "auto"
    bpy.context.scene.maquette.output = str(tmp_path / "out")
    found = bpy.context.scene.maquette.stage
    found.photo = str(stage_folder.parent / "made-up.png")
    return found


@pytest.fixture
def stage(maquette, part, stage_folder):
    """Gives the stage that is in the scene, fetched anew."""
    import bpy

    bpy.ops.maquette.import_stage(directory=str(stage_folder))
    return lambda: part("scene.stage.find").active_stage(bpy.context)
