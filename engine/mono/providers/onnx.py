"""Networks in ONNX files: run by ONNX Runtime where the pack has it, else by OpenCV, which comes with Maquette and knows fewer of them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from ...datatypes import F32, U8
from ...errors import EngineError, Exit
from ...pack.torch_side import ASK, fitted, inverse_depth, inverse_of_depth, seen_something
from ...report import Report
from ...settings import DeviceChoice
from ..cards import Card
from ..guess import Guess
from .weights import Checkpoint

# How the networks of each family want the picture, as their preprocessor_config.json says where it lies beside the file.
_IMAGENET = {"image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}
_HALVES = {"image_mean": (0.5, 0.5, 0.5), "image_std": (0.5, 0.5, 0.5)}
_USUAL: dict[str, dict[str, Any]] = {
    "depth-anything-v2": {"side": 518, "multiple": 14, "keep": True, **_IMAGENET},
    "dpt": {"side": 384, "multiple": 32, "keep": False, **_HALVES},
    "midas": {"side": 384, "multiple": 32, "keep": False, **_HALVES},
}


class Net:
    """An ONNX file, opened. `run` gives its outputs by name."""

    def __init__(self, file: Path, title: str, choice: DeviceChoice) -> None:
        self.file, self.title = file, title
        self._session: Any = None
        self._net: Any = None
        runtime = _runtime()
        if runtime is not None:
            self._open_runtime(runtime, choice)
        else:
            self._open_opencv()

    @property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """Names and shapes of what it wants; empty where only OpenCV is there, which doesn't tell."""
        if self._session is None:
            return {}
        return {item.name: tuple(item.shape) for item in self._session.get_inputs()}

    def run(self, given: Mapping[str, Any], wanted: tuple[str, ...]) -> dict[str, F32]:
        """Outputs whose names are wanted, and nothing for those that it doesn't have; a lone output answers to any name."""
        try:
            if self._session is not None:
                names = [item.name for item in self._session.get_outputs()]
                chosen = [name for name in wanted if name in names] or names[:1]
                found = self._session.run(chosen, dict(given))
                named = zip(chosen if chosen[0] in wanted else wanted, found, strict=False)
                return {name: np.asarray(value, np.float32) for name, value in named}
            names = list(self._net.getUnconnectedOutLayersNames())
            for name, value in given.items():
                self._net.setInput(value, name)
            chosen = [name for name in wanted if name in names] or names[:1]
            found = self._net.forward(chosen)
            named = zip(chosen if chosen[0] in wanted else wanted, found, strict=False)
            return {name: np.asarray(value, np.float32) for name, value in named}
        except MemoryError:
            raise
        except Exception as error:  # ONNX Runtime has a class of its own for each failure, below none in common
            if "allocate memory" in str(error) or "bad allocation" in str(error):
                raise MemoryError(str(error)) from error
            raise self._unfit(error) from error

    def _open_runtime(self, runtime: Any, choice: DeviceChoice) -> None:
        wanted = ["CUDAExecutionProvider", "CoreMLExecutionProvider", "DmlExecutionProvider", "CPUExecutionProvider"]
        here = set(runtime.get_available_providers())
        if choice is DeviceChoice.CPU:
            wanted = wanted[-1:]
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        try:
            kept = [name for name in wanted if name in here]
            self._session = runtime.InferenceSession(str(self.file), options, providers=kept)
        except Exception as error:  # as above
            raise self._unfit(error) from error

    def _open_opencv(self) -> None:
        try:
            self._net = cv2.dnn.readNetFromONNX(str(self.file))
        except cv2.error as error:
            raise EngineError(
                "pack_missing",
                f"{self.title} needs ONNX Runtime, which is not part of Maquette.",
                exit_code=Exit.ENVIRONMENT,
                file=self.file,
                advice=ASK,
            ) from error

    def _unfit(self, error: Exception) -> EngineError:
        line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        return EngineError(
            "weights_unfit",
            f"{self.title} could not be run from {self.file.name}: {line[:160].rstrip('.')}.",
            file=self.file,
            advice="Check that it is the right network's file, whole, and made for pictures of any size.",
        )


