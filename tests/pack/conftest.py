"""Tiny checkpoints with random weights of the real architectures, written by the libraries themselves; and a picture to read."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # a test that reaches for a hub fails
LIBRARIES = ("torch", "torchvision", "transformers", "diffusers", "spandrel", "onnxruntime")
MISSING = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without the pack one test stays, which says why the others are not there."""
    return True if MISSING and collection_path.name.startswith("test_with_") else None


def _mend_torchvision() -> object:
    """Beside a PyTorch for processors alone, a torchvision that was built for graphics cards lacks two operators and won't be imported.

    None of what is tested here calls them; that both are from one index is up to whoever installs them.
    """
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library  # the operators live as long as it does
    return None


_operators = None if MISSING else _mend_torchvision()


@pytest.fixture
def picture() -> np.ndarray:
    """A gradient with a bright disc and some noise, wider than high, odd sizes."""
    height, width = 123, 177
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x / width, y / height, 0.5 + 0 * x], 2) * 200
    base[(x - 60) ** 2 + (y - 70) ** 2 < 900] = (240, 60, 30)
    noise = np.random.default_rng(1).normal(0, 8, base.shape)
    return np.clip(base + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[[str], Path]:
    """Writes the tiny checkpoint of a kind; gives its folder."""
    from tests.pack import checkpoints

    return lambda kind: checkpoints.write(kind, tmp_path / kind)
