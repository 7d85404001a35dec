"""The made-up stage in the scene, and its tools' settings."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(maquette, tmp_path) -> Path:
    """A finished run's OUT."""
    from engine.single_storage import write_stage
    from tests.staged import make_stage

    out = tmp_path / "Made Üp"
    (out / ".maquette").mkdir(parents=True)
    write_stage(out / ".maquette" / "stage.npz", make_stage(out / "photo"))
    (out / "report.json").write_text("{}")
    return out


@pytest.fixture
def stage(folder, part):
    """The made-up stage in the scene; call it again for fresh references."""
    import bpy

    result, build, find = part("scene.stage.result"), part("scene.stage.build"), part("scene.stage.find")
    build.build_stage(bpy.context, result.prepare_stage(result.stage_files(folder)))
    return lambda: find.active_stage(bpy.context)


@pytest.fixture
def tools(stage):
    """The settings."""
    import bpy

    return bpy.context.scene.maquette.stage_tools