def _runtime() -> Any:
    """ONNX Runtime, or None."""
    try:
        return importlib.import_module("onnxruntime")
    except (ImportError, OSError):
        return None


class OnnxDepth:
    """A network of a family that `transformers` also has, exported: one picture in, one map out."""

    def __init__(self, card: Card, checkpoint: Checkpoint, choice: DeviceChoice) -> None:
        self._card, self._file, self._choice = card, checkpoint.files[0], choice
        family = next((name for name in _USUAL if card.name.startswith(name)), None)
        if family is None:
            raise EngineError(
                "onnx_unknown",
                f"{card.title} can't be read from an ONNX file yet.",
                file=self._file,
                advice=f"Choose {card.files}.",
            )
        self._wants = _USUAL[family] | _told(checkpoint.folder) | _told(checkpoint.files[0].parent)
        self._net: Net | None = None

    @property
    def card(self) -> Card:
        return self._card

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """The map at the size that the network gives, brought to the picture's ratio."""
        net = self._net = self._net or Net(self._file, self._card.title, self._choice)
        report.check()
        height, width = picture.shape[:2]
        name, shape = next(iter(net.inputs.items()), ("pixel_values", ()))
        found = net.run({name: self._input(fitted(picture), shape)}, ("predicted_depth",))["predicted_depth"]
        depth = np.ascontiguousarray(found.reshape(found.shape[-2:]))
        report.check()
        seen_something(self._card.title, depth, self._file)
        long = max(depth.shape)
        size = (max(round(long * min(width / height, 1)), 1), max(round(long * min(height / width, 1)), 1))
        depth = np.asarray(cv2.resize(depth, size, interpolation=cv2.INTER_CUBIC), np.float32)
        if self._card.metric:
            return Guess(inverse_depth=inverse_of_depth(depth), metric=True)
        return Guess(inverse_depth=inverse_depth(depth))

    def _input(self, picture: U8, shape: tuple[Any, ...]) -> F32:
        """(1, 3, h, w), as the network's own preprocessing makes it."""
        fixed = shape[-2:] if len(shape) == 4 and all(isinstance(n, int) and n > 0 for n in shape[-2:]) else None
        height, width = fixed or input_size(picture.shape[:2], self._wants)
        small = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
        mean, std = (np.asarray(self._wants[name], np.float32) for name in ("image_mean", "image_std"))
        values = (np.asarray(small, np.float32) / 255 - mean) / std
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def input_size(size: tuple[int, ...], wants: Mapping[str, Any]) -> tuple[int, int]:
    """(height, width) of what the network sees: scaled as little as possible, both sides multiples."""
    height, width = size
    down, across = wants["side"] / height, wants["side"] / width
    if wants["keep"]:
        down = across = across if abs(1 - across) < abs(1 - down) else down
    multiple = wants["multiple"]
    rounded = [max(round(n * scale / multiple), 1) * multiple for n, scale in ((height, down), (width, across))]
    return rounded[0], rounded[1]


def _told(folder: Path) -> dict[str, Any]:
    """What a preprocessor_config.json beside the file (or a folder above it) says."""
    for place in (folder, folder.parent):
        try:
            said = json.loads((place / "preprocessor_config.json").read_text(encoding="utf-8"))
            break
        except (OSError, ValueError):
            continue
    else:
        return {}
    told: dict[str, Any] = {name: tuple(said[name]) for name in ("image_mean", "image_std") if said.get(name)}
    size = said.get("size") or {}
    if isinstance(size, dict) and size.get("height"):
        told["side"] = int(size["height"])
    if said.get("ensure_multiple_of"):
        told["multiple"] = int(said["ensure_multiple_of"])
    if "keep_aspect_ratio" in said:
        told["keep"] = bool(said["keep_aspect_ratio"])
    return told
