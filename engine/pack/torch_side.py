"""PyTorch, where the pack has it: found, put onto the right device, and its failures said in plain sentences."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from ..datatypes import F32, U8
from ..errors import Cancelled, EngineError, Exit
from ..protocol import DEVICE_LOST
from ..settings import DeviceChoice
from .files import offline

LONGEST = 2048  # pixels of the longer side of what a network is given: none of them looks at more
ASK = "Add the PyTorch pack in Maquette's preferences, or point at a folder that has it."


def load(title: str, *names: str) -> list[ModuleType]:
    """The libraries by name, torch among them. EngineError where the pack is not there, or is not whole."""
    offline()
    found = []
    for name in names:
        try:
            found.append(importlib.import_module(name))
        except ModuleNotFoundError as error:
            missing = (error.name or name).split(".")[0]
            raise EngineError(
                "pack_missing",
                f"{title} needs {_TITLES.get(missing, missing)}, which is not part of Maquette.",
                exit_code=Exit.ENVIRONMENT,
                advice=ASK,
            ) from error
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            raise _broken(error) from error
    return found


_TITLES = {
    "torch": "PyTorch",
    "torchvision": "the library torchvision",
    "transformers": "the library transformers",
    "diffusers": "the library diffusers",
    "spandrel": "the library spandrel",
    "onnxruntime": "ONNX Runtime",
    "depth_anything_3": "the library depth-anything-3",
}


def device_of(torch: Any, choice: DeviceChoice, title: str) -> str:
    """Where to compute: what was asked for, else the graphics card where PyTorch reaches one."""
    cuda = bool(torch.cuda.is_available())  # AMD's build says cuda, too
    metal = bool(getattr(torch.backends, "mps", None) and torch.backends.mps.is_available())
    if choice in (DeviceChoice.CUDA, DeviceChoice.AMDGPU, DeviceChoice.METAL):
        here = metal if choice is DeviceChoice.METAL else cuda
        if not here:
            raise EngineError(
                "device_missing",
                f"PyTorch finds no graphics card of that kind, so {title} can't use it.",
                exit_code=Exit.ENVIRONMENT,
                advice="Choose the device Automatic, or a PyTorch pack that was made for this card.",
            )
    if choice in (DeviceChoice.CPU, DeviceChoice.VULKAN):
        return "cpu"
    return "cuda" if cuda else "mps" if metal else "cpu"


def precision(torch: Any, device: str) -> Any:
    """Half of the memory on a graphics card; a processor is slower with it."""
    return torch.float32 if device == "cpu" else torch.float16


@contextmanager
def plainly(title: str, file: Path) -> Iterator[None]:
    """What PyTorch and the libraries raise, as sentences."""
    try:
        yield
    except (EngineError, MemoryError):
        raise
    except RuntimeError as error:
        said = str(error)
        if "out of memory" in said.lower() and (
            "cuda" in said.lower() or "mps" in said.lower() or "hip" in said.lower()
        ):
            raise EngineError(
                DEVICE_LOST,  # where the device is ours to choose, the supervisor goes on with the processor
                f"The graphics card has too little memory for {title}.",
                exit_code=Exit.RESOURCES,
                advice="Close other programs that use it, choose the processor, or a smaller network.",
            ) from error
        if "can't allocate memory" in said or "not enough memory" in said.lower():
            raise MemoryError(said) from error
        raise _unfit(title, file, error) from error
    except Cancelled:
        raise
    except ImportError as error:  # these libraries import their parts only when they are used
        raise _broken(error) from error
    except Exception as error:  # each of the libraries has classes of its own, below none in common
        raise _unfit(title, file, error) from error


def _broken(error: BaseException) -> EngineError:
    """The libraries are there and don't go together. What stands at the bottom of it says more than what was raised last."""
    while error.__cause__ is not None:
        error = error.__cause__
    return EngineError(
        "pack_broken",
        f"The PyTorch pack does not work here: {_first_line(error)}.",
        exit_code=Exit.ENVIRONMENT,
        advice="Its libraries don't fit each other or this machine: remove it in Maquette's preferences and add it again.",
    )


def _unfit(title: str, file: Path, error: Exception) -> EngineError:
    return EngineError(
        "weights_unfit",
        f"{title} could not be opened from {file.name}: {_first_line(error)}.",
        file=file,
        advice="Check that the folder is whole and is the right network's. If it is, the pack may be older than the file.",
    )


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:160].rstrip(".")


def fitted(picture: U8, longest: int = LONGEST) -> U8:
    """The picture, shrunk where it is larger than any network looks at."""
    height, width = picture.shape[:2]
    if max(height, width) <= longest:
        return np.ascontiguousarray(picture)
    scale = longest / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def as_array(tensor: Any) -> F32:
    """A tensor's values, here and in single precision."""
    return np.asarray(tensor.detach().float().cpu().numpy(), np.float32)


def inverse_of_depth(depth: F32) -> F32:
    """1 / z; what is no depth at all (zero, below, not a number) is infinitely far."""
    good = np.isfinite(depth) & (depth > 1e-6)
    return np.asarray(np.where(good, 1.0 / np.where(good, depth, 1.0), 0.0), np.float32)


def inverse_depth(values: F32) -> F32:
    """What a network gives as disparity, never negative and always a number."""
    return np.asarray(np.maximum(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), 0.0), np.float32)


def seen_something(title: str, values: F32, file: Path) -> None:
    """EngineError where nothing but one value came out: half precision can overflow, and weights can be empty."""
    if not np.isfinite(values).any() or float(np.ptp(values[np.isfinite(values)])) == 0.0:
        raise EngineError(
            "no_depth_read",
            f"{title} gives no depth for this photo.",
            file=file,
            advice="Choose the processor or another network; the file may be damaged.",
        )
