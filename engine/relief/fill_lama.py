"""LaMa, from the user's file: paints in what was hidden. Opened by spandrel, from the pack; only a .safetensors is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..datatypes import U8, Bool
from ..errors import EngineError
from ..pack.files import check_file
from ..pack.torch_side import as_array, device_of, load, plainly
from ..settings import DeviceChoice

TITLE = "LaMa"
LONGEST = 1024  # pixels: it was trained on pictures of 256, and invents blurs and grids in far larger ones
AROUND = 0.75  # of a hole's longer side: how much of what surrounds it is shown with it
LEAST = 48  # pixels of surroundings
_opened: dict[tuple[str, str], Any] = {}  # one at a time: the layers of a stage are filled one after the other


def fill(colour: U8, hole: Bool, weights: Path, device: DeviceChoice) -> U8:
    """The picture with the hole painted in; everything else is left as it was. Each hole by itself, with what surrounds it."""
    filled = np.array(colour, np.uint8, copy=True)
    if not hole.any():
        return filled
    network, torch = _open(weights, device)
    open_holes = np.array(hole, bool, copy=True)
    for box in _boxes(hole):
        if open_holes[box].any():
            painted = _painted(network, torch, filled[box], open_holes[box], weights)
            filled[box][open_holes[box]] = painted[open_holes[box]]
            open_holes[box] = False
    return filled


def _boxes(hole: Bool) -> list[tuple[slice, slice]]:
    """A window around each hole, the largest first; small ones that lie in the window of a large one go with it."""
    height, width = hole.shape
    joined = cv2.dilate(hole.astype(np.uint8), np.ones((9, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    windows = []
    for left, top, across, down, area in sorted(map(tuple, stats[1:count]), key=lambda found: -found[4]):
        del area
        more = max(int(AROUND * max(across, down)), LEAST)
        rows = slice(max(top - more, 0), min(top + down + more, height))
        windows.append((rows, slice(max(left - more, 0), min(left + across + more, width))))
    return windows


def _painted(network: Any, torch: Any, colour: U8, hole: Bool, weights: Path) -> U8:
    """One window. Above the size that the network knows it is painted smaller, and brought back."""
    height, width = hole.shape
    scale = min(LONGEST / max(height, width), 1.0)
    size = (max(round(width * scale), 16), max(round(height * scale), 16))
    bare = colour.copy()
    bare[hole] = 0  # what lies below a hole is nothing to learn from, also where pixels are averaged
    small = cv2.resize(bare, size, interpolation=cv2.INTER_AREA)
    small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 1e-3
    with plainly(TITLE, weights), torch.inference_mode():
        picture = torch.from_numpy(small.astype(np.float32).transpose(2, 0, 1)[None] / 255)
        mask = torch.from_numpy(small_hole.astype(np.float32)[None, None])
        said = network(picture.to(network.device), mask.to(network.device))
    painted = np.clip(as_array(said)[0].transpose(1, 2, 0) * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC))


def _open(weights: Path, choice: DeviceChoice) -> tuple[Any, Any]:
    if not weights.is_file():
        raise EngineError(
            "weights_missing",
            "LaMa needs its weights, and there is no such file.",
            file=weights,
            advice="Get LaMa as a .safetensors file, or choose another filler.",
        )
    check_file(weights)
    if weights.suffix.lower() != ".safetensors":
        raise EngineError(
            "weights_unknown",
            f"{weights.name} is not a file of weights that Maquette fills with.",
            file=weights,
            advice="Get LaMa as a .safetensors file, or choose another filler.",
        )
    torch, spandrel, stored = load(TITLE, "torch", "spandrel", "safetensors.torch")
    device = device_of(torch, choice, TITLE)
    key = (str(weights), device)
    if key not in _opened:
        with plainly(TITLE, weights):
            found = spandrel.ModelLoader().load_from_state_dict(stored.load_file(str(weights)))
        if getattr(found, "purpose", "") != "Inpainting":
            raise EngineError(
                "wrong_weights",
                f"{weights.name} is no network that fills holes: spandrel takes it for {found.architecture.name}.",
                file=weights,
                advice="Get LaMa as a .safetensors file.",
            )
        _opened.clear()
        with plainly(TITLE, weights):
            _opened[key] = found.to(device).eval()
    return _opened[key], torch
