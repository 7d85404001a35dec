"""Depth Anything 3, through its makers' own library: the network's part of it alone, which needs neither their viewer nor their exporters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ...datatypes import F32, U8
from ...errors import EngineError
from ...pack.torch_side import as_array, device_of, inverse_of_depth, load, plainly, seen_something
from ...report import Report
from ...settings import MonoSettings
from ..cards import Card
from ..guess import Guess, Provider
from .weights import Checkpoint, checkpoint_of, wrong_weights

SIDE = 504  # pixels of the longer side, as its makers run it
PATCH = 14  # both sides are multiples of it
SKY = 0.3  # above it, its makers take the answer for sky
FOCAL_OF_METRES = 300.0  # pixels: with this focal length the metric network's answer is in metres
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NAMES = {
    "depth-anything-v3-small": "da3-small",
    "depth-anything-v3-mono-large": "da3mono-large",
    "depth-anything-v3-metric-large": "da3metric-large",
}


def open_provider(card: Card, settings: MonoSettings) -> Provider:
    """Looks at the files at once, and opens them with the first picture."""
    checkpoint = checkpoint_of(card, settings.weights)
    if checkpoint.onnx is not None:
        raise EngineError(
            "onnx_unknown",
            f"{card.title} can't be read from an ONNX file yet.",
            file=checkpoint.onnx,
            advice=f"Choose {card.files}.",
        )
    told = checkpoint.config.get("model_name")
    if told is not None and told != _NAMES[card.name]:
        raise wrong_weights(card, checkpoint.folder, f"its config.json says {told}")
    return DepthAnything3(card, checkpoint, settings)


class DepthAnything3:
    """One checkpoint; the network is opened when the first picture comes."""

    def __init__(self, card: Card, checkpoint: Checkpoint, settings: MonoSettings) -> None:
        self._card, self._checkpoint, self._choice = card, checkpoint, settings.device
        self._opened: tuple[Any, Any, str] | None = None

    @property
    def card(self) -> Card:
        return self._card

    @property
    def file(self) -> Path:
        return self._checkpoint.files[0]

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """Depth, and whichever of the sky and the focal length this one knows."""
        torch, model, device = self._opened or self._open()
        report.check()
        seen = prepared(picture)
        with plainly(self._card.title, self.file), torch.inference_mode(), self._halved(torch, device):
            answer = model(torch.from_numpy(seen)[None, None].to(device))
            depth: F32 = as_array(answer["depth"]).reshape(seen.shape[-2:])
            sky: F32 | None = as_array(answer["sky"]).reshape(depth.shape) if "sky" in answer else None
            fx = float(answer["intrinsics"].reshape(-1)[0]) if "intrinsics" in answer else None
        report.check()
        seen_something(self._card.title, depth, self.file)
        height, width = picture.shape[:2]
        focal = None if fx is None else fx * width / seen.shape[-1]
        known = focal_px if focal_px is not None else focal
        metric = self._card.metric and known is not None
        if metric:
            assert known is not None
            depth = np.asarray(depth, np.float32) * np.float32(known * seen.shape[-1] / width / FOCAL_OF_METRES)
        inverse = inverse_of_depth(depth)
        if sky is not None:
            inverse[sky > SKY] = 0.0
        return Guess(
            inverse_depth=_in_ratio(inverse, width, height),
            metric=metric,
            focal_px=focal,
            sky=None if sky is None else _in_ratio(np.clip(sky, 0, 1), width, height),
        )

    def _halved(self, torch: Any, device: str) -> Any:
        """Half precision on a graphics card, where the network's makers use it, too; its heads keep to single."""
        return torch.autocast(device_type=device, dtype=torch.float16, enabled=device != "cpu")

    def _open(self) -> tuple[Any, Any, str]:
        title = self._card.title
        torch, stored, configs, registry = load(
            title, "torch", "safetensors.torch", "depth_anything_3.cfg", "depth_anything_3.registry"
        )
        device = device_of(torch, self._choice, title)
        with plainly(title, self.file):
            # By name out of the library's own list: what a config.json spells out could name any program on this machine.
            model = configs.create_object(configs.load_config(registry.MODEL_REGISTRY[_NAMES[self._card.name]]))
            holder = (
                torch.nn.Module()
            )  # the file's names begin with the name that its makers' wrapper gives the network
            holder.model = model
            missing, _ = stored.load_model(holder, str(self.file), strict=False)
        missing = sorted(missing)
        if missing:
            raise wrong_weights(self._card, self.file, f"{len(missing)} of its tensors are missing, e.g. {missing[0]}")
        self._opened = (torch, model.float().to(device).eval(), device)
        return self._opened


def prepared(picture: U8) -> F32:
    """(3, h, w): shrunk to the side that it was trained for, both sides multiples of the patch, normalized."""
    height, width = picture.shape[:2]
    scale = SIDE / max(width, height)
    seen = _resized(picture, max(round(width * scale), 1), max(round(height * scale), 1))
    across, down = (max((n + PATCH // 2) // PATCH, 1) * PATCH for n in (seen.shape[1], seen.shape[0]))
    seen = _resized(seen, across, down)
    values = (seen.astype(np.float32) / 255 - np.asarray(_MEAN, np.float32)) / np.asarray(_STD, np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def _resized(picture: U8, width: int, height: int) -> U8:
    if picture.shape[:2] == (height, width):
        return picture
    grows = width > picture.shape[1] or height > picture.shape[0]
    kind = cv2.INTER_CUBIC if grows else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (width, height), interpolation=kind))


def _in_ratio(values: F32, width: int, height: int) -> F32:
    """Of the photo's ratio again: the patches had made both sides multiples."""
    long = max(values.shape)
    scale = long / max(width, height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)
