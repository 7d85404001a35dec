"""Depth Anything V2, DPT, MiDaS, ZoeDepth and Depth Pro, through the library transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...datatypes import F32, U8
from ...pack.torch_side import (
    as_array,
    device_of,
    fitted,
    inverse_depth,
    inverse_of_depth,
    load,
    plainly,
    precision,
    seen_something,
)
from ...report import Report
from ...settings import MonoSettings
from ..cards import Card
from ..guess import Guess, Provider
from . import onnx
from .weights import Checkpoint, checkpoint_of, wrong_weights

# What config.json calls the network that a card's name begins with.
FAMILIES = {
    "depth-anything-v2": "depth_anything",
    "dpt": "dpt",
    "midas": "dpt",
    "zoedepth": "zoedepth",
    "depth-pro": "depth_pro",
}
METRIC = frozenset(("zoedepth", "depth_pro"))


def open_provider(card: Card, settings: MonoSettings) -> Provider:
    """Looks at the files at once, and opens them with the first picture."""
    checkpoint = checkpoint_of(card, settings.weights)
    check_family(card, checkpoint)
    if checkpoint.onnx is not None:
        return onnx.OnnxDepth(card, checkpoint, settings.device)
    return Transformers(card, checkpoint, settings)


def family_of(card: Card) -> str:
    """What config.json must call it."""
    return next(family for start, family in FAMILIES.items() if card.name.startswith(start))


def check_family(card: Card, checkpoint: Checkpoint) -> None:
    """EngineError where config.json says that it is another network than the card."""
    if not checkpoint.config:
        if checkpoint.onnx is not None:
            return
        raise wrong_weights(card, checkpoint.files[0], "config.json does not lie beside it")
    kind = str(checkpoint.config.get("model_type", "nothing"))
    if kind != family_of(card):
        raise wrong_weights(card, checkpoint.folder, f"its config.json says {kind}")
    metric = kind in METRIC or checkpoint.config.get("depth_estimation_type") == "metric"
    if metric != card.metric:
        says = "it gives metres" if metric else "it gives no metres"
        raise wrong_weights(card, checkpoint.folder, says)


class Transformers:
    """One checkpoint; the network is opened when the first picture comes."""

    def __init__(self, card: Card, checkpoint: Checkpoint, settings: MonoSettings) -> None:
        self._card, self._checkpoint, self._choice = card, checkpoint, settings.device
        self._opened: tuple[Any, Any, Any, str] | None = None

    @property
    def card(self) -> Card:
        return self._card

    @property
    def folder(self) -> Path:
        return self._checkpoint.folder

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """What the library's own pipeline says, at most 2048 pixels wide."""
        torch, processor, model, device = self._opened or self._open()
        report.check()
        seen = fitted(picture)
        with plainly(self._card.title, self.folder), torch.inference_mode():
            asked = processor(images=seen, return_tensors="pt").to(device=device, dtype=model.dtype)
            answer = model(**asked)
            for name, value in answer.items():  # half precision ends here: resizing in it leaves steps
                if hasattr(value, "float"):
                    answer[name] = value.float()
            told = processor.post_process_depth_estimation(answer, [seen.shape[:2]])[0]
            depth = as_array(told["predicted_depth"])
            focal = told.get("focal_length")
        report.check()
        seen_something(self._card.title, depth, self.folder)
        return self._guess(depth, None if focal is None else float(focal) * picture.shape[1] / seen.shape[1], focal_px)

    def _guess(self, depth: F32, focal: float | None, known: float | None) -> Guess:
        if not self._card.metric:
            return Guess(inverse_depth=inverse_depth(depth))
        inverse = inverse_of_depth(depth)
        if (
            focal is not None and known is not None
        ):  # Depth Pro's metres go with the focal length: the true one is better
            inverse = inverse * (focal / known)
        return Guess(inverse_depth=inverse, metric=True, focal_px=focal)

    def _open(self) -> tuple[Any, Any, Any, str]:
        torch, transformers = load(self._card.title, "torch", "transformers")
        if family_of(self._card) in METRIC:  # these prepare their picture with it, and say so badly where it is missing
            load(self._card.title, "torchvision")
        device = device_of(torch, self._choice, self._card.title)
        local = {"local_files_only": True, "trust_remote_code": False}
        with plainly(self._card.title, self.folder):
            processor = transformers.AutoImageProcessor.from_pretrained(str(self.folder), **local)
            model, info = transformers.AutoModelForDepthEstimation.from_pretrained(
                str(self.folder),
                use_safetensors=True,
                dtype=precision(torch, device),
                output_loading_info=True,
                **local,
            )
        missing = sorted(info.get("missing_keys", ()))
        if missing:  # the library would fill them with noise and say so in a log
            raise wrong_weights(
                self._card, self.folder, f"{len(missing)} of its tensors are missing, e.g. {missing[0]}"
            )
        with plainly(self._card.title, self.folder):
            model = model.to(device).eval()
        self._opened = (torch, processor, model, device)
        return self._opened
