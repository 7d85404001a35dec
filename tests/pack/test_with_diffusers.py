"""Marigold: what we read is what the library's own pipeline says of the same checkpoint and the same noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from engine.errors import Cancelled, EngineError
from engine.mono.choose import provider_of
from engine.mono.providers.diffusers import FAR
from engine.report import Report
from engine.settings import DeviceChoice, MonoSettings
from tests.pack import checkpoints


@pytest.fixture
def folder(tmp_path):
    return checkpoints.write_marigold(tmp_path / "marigold")


def _provider(folder):
    return provider_of(MonoSettings(provider="marigold", weights=folder, device=DeviceChoice.CPU))


def test_depth_is_the_pipelines_own_turned_about(folder, picture):
    import diffusers

    pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(folder, local_files_only=True)
    noise = torch.Generator().manual_seed(1)
    said = pipeline(Image.fromarray(picture), generator=noise, output_type="np").prediction[0, ..., 0]
    assert 0 <= said.min() < said.max() <= 1
    guess = _provider(folder).read(picture, None, Report())
    assert guess.inverse_depth.shape == picture.shape[:2] and not guess.metric
    np.testing.assert_allclose(guess.inverse_depth, 1 / (1 + said * (FAR - 1)), rtol=1e-3)
    assert 1 / FAR - 1e-6 <= guess.inverse_depth.min() < guess.inverse_depth.max() <= 1


def test_one_that_gives_disparity_is_left_as_it_is(tmp_path, picture):
    import diffusers

    folder = checkpoints.write_marigold(tmp_path / "disparity", prediction="disparity")
    pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(folder, local_files_only=True)
    noise = torch.Generator().manual_seed(1)
    said = pipeline(Image.fromarray(picture), generator=noise, output_type="np").prediction[0, ..., 0]
    guess = _provider(folder).read(picture, None, Report())
    np.testing.assert_allclose(guess.inverse_depth, said, atol=1e-4)


def test_the_same_photo_gives_the_same_depth(folder, picture):
    provider = _provider(folder)
    first, again = (provider.read(picture, None, Report()).inverse_depth for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_it_stops_between_two_steps(folder, picture):
    provider = _provider(folder)
    provider.read(picture, None, Report())
    report = Report()
    taken = provider._opened[1].scheduler.step
    asked = []

    def stop_at_the_second(*given, **named):
        asked.append(1)
        report.stopped.set()
        return taken(*given, **named)

    provider._opened[1].scheduler.step = stop_at_the_second
    with pytest.raises(Cancelled):
        provider.read(picture, None, report)
    assert len(asked) == 1


def test_a_part_that_is_a_pickle_is_refused(folder):
    (folder / "vae" / "diffusion_pytorch_model.safetensors").rename(folder / "vae" / "diffusion_pytorch_model.bin")
    with pytest.raises(EngineError, match="is a pickle") as caught:
        _provider(folder)
    assert caught.value.code == "pickle_refused"


def test_another_pipeline_is_told(folder):
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace("MarigoldDepthPipeline", "StableDiffusionPipeline"))
    with pytest.raises(EngineError, match="says StableDiffusionPipeline"):
        _provider(folder)
