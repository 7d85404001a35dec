"""Marigold, through the library diffusers: depth up to scale and shift, by denoising in a few steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...datatypes import F32, U8
from ...pack.torch_side import as_array, device_of, fitted, load, plainly, precision, seen_something
from ...report import Report
from ...settings import MonoSettings
from ..cards import Card
from ..guess import Guess, Provider
from .weights import Checkpoint, checkpoint_of, wrong_weights

# Its answer runs from 0 (the nearest) to 1 (the furthest) and tells neither where 0 nor how long the way to 1 is. The furthest is taken
# to be so many times as far as the nearest: what usual photos have.
FAR = 12.0
SEED = 1


def open_provider(card: Card, settings: MonoSettings) -> Provider:
    """Looks at the files at once, and opens them with the first picture."""
    checkpoint = checkpoint_of(card, settings.weights)
    kind = str(checkpoint.config.get("_class_name", "nothing"))
    if kind != "MarigoldDepthPipeline":
        where = checkpoint.folder if checkpoint.config else checkpoint.files[0]
        raise wrong_weights(card, where, f"its model_index.json says {kind}")
    return Marigold(card, checkpoint, settings)


class Marigold:
    """One pipeline; it is opened when the first picture comes."""

    def __init__(self, card: Card, checkpoint: Checkpoint, settings: MonoSettings) -> None:
        self._card, self._checkpoint, self._choice = card, checkpoint, settings.device
        self._opened: tuple[Any, Any, str] | None = None

    @property
    def card(self) -> Card:
        return self._card

    @property
    def folder(self) -> Path:
        return self._checkpoint.folder

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """The same photo always gives the same depth: the noise that it starts from is fixed."""
        torch, pipeline, device = self._opened or self._open()
        report.check()
        seen = np.ascontiguousarray(fitted(picture).astype(np.float32).transpose(2, 0, 1) / 255)
        stops = _stopping(report)
        taken = pipeline.scheduler.step
        pipeline.scheduler.step = lambda *given, **named: stops() or taken(*given, **named)
        try:
            with plainly(self._card.title, self.folder), torch.inference_mode():
                noise = torch.Generator(device="cpu" if device == "mps" else device).manual_seed(SEED)
                given = torch.from_numpy(seen).unsqueeze(0)
                said = pipeline(given, generator=noise, output_type="pt").prediction
        finally:
            del pipeline.scheduler.step
        depth = as_array(said).reshape(said.shape[-2:])
        seen_something(self._card.title, depth, self.folder)
        if pipeline.config.prediction_type == "disparity":
            return Guess(inverse_depth=np.asarray(np.clip(depth, 0, 1), np.float32))
        return Guess(inverse_depth=inverse_of_unit(depth))

    def _open(self) -> tuple[Any, Any, str]:
        torch, diffusers = load(self._card.title, "torch", "diffusers")
        load(self._card.title, "transformers")
        device = device_of(torch, self._choice, self._card.title)
        halves = [file for file in self._checkpoint.files if ".fp16." in file.name]
        with plainly(self._card.title, self.folder):
            pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(
                str(self.folder),
                dtype=precision(torch, device),
                variant="fp16" if halves else None,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                low_cpu_mem_usage=False,
            )
            pipeline.set_progress_bar_config(disable=True)
            pipeline = pipeline.to(device)
        self._opened = (torch, pipeline, device)
        return self._opened


def _stopping(report: Report) -> Any:
    """Asks before each step whether to go on; gives nothing."""
    return lambda: report.check()


def inverse_of_unit(depth: F32) -> F32:
    """1 / z of a depth in 0..1, with the nearest at 1 and the furthest `FAR` times as far."""
    return np.asarray(1.0 / (1.0 + np.clip(depth, 0, 1) * (FAR - 1.0)), np.float32)
