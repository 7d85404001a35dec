"""Scan to asset: budget, UVs, bakes, levels, collider, names, files read again, presets, once more, undone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bpy
import bpy.utils.previews
import pytest

from .bumpy import bumpy_sphere


@pytest.fixture(scope="session")
def bumpy_folder(result_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose mesh is the bumpy sphere."""
    from engine import storage

    out = tmp_path_factory.mktemp("bumpy") / "Bumpy Bäll"
    shutil.copytree(result_folder, out)
    storage.write_textured(out / ".maquette" / "textured.npz", bumpy_sphere())
    return out


@pytest.fixture
def scan(maquette, bumpy_folder, tmp_path):
    """The scan in the scene; small and quick settings. Gives the group of the asset's settings."""
    folder = tmp_path / bumpy_folder.name
    shutil.copytree(bumpy_folder, folder)
    bpy.ops.maquette.import_result(directory=str(folder))
    group = bpy.context.scene.maquette.asset
    group.colour, group.texture, group.triangles = "scan", "512", 2000
    return group


def asset() -> bpy.types.Collection:
    found = [one for one in bpy.data.collections if one.name.endswith(" Asset")]
    assert len(found) == 1
    return found[0]


def make() -> bpy.types.Collection:
    assert bpy.ops.maquette.make_asset() == {"FINISHED"}
    return asset()


def test_make(scan):
    collection = make()
    print([t.name for t in collection.objects], json.loads(collection["maquette_asset_facts"]))
    print([(m.kind, m.text) for m in bpy.context.window_manager.maquette.messages])
