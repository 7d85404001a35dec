"""What layers leave in OUT: pictures with straight alpha, marks of what is invented, depths, one GLB, and their cameras."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import EngineError
from engine.recipes import stage_layer_files
from engine.recipes.stage_layers import _painter
from engine.settings import Filler, LayerSettings, StageSettings
from engine.single import Staged
from engine.single_storage import read_stage, write_stage
from tests.staged import HEIGHT, WIDTH, make_stage


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return make_stage(Path(tmp_path_factory.mktemp("stage")))


def test_the_folder_holds_each_layer(staged: Staged, tmp_path: Path) -> None:
    for target, write in stage_layer_files.writers(staged, tmp_path, lambda: None).values():
        write(target)
    names = ["1-back", "2-front"]
    found = sorted(path.name for path in (tmp_path / "layers").iterdir())
    assert found == sorted(name + end for name in names for end in (".png", "-invented.png", "-depth.exr"))
    for name, layer in zip(names, staged.layers, strict=True):
        picture = cv2.imread(str(tmp_path / "layers" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(picture[..., [2, 1, 0, 3]], layer.colour)
        mark = cv2.imread(str(tmp_path / "layers" / f"{name}-invented.png"), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(mark > 127, layer.invented)
        assert (tmp_path / "layers" / f"{name}-depth.exr").read_bytes()[:4] == struct.pack("<I", 20000630)


def test_the_glb_holds_them_from_back_to_front(staged: Staged, tmp_path: Path) -> None:
    target, write = stage_layer_files.writers(staged, tmp_path, lambda: None)["layers"]
    write(target)
    data = target.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    document = json.loads(data[20 : 20 + length])
    assert [node["name"] for node in document["nodes"]] == ["back", "front", "Matched camera"]
    assert document["materials"][1]["alphaMode"] == "BLEND"
    assert len(document["images"]) == 2 and document["images"][0]["mimeType"] == "image/png"


def test_the_camera_of_a_layer_with_a_margin(staged: Staged) -> None:
    """A point on the axis lies in the middle of the larger picture, too."""
    layer = staged.layers[0]
    wide = replace(layer, colour=np.pad(layer.colour, ((9, 9), (9, 9), (0, 0))), margin=9)
    entry = stage_layer_files.entries(replace(staged, layers=(wide,)))[0]
    assert (entry["width"], entry["height"], entry["margin_px"]) == (WIDTH + 18, HEIGHT + 18, 9)
    assert entry["principal_point_px"] == [WIDTH / 2 + 9, HEIGHT / 2 + 9]
    assert entry["focal_px"] == [90.0, 90.0] and entry["file"] == "layers/1-back.png"


def test_a_margin_comes_back_from_disk(staged: Staged, tmp_path: Path) -> None:
    layers = tuple(replace(layer, margin=4 + i) for i, layer in enumerate(staged.layers))
    write_stage(tmp_path / "stage.npz", replace(staged, layers=layers))
    assert [layer.margin for layer in read_stage(tmp_path / "stage.npz").layers] == [4, 5]


def test_lama_without_a_file_is_an_error_that_helps() -> None:
    assert _painter(StageSettings()) is None
    with pytest.raises(EngineError, match="weights"):
        _painter(StageSettings(layers=LayerSettings(filler=Filler.LAMA)))
