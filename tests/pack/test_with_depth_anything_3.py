"""Depth Anything 3: the makers' own network with random weights; ours gives what it gives, as 1 / z and for the photo's width."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import yaml

depth_anything_3 = pytest.importorskip("depth_anything_3.registry", reason="depth-anything-3 is not installed")

from engine.errors import EngineError  # noqa: E402
from engine.mono.choose import provider_of  # noqa: E402
from engine.mono.providers.depth_anything_3 import prepared  # noqa: E402
from engine.report import Report  # noqa: E402
from engine.settings import DeviceChoice, MonoSettings  # noqa: E402
from tests.pack import checkpoints  # noqa: E402


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """The large networks with the small one's body; and less to look at, for speed."""
    monkeypatch.setattr("engine.mono.providers.depth_anything_3.SIDE", 112)
    for name in ("da3mono-large", "da3metric-large"):
        with open(depth_anything_3.MODEL_REGISTRY[name]) as file:
            config = yaml.safe_load(file)
        config["net"] |= {"name": "vits", "out_layers": [2, 5, 8, 11]}
        config["head"] |= {"dim_in": 384, "features": 16, "out_channels": [8, 12, 16, 24]}
        changed = tmp_path / f"{name}.yaml"
        changed.write_text(yaml.safe_dump(config))
        monkeypatch.setitem(depth_anything_3.MODEL_REGISTRY, name, str(changed))


def _said(model, picture):
    with torch.inference_mode():
        return model(torch.from_numpy(prepared(picture))[None, None])


def _read(card, folder, picture, focal=None):
    settings = MonoSettings(provider=card, weights=folder, device=DeviceChoice.CPU)
    return provider_of(settings).read(picture, focal, Report())


def test_what_the_network_sees_is_what_its_makers_show_it(picture):
    pytest.importorskip("depth_anything_3.utils.io.input_processor")
    from depth_anything_3.utils.io.input_processor import InputProcessor

    theirs, _, _ = InputProcessor()([picture], None, None, 112, "upper_bound_resize")
    np.testing.assert_allclose(prepared(picture), theirs[0].numpy(), atol=1e-5)


def test_small_tells_depth_and_the_lens(tmp_path, picture):
    folder, model = checkpoints.write_depth_anything_3("da3-small", tmp_path / "small")
    said = _said(model, picture)
    guess = _read("depth-anything-v3-small", folder, picture)
    assert not guess.metric and guess.sky is None
    width = said.depth.shape[-1]
    assert guess.focal_px == pytest.approx(float(said.intrinsics[0, 0, 0, 0]) * picture.shape[1] / width, rel=1e-4)
    depth = said.depth[0, 0].numpy()
    assert guess.inverse_depth.shape[1] == width
    assert guess.inverse_depth.shape[1] / guess.inverse_depth.shape[0] == pytest.approx(177 / 123, rel=0.02)
    assert guess.inverse_depth.max() == pytest.approx(1 / depth.min(), rel=0.05)  # 1 / z, not z


def test_mono_tells_the_sky(tmp_path, picture):
    folder, model = checkpoints.write_depth_anything_3("da3mono-large", tmp_path / "mono")
    said = _said(model, picture)
    guess = _read("depth-anything-v3-mono-large", folder, picture)
    assert not guess.metric and guess.focal_px is None and guess.sky.shape == guess.inverse_depth.shape
    assert guess.sky.mean() == pytest.approx(float(said.sky.clamp(0, 1).mean()), abs=0.05)


def test_metres_go_with_the_focal_length(tmp_path, picture):
    folder, _ = checkpoints.write_depth_anything_3("da3metric-large", tmp_path / "metric")
    unknown = _read("depth-anything-v3-metric-large", folder, picture)
    assert not unknown.metric
    known = _read("depth-anything-v3-metric-large", folder, picture, focal=200.0)
    assert known.metric
    width = prepared(picture).shape[-1]
    there = unknown.inverse_depth > 0
    gain = 200.0 * width / 177 / 300
    np.testing.assert_allclose(known.inverse_depth[there] * gain, unknown.inverse_depth[there], rtol=1e-4)


def test_another_of_the_family_is_told(tmp_path):
    folder, _ = checkpoints.write_depth_anything_3("da3-small", tmp_path / "small")
    with pytest.raises(EngineError, match="says da3-small"):
        _read("depth-anything-v3-mono-large", folder, None)


def test_missing_tensors_are_an_error(tmp_path, picture):
    from safetensors.torch import load_file, save_file

    folder, _ = checkpoints.write_depth_anything_3("da3-small", tmp_path / "small")
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(next(name for name in tensors if "head" in name))
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(EngineError, match="1 of its tensors are missing"):
        _read("depth-anything-v3-small", folder, picture)


def test_a_config_names_no_program(tmp_path, picture):
    """config.json of this library spells out which classes to make: ours takes nothing but the name from it."""
    folder, _ = checkpoints.write_depth_anything_3("da3-small", tmp_path / "small")
    (folder / "config.json").write_text(
        '{"model_name": "da3-small", "config": {"__object__": {"path": "os", "name": "abort"}}}'
    )
    assert _read("depth-anything-v3-small", folder, picture).inverse_depth.max() > 0
