"""ONNX files: a tiny Depth Anything exported, and MoGe-2's point map made into depth, focal length and shift."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from engine.errors import EngineError
from engine.mono.choose import provider_of
from engine.report import Report
from engine.settings import DeviceChoice, MonoSettings
from tests.pack import checkpoints


def _read(card, file, picture, focal=None):
    settings = MonoSettings(provider=card, weights=file, device=DeviceChoice.CPU)
    return provider_of(settings).read(picture, focal, Report())


@pytest.fixture
def exported(tiny, tmp_path):
    """The tiny Depth Anything V2 as an ONNX file with its preprocessing beside it; and the folder it was made from."""
    import shutil

    import transformers as hf

    folder = tiny("depth-anything-v2-small")
    model = hf.AutoModelForDepthEstimation.from_pretrained(folder).eval()
    into = tmp_path / "exported"
    into.mkdir()
    shutil.copy(folder / "preprocessor_config.json", into)

    class Bare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixel_values):
            return self.model(pixel_values=pixel_values).predicted_depth

    torch.onnx.export(
        Bare(),
        (torch.rand(1, 3, 70, 98),),
        str(into / "model.onnx"),
        input_names=["pixel_values"],
        output_names=["predicted_depth"],
        dynamo=False,
    )
    return into / "model.onnx", folder


def test_an_exported_network_says_the_same(exported, picture):
    file, folder = exported
    library = _read("depth-anything-v2-small", folder, picture).inverse_depth
    ours = _read("depth-anything-v2-small", file, picture)
    assert not ours.metric and ours.inverse_depth.shape[1] == 98
    small = np.asarray(Image.fromarray(library).resize(ours.inverse_depth.shape[::-1], Image.Resampling.BICUBIC))
    assert np.corrcoef(small.ravel(), ours.inverse_depth.ravel())[0, 1] > 0.98
    assert np.abs(small - ours.inverse_depth).mean() < 0.05 * library.mean()


def test_without_onnx_runtime_opencv_runs_it_or_the_pack_is_asked_for(exported, picture, monkeypatch):
    file, _ = exported
    runtime = _read("depth-anything-v2-small", file, picture).inverse_depth
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    try:
        opencv = _read("depth-anything-v2-small", file, picture).inverse_depth
    except EngineError as error:
        assert error.code == "pack_missing" and "ONNX Runtime" in error.sentence
    else:
        np.testing.assert_allclose(opencv, runtime, rtol=1e-2, atol=1e-2)


def _scene(focal: float, width: int = 120, height: int = 90):
    """A wall with a box before it and a floor, as points before a camera of that focal length (pixels)."""
    x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, np.arange(height) + 0.5 - height / 2)
    z = np.full((height, width), 6.0)
    z[30:60, 40:70] = 3.0
    z[60:] = (focal * 1.5 / np.maximum(y[60:], 1)).clip(max=6.0)
    return np.stack([x * z / focal, y * z / focal, z], 2), z


@pytest.mark.parametrize("focal", [60.0, 100.0, 260.0])
def test_moge_focal_shift_and_metres_are_found(tmp_path, picture, focal):
    points, z = _scene(focal)
    mask = np.ones(z.shape)
    mask[:15] = 0.0
    told = points / 2.5  # its points are up to scale, and shifted along z
    told[..., 2] -= 0.7
    file = checkpoints.write_moge(tmp_path / "model.onnx", told, mask, 2.5)
    guess = _read("moge-2-small", file, picture)
    assert guess.metric and guess.focal_px == pytest.approx(focal * picture.shape[1] / 120, rel=0.01)
    kept = mask > 0.5
    np.testing.assert_allclose(1 / guess.inverse_depth[kept], z[kept], rtol=0.01)
    assert (guess.inverse_depth[~kept] == 0).all() and (guess.sky[~kept] == 1).all() and guess.sky[kept].max() == 0


def test_moge_keeps_to_a_focal_length_that_is_known(tmp_path, picture):
    points, z = _scene(100.0)
    told = points.copy()
    told[..., 2] -= 0.5
    noise = np.random.default_rng(1).normal(0, 0.02, told.shape)
    file = checkpoints.write_moge(tmp_path / "model.onnx", told + noise, np.ones(z.shape), 1.0)
    true = 100.0 * picture.shape[1] / 120
    guess = _read("moge-2-small", file, picture, focal=true)
    assert guess.focal_px == pytest.approx(true, rel=1e-6)
    np.testing.assert_allclose(np.median(1 / guess.inverse_depth / z), 1, atol=0.02)


def test_a_network_that_gives_no_points_is_not_moge(exported, picture):
    with pytest.raises(EngineError) as caught:
        _read("moge-2-small", exported[0], picture)
    assert caught.value.code in ("wrong_weights", "weights_unfit")


def test_a_file_that_is_no_network_is_said_plainly(tmp_path, picture):
    file = tmp_path / "model.onnx"
    file.write_bytes(b"\x08\x07 no network at all" * 10)
    with pytest.raises(EngineError) as caught:
        _read("depth-anything-v2-small", file, picture)
    assert caught.value.code == "weights_unfit" and "model.onnx" in caught.value.sentence
