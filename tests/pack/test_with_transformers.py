"""Networks through `transformers`: what we read is what the library's own pipeline says of the same checkpoint."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import pipeline

from engine.errors import EngineError
from engine.mono.choose import provider_of
from engine.report import Report
from engine.settings import DeviceChoice, MonoSettings

DISPARITY = ("depth-anything-v2-small", "dpt-large", "dpt-hybrid-midas", "midas-beit-large")
METRES = ("depth-anything-v2-indoor-small", "zoedepth", "depth-pro")


def _said(folder, picture) -> np.ndarray:
    """The library's own words."""
    asked = pipeline("depth-estimation", model=str(folder), device="cpu")
    return asked(Image.fromarray(picture))["predicted_depth"].numpy()


def _read(kind, folder, picture, focal=None):
    return provider_of(MonoSettings(provider=kind, weights=folder, device=DeviceChoice.CPU)).read(
        picture, focal, Report()
    )


@pytest.mark.parametrize("kind", DISPARITY)
def test_disparity_is_the_pipelines_own_and_near_stays_large(kind, tiny, picture):
    folder = tiny(kind)
    said = _said(folder, picture)
    assert np.ptp(said) > 1e-3, "the made-up checkpoint sees nothing"
    guess = _read(kind, folder, picture)
    assert guess.inverse_depth.shape == picture.shape[:2] and guess.inverse_depth.dtype == np.float32
    assert not guess.metric and guess.focal_px is None
    np.testing.assert_allclose(guess.inverse_depth, np.maximum(said, 0), rtol=1e-4, atol=1e-4)
    assert np.corrcoef(guess.inverse_depth.ravel(), said.ravel())[0, 1] > 0.99  # not turned about


@pytest.mark.parametrize("kind", METRES)
def test_metres_are_turned_about(kind, tiny, picture):
    folder = tiny(kind)
    said = _said(folder, picture)
    assert np.ptp(said) > 1e-4 and (said > 0).mean() > 0.9
    guess = _read(kind, folder, picture)
    assert guess.metric and guess.inverse_depth.shape == picture.shape[:2]
    there = said > 1e-3
    np.testing.assert_allclose(1 / guess.inverse_depth[there], said[there], rtol=1e-3)
    assert guess.inverse_depth[there].argmax() == said[there].argmin()  # what is nearest is largest


def test_depth_pro_tells_the_focal_length_for_the_photos_full_width(tiny, picture):
    folder = tiny("depth-pro")
    guess = _read("depth-pro", folder, picture)
    asked = pipeline("depth-estimation", model=str(folder), device="cpu")
    with torch.no_grad():
        angle = asked.model(**asked.image_processor(Image.fromarray(picture), return_tensors="pt")).field_of_view
    true = 0.5 * picture.shape[1] / np.tan(np.deg2rad(float(angle)) / 2)
    assert guess.focal_px == pytest.approx(true, rel=1e-4)
    large = np.repeat(np.repeat(picture, 14, 0), 14, 1)  # 2478 wide: shrunk on the way, the focal length is not
    assert _read("depth-pro", folder, large).focal_px == pytest.approx(14 * true, rel=0.05)


def test_a_known_focal_length_sets_depth_pros_metres(tiny, picture):
    folder = tiny("depth-pro")
    free = _read("depth-pro", folder, picture)
    told = _read("depth-pro", folder, picture, focal=2 * free.focal_px)
    np.testing.assert_allclose(told.inverse_depth, free.inverse_depth / 2, rtol=1e-4)


def test_a_large_photo_is_read_at_a_size_that_networks_look_at(tiny, picture):
    large = np.repeat(np.repeat(picture, 14, 0), 14, 1)
    guess = _read("depth-anything-v2-small", tiny("depth-anything-v2-small"), large)
    assert max(guess.inverse_depth.shape) == 2048
    assert guess.inverse_depth.shape[1] / guess.inverse_depth.shape[0] == pytest.approx(177 / 123, rel=0.01)


def test_a_second_picture_needs_no_second_opening(tiny, picture, monkeypatch):
    provider = provider_of(MonoSettings(provider="dpt-large", weights=tiny("dpt-large"), device=DeviceChoice.CPU))
    first = provider.read(picture, None, Report())
    monkeypatch.setattr(provider, "_open", lambda: pytest.fail("opened twice"))
    again = provider.read(picture, None, Report())
    np.testing.assert_array_equal(first.inverse_depth, again.inverse_depth)


def test_the_wrong_network_is_told_before_it_is_opened(tiny):
    folder = tiny("dpt-large")
    with pytest.raises(EngineError, match="says dpt") as caught:
        _read("depth-anything-v2-small", folder, None)
    assert caught.value.code == "wrong_weights"
    with pytest.raises(EngineError, match="it gives no metres"):
        _read("depth-anything-v2-indoor-small", tiny("depth-anything-v2-small"), None)


def test_missing_tensors_are_an_error_and_not_noise(tiny, picture):
    from safetensors.torch import load_file, save_file

    folder = tiny("dpt-large")
    tensors = load_file(folder / "model.safetensors")
    del tensors["head.head.0.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EngineError, match=r"tensors are missing, e.g. head.head.0.weight"):
        _read("dpt-large", folder, picture)


def test_out_of_memory_is_said_plainly(tiny, picture, monkeypatch):
    provider = provider_of(MonoSettings(provider="dpt-large", weights=tiny("dpt-large"), device=DeviceChoice.CPU))
    _, _, model, _ = provider._open()

    def full(*args, **words):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB")

    monkeypatch.setattr(model, "forward", full)
    with pytest.raises(EngineError, match="too little memory for DPT Large") as caught:
        provider.read(picture, None, Report())
    assert caught.value.code == "device_lost" and int(caught.value.exit_code) == 4


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_card_that_is_not_there_is_an_error(tiny, picture):
    settings = MonoSettings(provider="dpt-large", weights=tiny("dpt-large"), device=DeviceChoice.CUDA)
    with pytest.raises(EngineError, match="finds no graphics card") as caught:
        provider_of(settings).read(picture, None, Report())
    assert caught.value.code == "device_missing"
