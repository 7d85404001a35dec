"""LaMa with random weights, as a file: only the hole changes, its seams and sizes hold, and what is not LaMa is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import EngineError
from engine.relief import fill_lama
from engine.settings import DeviceChoice


@pytest.fixture(scope="module")
def lama(tmp_path_factory):
    """The real architecture (27 million weights: spandrel has it in one size), as a .safetensors."""
    from safetensors.torch import save_file
    from spandrel.architectures.LaMa import LaMa

    torch.manual_seed(1)
    file = tmp_path_factory.mktemp("lama") / "lama.safetensors"
    save_file(LaMa(in_nc=4, out_nc=3).eval().state_dict(), file)
    yield file
    fill_lama._opened.clear()


def _hole(picture):
    hole = np.zeros(picture.shape[:2], bool)
    hole[40:70, 60:100] = True
    hole[100:110, 10:20] = True
    return hole


def test_only_the_hole_is_painted(lama, picture):
    hole = _hole(picture)
    kept = picture.copy()
    filled = fill_lama.fill(picture, hole, lama, DeviceChoice.CPU)
    assert filled.shape == picture.shape and filled.dtype == np.uint8
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    np.testing.assert_array_equal(picture, kept)
    assert (filled[hole] != picture[hole]).any()


def test_it_is_what_spandrel_says(lama, picture):
    import spandrel

    hole = _hole(picture)
    hole[90:] = False
    network = spandrel.ModelLoader().load_from_file(lama).eval()
    bare = picture.copy()
    bare[hole] = 0
    with torch.inference_mode():
        image = torch.from_numpy(bare).permute(2, 0, 1)[None].float() / 255
        said = network(image, torch.from_numpy(hole)[None, None].float())[0].permute(1, 2, 0).numpy()
    ours = fill_lama.fill(picture, hole, lama, DeviceChoice.CPU)
    np.testing.assert_allclose(ours[hole] / 255, said[hole], atol=1.01 / 255)


def test_what_lies_below_a_hole_is_not_looked_at(lama, picture):
    hole = _hole(picture)
    other = picture.copy()
    other[hole] = 255 - other[hole]
    first, second = (fill_lama.fill(given, hole, lama, DeviceChoice.CPU) for given in (picture, other))
    np.testing.assert_array_equal(first, second)


def test_a_large_window_is_painted_smaller(lama, monkeypatch):
    monkeypatch.setattr(fill_lama, "LONGEST", 64)
    picture = np.full((150, 220, 3), 120, np.uint8)
    hole = np.zeros((150, 220), bool)
    hole[30:120, 40:180] = True
    filled = fill_lama.fill(picture, hole, lama, DeviceChoice.CPU)
    assert filled.shape == picture.shape and (filled[~hole] == 120).all()


def test_without_a_hole_nothing_is_opened(picture, tmp_path):
    nothing = np.zeros(picture.shape[:2], bool)
    np.testing.assert_array_equal(fill_lama.fill(picture, nothing, tmp_path / "none", DeviceChoice.CPU), picture)


def test_another_network_is_refused(tmp_path, picture):
    from safetensors.torch import save_file
    from spandrel.architectures.Compact import Compact

    file = tmp_path / "upscaler.safetensors"
    save_file(Compact(num_conv=2, num_feat=8).state_dict(), file)
    with pytest.raises(EngineError) as caught:
        fill_lama.fill(picture, _hole(picture), file, DeviceChoice.CPU)
    assert caught.value.code in ("wrong_weights", "weights_unfit")
    save_file({"w": torch.zeros(3)}, file)
    with pytest.raises(EngineError) as caught:
        fill_lama.fill(picture, _hole(picture), file, DeviceChoice.CPU)
    assert caught.value.code == "weights_unfit"
